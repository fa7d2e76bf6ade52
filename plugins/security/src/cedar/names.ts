/** Cedar's names and strings as they may appear in entity types, ids and values. */
import { invalid, overLimit } from './errors.ts';
import { LIMITS } from './limits.ts';

const NAME = /^[_a-zA-Z][_a-zA-Z0-9]*(?:::[_a-zA-Z][_a-zA-Z0-9]*)*$/;
const RESERVED = new Set(['true', 'false', 'if', 'then', 'else', 'in', 'is', 'like', 'has', '__cedar']);

// In unicode mode a pair of surrogates is one character, so this finds only those that stand alone.
const LONE_SURROGATE = /[\ud800-\udfff]/u;

// `isWellFormed` is ES2024: QuickJS and Node have it, and there it is twenty times faster than the expression.
const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype ? (text) => (text as string & { isWellFormed(): boolean }).isWellFormed() : (text) => !LONE_SURROGATE.test(text);

// The same few types come with every request. Emptied when full: names come from outside.
const known = new Set<string>();
const KNOWN_MAX = 1_000;

/** Checks the name of an entity type or function, such as `Forge::User`. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string') throw invalid('a name must be a string');
  if (known.has(name)) return name;
  if (name.length > LIMITS.stringLengthMax) throw overLimit('a name is too long');
  if (!NAME.test(name) || name.split('::').some((part) => RESERVED.has(part))) {
    throw invalid(`not a Cedar name: ${JSON.stringify(name)}`);
  }
  if (known.size >= KNOWN_MAX) known.clear();
  known.add(name);
  return name;
}

/** Checks a string: bounded, and Unicode (a lone surrogate has no UTF-8 form, so no two parties agree on it). */
export function checkString(text: string): string {
  if (text.length > LIMITS.stringLengthMax) throw overLimit('a string is too long');
  if (!isWellFormed(text)) throw invalid('a string holds a lone surrogate');
  return text;
}
