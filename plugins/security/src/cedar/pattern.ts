/** The right side of `like`: literal text and wildcards, each of which matches any text. */
import { invalid } from './errors.ts';
import { isObject, readArray } from './json.ts';
import { checkString } from './names.ts';
import { spendText } from './work.ts';

export interface Pattern {
  /** How many parts it was written with. */
  readonly size: number;
  readonly matches: (text: string) => boolean;
}

/** Reads the official form, a list of `"Wildcard"` and `{ Literal: text }`. */
export function readPattern(json: unknown): Pattern {
  const parts = readArray(json, 'a pattern');
  // The literal texts between wildcards: one more than there are wildcards.
  const pieces: string[] = [''];
  for (const part of parts) {
    if (part === 'Wildcard') pieces.push('');
    else if (isObject(part) && typeof part['Literal'] === 'string') pieces.push(pieces.pop() + checkString(part['Literal']));
    else throw invalid('a pattern holds "Wildcard" and { Literal } only');
  }
  return { size: parts.length, matches: matcherOf(pieces) };
}

/**
 * Texts are well-formed UTF-16 on both sides, so a piece can only match where a character starts: comparing
 * 16-bit units gives what the official engine gets by comparing characters.
 */
function matcherOf(pieces: readonly string[]): (text: string) => boolean {
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return (text) => text === first;
  const last = pieces.at(-1) ?? '';
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    spendText(text.length);
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of middle) {
      spendText(text.length);
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    // Also false where the first and last piece would overlap.
    return at <= end;
  };
}
