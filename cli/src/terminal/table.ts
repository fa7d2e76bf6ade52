/** Lists as aligned columns; every cell is neutralised. */
import { neutralise } from './neutralise.ts';

const GAP = '   ';

/** With a last newline. A table without rows is its heading. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [heading, ...rows.map((row) => row.map(neutralise))];
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join('');
}

/** `key   value` lines, for one thing; a value of several lines is indented under its key. */
export function printFields(fields: readonly (readonly [string, string])[], indent = ''): string {
  const width = Math.max(0, ...fields.map(([key]) => key.length));
  return fields
    .map(([key, value]) => `${indent}${key.padEnd(width)}  ${neutralise(value)}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

/** Columns on a terminal; marks that combine take none, East Asian wide characters and emoji two (UAX 11, coarsely). */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(character) ? 2 : 1;
  }
  return width;
}
