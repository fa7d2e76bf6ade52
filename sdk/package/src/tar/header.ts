/** One 512-byte tar header block, decoded strictly and encoded deterministically (POSIX.1-2017 pax, "ustar Interchange Format"). */

import { quote, refuse } from '../problems.ts';

export const BLOCK_BYTES = 512;

export interface TarHeader {
  /** Prefix and name joined, as written; not yet judged. */
  readonly name: string;
  readonly linkName: string;
  /** The typeflag character; NUL reads as "0". */
  readonly type: string;
  /** The ustar size field. */
  readonly size: number;
  readonly mode: number;
}

const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
  end: [500, 12],
} as const;

const MAGIC_POSIX = 'ustar\u000000';
const MAGIC_GNU = 'ustar  \u0000';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The header in `block`, or undefined for a block of zeros. `what` says in problems where it stands. */
export function decodeHeader(block: Uint8Array, what: string): TarHeader | undefined {
  if (isZero(block)) return undefined;
  const where = { where: what };
  if (readOctal(block, FIELD.checksum, 'checksum', what) !== checksum(block)) refuse('invalid', 'a tar header with a wrong checksum', where);
  const magic = latin1(slice(block, FIELD.magic));
  if (magic !== MAGIC_POSIX && magic !== MAGIC_GNU) refuse('unsupported', 'a tar header that is neither ustar nor pax', where);
  // GNU keeps times and sparse maps where POSIX has the prefix; whoever uses them means something else by this header.
  const prefix = magic === MAGIC_POSIX ? readText(block, FIELD.prefix, 'prefix', what) : refuseFilled(block, FIELD.prefix, what);
  const name = readText(block, FIELD.name, 'name', what);
  const typeByte = block[FIELD.type[0]] ?? 0;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: readText(block, FIELD.linkName, 'link name', what),
    type: typeByte === 0 ? '0' : String.fromCharCode(typeByte),
    size: readOctal(block, FIELD.size, 'size', what),
    mode: readOctal(block, FIELD.mode, 'mode', what),
  };
}

export interface TarHeaderFields {
  readonly name: string;
  readonly type: '0' | '5' | 'x';
  readonly size: number;
  readonly mode: number;
}

/** The block for an entry of user 0, group 0 and time 0, or undefined if the name does not fit a ustar header. */
export function encodeHeader({ name, type, size, mode }: TarHeaderFields): Uint8Array | undefined {
  const parts = splitName(name);
  if (parts === undefined) return undefined;
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(parts.name, FIELD.name[0], 'latin1');
  block.write(octal(mode, 8), FIELD.mode[0], 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(size, 12), FIELD.size[0], 'latin1');
  block.write(octal(0, 12), 136, 'latin1');
  block.write(type, FIELD.type[0], 'latin1');
  block.write(MAGIC_POSIX, FIELD.magic[0], 'latin1');
  block.write(octal(0, 8), 329, 'latin1');
  block.write(octal(0, 8), 337, 'latin1');
  block.write(parts.prefix, FIELD.prefix[0], 'latin1');
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, FIELD.checksum[0], 'latin1');
  return block;
}

/** Native comparison: the first headers of a cold process would cost milliseconds in a loop. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(part, ZEROS.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}

const ZEROS = new Uint8Array(4 * 1024);

/** Bytes of padding after `size` bytes of content. */
export function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** The sum of all bytes, the checksum field counted as spaces. */
function checksum(block: Uint8Array): number {
  const [start, length] = FIELD.checksum;
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= start && at < start + length ? 0x20 : (block[at] ?? 0);
  return sum;
}

type Field = readonly [start: number, length: number];

function slice(block: Uint8Array, [start, length]: Field): Uint8Array {
  return block.subarray(start, start + length);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Leading spaces, octal digits, then only NUL or space. Base-256 (a GNU extension past 8 GiB) is refused. */
function readOctal(block: Uint8Array, field: Field, name: string, what: string): number {
  const bytes = slice(block, field);
  if ((bytes[0] ?? 0) >= 0x80) refuse('limit', `a tar header whose ${name} is in base-256, which only 8 GiB and more need`, { where: what });
  const match = /^ *([0-7]*)[\0 ]*$/.exec(latin1(bytes));
  if (!match) refuse('invalid', `a tar header whose ${name} is no octal number: ${quote(latin1(bytes))}`, { where: what });
  return Number.parseInt(match[1] || '0', 8);
}

/** UTF-8 up to the first NUL; bytes after it could be a second name for another reader. */
function readText(block: Uint8Array, field: Field, name: string, what: string): string {
  const bytes = slice(block, field);
  const end = bytes.indexOf(0);
  const text = end === -1 ? bytes : bytes.subarray(0, end);
  if (end !== -1 && !isZero(bytes.subarray(end))) refuse('invalid', `a tar header whose ${name} goes on after a NUL`, { where: what });
  try {
    return decoder.decode(text);
  } catch {
    return refuse('invalid', `a tar header whose ${name} is not UTF-8`, { where: what });
  }
}

function refuseFilled(block: Uint8Array, field: Field, what: string): string {
  if (!isZero(slice(block, field))) refuse('unsupported', 'a GNU tar header with sparse or incremental fields', { where: what });
  return '';
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function splitName(name: string): { prefix: string; name: string } | undefined {
  if (!/^[ -~]*$/.test(name)) return undefined;
  if (name.length <= FIELD.name[1]) return { prefix: '', name };
  for (let slash = name.lastIndexOf('/', FIELD.prefix[1]); slash > 0; slash = name.lastIndexOf('/', slash - 1)) {
    const rest = name.slice(slash + 1);
    if (rest.length > FIELD.name[1]) return undefined;
    if (rest.length > 0) return { prefix: name.slice(0, slash), name: rest };
  }
  return undefined;
}
