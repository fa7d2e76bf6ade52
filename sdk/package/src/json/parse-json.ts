/**
 * Parses JSON from an untrusted blob within bounds, and refuses what two parsers could read differently.
 *
 * No library fits: `secure-json-parse` only looks for `__proto__`, `jsonc-parser` and the duplicate-key validators have
 * no budgets. The scan below sees strings and brackets only; it needs no grammar because `JSON.parse`, which runs
 * after it, refuses every text whose grammar would make the scan's reading differ.
 */

import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/**
 * The value in `bytes`. `what` names the document in messages.
 *
 * Refuses with `limit` what is larger, deeper or fuller than `LIMITS.json`, and with `invalid` what is not UTF-8, not
 * JSON, has a key twice, a key `__proto__`, or a lone surrogate.
 */
export function parseJson(bytes: Uint8Array, what: string): JsonValue {
  if (bytes.length > LIMITS.json.bytesMax) refuse('limit', `JSON of ${bytes.length} bytes, more than ${LIMITS.json.bytesMax}`, { where: what });
  const text = decodeUtf8(bytes, what);
  scan(text, what);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    // V8's message quotes the text; what it quotes is hostile.
    return refuse('invalid', `is not JSON: ${quote((error as Error).message)}`, { where: what });
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    // ignoreBOM keeps a byte order mark in the text, where JSON.parse refuses it (RFC 8259, 8.1).
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('invalid', 'is not UTF-8', { where: what });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

function scan(text: string, what: string): void {
  /** One entry per open bracket: the keys of an object, or null for an array. */
  const open: (Set<string> | null)[] = [];
  let keys = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x7b || char === 0x5b) {
      if (open.length === LIMITS.json.depthMax) refuse('limit', `JSON nested deeper than ${LIMITS.json.depthMax}`, place(text, at, what));
      open.push(char === 0x7b ? new Set() : null);
    } else if (char === 0x7d || char === 0x5d) {
      open.pop();
    } else if (char === COMMA) {
      if (++values > LIMITS.json.valuesMax) refuse('limit', `JSON with more than ${LIMITS.json.valuesMax} values`, place(text, at, what));
    } else if (char === QUOTE) {
      const end = endOfString(text, at);
      const value = readString(text, at, end, what);
      const object = open.at(-1);
      if (object && nextChar(text, end) === COLON) {
        if (++keys > LIMITS.json.keysMax) refuse('limit', `JSON with more than ${LIMITS.json.keysMax} keys`, place(text, at, what));
        if (value === '__proto__') refuse('invalid', 'the key "__proto__" is not allowed', place(text, at, what));
        if (object.has(value)) refuse('invalid', `the key ${quote(value)} stands twice in one object`, place(text, at, what));
        object.add(value);
      }
      at = end - 1;
    }
  }
}

/** The offset after the closing quote, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === BACKSLASH) at++;
    else if (char === QUOTE) return at + 1;
  }
  return text.length;
}

function readString(text: string, start: number, end: number, what: string): string {
  let value = text.slice(start + 1, end - 1);
  // UTF-8 cannot hold a lone surrogate, so only an escape can bring one in.
  if (!value.includes('\\')) return value;
  try {
    value = JSON.parse(text.slice(start, end)) as string;
  } catch {
    refuse('invalid', 'is not JSON: a string with a bad escape', place(text, start, what));
  }
  if (!value.isWellFormed()) refuse('invalid', 'a string with a lone surrogate', place(text, start, what));
  return value;
}

function nextChar(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return text.charCodeAt(at);
}

function place(text: string, at: number, what: string): { where: string } {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return { where: `${what}:${line}:${at - before.lastIndexOf('\n')}` };
}
