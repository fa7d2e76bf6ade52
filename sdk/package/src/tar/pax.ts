/** PAX extended headers: read strictly, written only for names that ustar cannot hold. */

import { quote, refuse } from '../problems.ts';

export interface PaxRecords {
  readonly path?: string | undefined;
  readonly linkPath?: string | undefined;
  readonly size?: number | undefined;
}

/** What describes the file for a system we do not build: read past. */
const IGNORED_KEYS = new Set(['mtime', 'atime', 'ctime', 'uid', 'gid', 'uname', 'gname', 'comment']);
/** Vendor records that are dropped; `security.*` attributes carry rights and are refused instead. */
const IGNORED_VENDORS = /^(LIBARCHIVE\.|SCHILY\.(?!xattr\.security\.|xattr\.trusted\.)|MSWINDOWS\.|RHT\.|DOCKER\.)/;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes `length key=value\n` records; refuses repeated, malformed, unknown and sparse ones. */
export function decodePax(bytes: Uint8Array, what: string): PaxRecords {
  const reject = (why: string): never => refuse('invalid', `a PAX header ${why}`, { where: what });
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space === -1 ? '' : Buffer.from(bytes.subarray(at, space)).toString('latin1');
    const length = /^[1-9][0-9]{0,8}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length <= digits.length + 1 || end > bytes.length || bytes[end - 1] !== 0x0a) reject('with a lying record length');
    const record = decode(bytes.subarray(space + 1, end - 1), what);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (equals < 1) reject('with a record that has no key');
    if (records.has(key)) reject(`with the key ${quote(key)} twice`);
    records.set(key, record.slice(equals + 1));
    at = end;
  }
  for (const key of records.keys()) {
    if (key !== 'path' && key !== 'linkpath' && key !== 'size' && !IGNORED_KEYS.has(key) && !IGNORED_VENDORS.test(key)) {
      refuse('unsupported', `a PAX header with the key ${quote(key)}`, { where: what });
    }
  }
  const size = records.get('size');
  if (size !== undefined && !/^(0|[1-9][0-9]{0,15})$/.test(size)) reject(`with the size ${quote(size)}`);
  return { path: records.get('path'), linkPath: records.get('linkpath'), size: size === undefined ? undefined : Number(size) };
}

/** The records that give an entry the name `path`. */
export function encodePaxPath(path: string): Uint8Array {
  const rest = ` path=${path}\n`;
  const restBytes = Buffer.byteLength(rest);
  // The length counts its own digits, so it may gain one by being written.
  let length = restBytes + String(restBytes).length;
  length = restBytes + String(length).length;
  return Buffer.from(`${length}${rest}`);
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse('invalid', 'a PAX header that is not UTF-8', { where: what });
  }
}
