/** Results as an SVG: each ratio on a logarithmic axis, with its spread and its goal. */
import { figureText, round } from './table.mjs';

const LABEL_WIDTH = 470;
const PLOT_WIDTH = 620;
const ROW_HEIGHT = 18;
const TITLE_HEIGHT = 30;
const HEAD_HEIGHT = 60;
const DECADES = [-3, 3];

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const xOf = (ratio) => LABEL_WIDTH + ((Math.min(Math.max(Math.log10(ratio), DECADES[0]), DECADES[1]) - DECADES[0]) / (DECADES[1] - DECADES[0])) * PLOT_WIDTH;

/** @param {{ title: string, rows: any[] }[]} results @param {string} caption */
export function plot(results, caption) {
  const parts = [];
  let y = HEAD_HEIGHT;
  for (const { title, rows } of results) {
    y += TITLE_HEIGHT;
    parts.push(`<text x="8" y="${y - 8}" font-weight="bold">${escapeXml(title)}</text>`);
    for (const row of rows) {
      for (const peer of row.peers) {
        if (!peer.ratio) continue;
        const middle = y + ROW_HEIGHT / 2;
        const { ratio, goal, met } = peer;
        const color = met === undefined ? '#667' : met ? '#187a3c' : '#b3261e';
        parts.push(`<text x="16" y="${middle + 4}">${escapeXml(`${row.id} ${row.label} / ${peer.name}`)}</text>`);
        parts.push(`<line x1="${xOf(ratio.min)}" x2="${xOf(ratio.max)}" y1="${middle}" y2="${middle}" stroke="${color}" stroke-width="3"/>`);
        parts.push(`<circle cx="${xOf(ratio.median)}" cy="${middle}" r="4.5" fill="${color}"/>`);
        const bound = goal?.atMost ?? goal?.atLeast;
        if (bound !== undefined) parts.push(`<line x1="${xOf(bound)}" x2="${xOf(bound)}" y1="${y + 1}" y2="${y + ROW_HEIGHT - 1}" stroke="#000" stroke-width="2"/>`);
        const figures = `${round(ratio.median)}x  (${figureText(row.figure.median, row.unit)} / ${figureText(peer.figure.median, row.unit)})`;
        parts.push(`<text x="${LABEL_WIDTH + PLOT_WIDTH + 12}" y="${middle + 4}" fill="${color}">${escapeXml(figures)}</text>`);
        y += ROW_HEIGHT;
      }
    }
  }
  const grid = [];
  for (let decade = DECADES[0]; decade <= DECADES[1]; decade += 1) {
    const x = xOf(10 ** decade);
    grid.push(
      `<line x1="${x}" x2="${x}" y1="${HEAD_HEIGHT}" y2="${y + 6}" stroke="${decade === 0 ? '#888' : '#ddd'}"/><text x="${x}" y="${HEAD_HEIGHT - 6}" text-anchor="middle">${10 ** decade}x</text>`,
    );
  }
  const width = LABEL_WIDTH + PLOT_WIDTH + 260;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 20}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-size="15" font-weight="bold">ForgeOne against its peers: median ratio, spread, and goal (black)</text>
<text x="8" y="38" fill="#555">${escapeXml(caption)}</text>
${grid.join('\n')}
${parts.join('\n')}
</svg>
`;
}
