/** Results as text. */

/** @param {number} value @param {string} unit */
export function figureText(value, unit) {
  if (unit === 'ns' && value >= 10_000) return `${round(value / 1_000)} us`;
  if (unit === 'us' && value >= 10_000) return `${round(value / 1_000)} ms`;
  return `${round(value)} ${unit}`;
}

/** Three digits that say something. @param {number} value */
export function round(value) {
  if (!Number.isFinite(value)) return '?';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

const goalText = (goal, unit = '') => (goal === undefined ? '' : goal.atMost === undefined ? `>= ${goal.atLeast}${unit}` : `<= ${goal.atMost}${unit}`);
const verdict = (met) => (met === undefined ? '' : met ? 'met' : 'NOT MET');

const HEAD = ['row', 'ForgeOne', 'against', 'median', 'ratio', 'spread', 'goal', ''];

/** @param {{ title: string, rows: any[] }} series */
export function printSeries({ title, rows, leftOut }) {
  const lines = [HEAD];
  const notes = Object.entries(leftOut).map(([name, why]) => `  ${name} is left out: ${why}\n`);
  for (const row of rows) {
    const own = row.figure ? figureText(row.figure.median, row.unit) : 'left out';
    const first = [`${row.id} ${row.label}`, own];
    const range = row.figure ? `${figureText(row.figure.min, row.unit)}..${figureText(row.figure.max, row.unit)}` : '';
    const details = [];
    if (row.goal || row.peers.length === 0) details.push(['(itself)', '', '', range, goalText(row.goal, ` ${row.unit}`), verdict(row.met)]);
    if (row.growth)
      details.push([
        `(${row.growth.first})`,
        '',
        round(row.growth.median),
        `${round(row.growth.min)}..${round(row.growth.max)}`,
        goalText(row.growth.goal),
        verdict(row.growth.met),
      ]);
    for (const peer of row.peers) {
      if (!peer.ratio) {
        details.push([peer.name, 'left out', '', '', goalText(peer.goal), '']);
      } else
        details.push([
          peer.name,
          figureText(peer.figure.median, row.unit),
          round(peer.ratio.median),
          `${round(peer.ratio.min)}..${round(peer.ratio.max)}`,
          goalText(peer.goal),
          verdict(peer.met),
        ]);
    }
    if (row.limit) details.push(['limit', row.limit, '', '', '', '']);
    for (const [index, detail] of details.entries()) lines.push([...(index === 0 ? first : ['', '']), ...detail]);
  }
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[2] === 'limit' && column >= 3 ? 0 : line[column].length))));
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 || column === 2 || (line[2] === 'limit' && column === 3) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return `\n${title}\n${'-'.repeat(title.length)}\n${text.join('\n')}\n${notes.join('')}`;
}
