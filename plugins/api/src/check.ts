/**
 * A small schema language for what comes from outside (call path step 4): a check takes an unknown value and the place
 * it stands at, and answers the typed value or throws `invalid` with that place.
 */
import { refuse } from '@forgeone/sdk';
import { nearestKey } from './nearest-key.ts';

export type Check<T> = (value: unknown, where: string) => T;

type Fields = Readonly<Record<string, Check<unknown>>>;
type Checked<F extends Fields> = { readonly [K in keyof F]: ReturnType<F[K]> };

const LONE_SURROGATE = /\p{Cs}/u;

/** Nesting of a body; the deepest one the API takes has four levels. */
const DEPTH_MAX = 16;

const nameOf = (where: string, key: string): string => (where === '' ? key : `${where}.${key}`);

/** JSON in UTF-8. Its depth is looked at before it is parsed, because the parser recurses. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse.invalid('the body is not UTF-8', { where: 'body' });
  }
  if (depthOf(text) > DEPTH_MAX) throw refuse.invalid(`the body is nested deeper than ${DEPTH_MAX} levels`, { where: 'body' });
  try {
    return JSON.parse(text);
  } catch {
    throw refuse.invalid('the body is not JSON', { where: 'body' });
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (quoted && char === '\\') index++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '{' || char === '[')) deepest = Math.max(deepest, ++depth);
    else if (!quoted && (char === '}' || char === ']')) depth--;
  }
  return deepest;
}

/** A string of at most so many UTF-16 units that matches. */
export const string =
  (lengthMax: number, pattern?: RegExp, hint?: string): Check<string> =>
  (value, where) => {
    if (typeof value !== 'string') throw refuse.invalid('this must be a string', { where, hint });
    if (value.length > lengthMax) throw refuse.invalid(`this has more than ${lengthMax} characters`, { where });
    if (pattern && !pattern.test(value)) throw refuse.invalid(`${JSON.stringify(value.slice(0, 80))} is not what is expected here`, { where, hint });
    // A lone surrogate has no UTF-8 form; it would arrive as another string than was checked.
    if (LONE_SURROGATE.test(value)) throw refuse.invalid('this is not well-formed Unicode', { where });
    return value;
  };

/** A whole number within bounds. */
export const integer =
  (min: number, max: number): Check<number> =>
  (value, where) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    throw refuse.invalid('this must be a whole number', { where, hint: `from ${min} to ${max}` });
  };

export const boolean: Check<boolean> = (value, where) => {
  if (typeof value === 'boolean') return value;
  throw refuse.invalid('this must be true or false', { where });
};

export const oneOf =
  <const T extends string>(...words: readonly T[]): Check<T> =>
  (value, where) => {
    const found = words.find((word) => word === value);
    if (found !== undefined) return found;
    const meant = typeof value === 'string' ? nearestKey(value, words) : undefined;
    throw refuse.invalid(`this must be one of ${words.join(', ')}`, { where, hint: meant && `did you mean ${meant}?` });
  };

/** What may be left out or null. */
export const optional =
  <T, F extends T | null>(check: Check<T>, fallback: F): Check<T | F> =>
  (value, where) =>
    value === undefined || value === null ? fallback : check(value, where);

export const list =
  <T>(lengthMax: number, check: Check<T>): Check<T[]> =>
  (value, where) => {
    if (!Array.isArray(value)) throw refuse.invalid('this must be a list', { where });
    if (value.length > lengthMax) throw refuse.invalid(`this has more than ${lengthMax} entries`, { where });
    return value.map((item, index) => check(item, `${where}[${index}]`));
  };

/** An object whose keys are data. Keys come as pairs, so that `__proto__` is a key like any other. */
export const pairs =
  <T>(sizeMax: number, key: Check<string>, check: Check<T>): Check<[string, T][]> =>
  (value, where) => {
    const entries = entriesOf(value, where);
    if (entries.length > sizeMax) throw refuse.invalid(`this has more than ${sizeMax} entries`, { where });
    return entries.map(([name, item]) => [key(name, where), check(item, nameOf(where, name))]);
  };

/** An object with these keys and no others. */
export const object =
  <F extends Fields>(fields: F): Check<Checked<F>> =>
  (value, where) => {
    const given = new Map(entriesOf(value, where));
    const known = Object.keys(fields);
    const unknown = [...given.keys()].find((key) => !known.includes(key));
    if (unknown !== undefined) throw unknownKey(unknown, known, nameOf(where, unknown.slice(0, 80)));
    return Object.fromEntries(Object.entries(fields).map(([key, check]) => [key, check(given.get(key), nameOf(where, key))])) as Checked<F>;
  };

/** An object with exactly one of these keys, as `[key, value]`. */
export const oneKey =
  <F extends Fields>(fields: F): Check<{ [K in keyof F]: { readonly tag: K; readonly val: ReturnType<F[K]> } }[keyof F]> =>
  (value, where) => {
    const given = entriesOf(value, where);
    const known = Object.keys(fields);
    const unknown = given.find(([key]) => !known.includes(key))?.[0];
    if (unknown !== undefined) throw unknownKey(unknown, known, nameOf(where, unknown.slice(0, 80)));
    const [first] = given;
    if (!first || given.length > 1) throw refuse.invalid('this must have exactly one key', { where, hint: `one of ${known.join(', ')}` });
    const [tag, item] = first;
    return { tag, val: fields[tag]?.(item, nameOf(where, tag)) } as ReturnType<ReturnType<typeof oneKey<F>>>;
  };

/** Query parameters as an object with these keys and no others; each at most once. */
export function checkQuery<F extends Fields>(query: readonly (readonly [string, string])[], fields: F): Checked<F> {
  const given = new Map<string, string>();
  for (const [key, value] of query) {
    if (given.has(key)) throw refuse.invalid(`${JSON.stringify(key.slice(0, 80))} is given twice`, { where: 'query' });
    given.set(key, value);
  }
  return object(fields)(Object.fromEntries(given), '');
}

/** `true`, `1` or nothing (`?all`), `false` or `0`. */
export const flag: Check<boolean> = (value, where) => {
  if (value === undefined || value === 'false' || value === '0') return false;
  if (value === 'true' || value === '1' || value === '') return true;
  throw refuse.invalid('this must be true or false', { where });
};

/** Digits of a whole number within bounds. */
export const digits =
  (min: number, max: number): Check<number> =>
  (value, where) =>
    integer(min, max)(typeof value === 'string' && /^[0-9]{1,16}$/.test(value) ? Number(value) : undefined, where);

function entriesOf(value: unknown, where: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse.invalid('this must be an object', { where: where || 'body' });
  return Object.entries(value);
}

function unknownKey(key: string, known: readonly string[], where: string): Error {
  const meant = nearestKey(key, known);
  return refuse.invalid(`${JSON.stringify(key.slice(0, 80))} is not known here`, {
    where,
    hint: meant ? `did you mean ${meant}?` : known.length > 0 ? `known are ${known.join(', ')}` : 'nothing is expected here',
  });
}
