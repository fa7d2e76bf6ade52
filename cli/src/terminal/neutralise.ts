/** Makes text from packages, containers and logs safe to show: nothing in it can drive a terminal or reorder a line (attack 61). */

/** Controls (C0, DEL, C1), format characters (bidi, zero-width), line separators, lone surrogates, private use and unassigned. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Most text: compiling the expression above takes 4 ms, which a short command would pay for nothing. */
const PLAIN = /^[ -~]*$/;
const PLAIN_LINES = /^[ -~\n\t]*$/;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line; what was taken out stands there as `\x1b` or `\u{202e}`. */
export function neutralise(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escapeCharacter);
}

/** The same, but line ends and tabs stay: for messages of several lines. */
export function neutraliseLines(text: string): string {
  if (PLAIN_LINES.test(text)) return text;
  return text.replace(/\r\n/g, '\n').replace(UNSAFE, (character) => (character === '\n' || character === '\t' ? character : escapeCharacter(character)));
}

function escapeCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return SHORT[character] ?? (point <= 0xff ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`);
}

/** JSON for people and programs: `JSON.stringify` leaves C1 controls and bidi characters in, and some terminals obey them. */
export function printJson(value: unknown, indent?: number): string {
  const plain = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item), indent) ?? 'null';
  if (PLAIN_LINES.test(plain)) return plain;
  return plain.replace(UNSAFE, (character) =>
    character === '\n' ? character : [...Array(character.length).keys()].map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join(''),
  );
}
