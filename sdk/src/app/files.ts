/** Files of an app, below the directories it was given. Errors are refusals of the error table, with the path in `where`. */
import { initialCwd } from 'wasi:cli/environment@0.2.12';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import type { Descriptor, DescriptorFlags, OpenFlags } from 'wasi:filesystem/types@0.2.12';
import { requireRunTime } from '../guest/phase.ts';
import { type ErrorCode, Refusal } from '../guest/refusal.ts';
import { joinBytes } from './streams.ts';

export type FileType = 'file' | 'directory' | 'link' | 'other';

export interface Entry {
  readonly name: string;
  readonly type: FileType;
}

export interface FileInfo {
  readonly type: FileType;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch, when the host tells. */
  readonly modifiedMs: number | undefined;
}

const CHUNK_BYTES = 1024 * 1024;

/** WASI's error codes (wasi:filesystem/types) in the error table; what is not here is `other`. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  access: 'denied',
  'not-permitted': 'denied',
  'read-only': 'denied',
  'no-entry': 'not-found',
  exist: 'conflict',
  'not-empty': 'conflict',
  busy: 'conflict',
  'is-directory': 'invalid',
  'not-directory': 'invalid',
  invalid: 'invalid',
  'name-too-long': 'invalid',
  loop: 'invalid',
  quota: 'limit',
  'insufficient-space': 'limit',
  'file-too-large': 'limit',
  unsupported: 'unsupported',
};

let roots: { readonly directory: Descriptor; readonly path: string }[] | undefined;

const withoutSlash = (path: string): string => (path === '/' || path === '.' ? '' : path.replace(/\/+$/, ''));

/** The directory that was given and holds the path, and the path below it. */
function locate(path: string): [Descriptor, string] {
  requireRunTime('Reading or writing files');
  roots ??= getDirectories().map(([directory, name]) => ({ directory, path: withoutSlash(name) }));
  const absolute = path.startsWith('/') ? path : `${withoutSlash(initialCwd() ?? '/')}/${path}`;
  let best: (typeof roots)[number] | undefined;
  for (const root of roots) {
    const holds = absolute === root.path || absolute.startsWith(`${root.path}/`);
    if (holds && (!best || root.path.length > best.path.length)) best = root;
  }
  if (!best)
    throw new Refusal('denied', `no directory that holds ${path} was given to this app`, {
      where: path,
      hint: `forge run -v NAME:${absolute.slice(0, absolute.lastIndexOf('/')) || '/'}`,
    });
  return [best.directory, absolute.slice(best.path.length).replace(/^\/+/, '') || '.'];
}

/** Runs one operation on a path and turns WASI's error codes into refusals. */
function on<T>(path: string, work: (directory: Descriptor, below: string) => T): T {
  const [directory, below] = locate(path);
  try {
    return work(directory, below);
  } catch (thrown) {
    const code = (thrown as { payload?: unknown } | null)?.payload;
    if (typeof code !== 'string') throw thrown;
    const table = CODES[code] ?? 'other';
    throw new Refusal(table, `${path}: ${code}`, { where: path, hint: table === 'denied' ? 'mount the volume with write access, or ask for a path inside it' : null });
  }
}

function withOpen<T>(path: string, flags: OpenFlags, access: DescriptorFlags, work: (file: Descriptor) => T): T {
  return on(path, (directory, below) => {
    const file = directory.openAt({ symlinkFollow: true }, below, flags, access);
    try {
      return work(file);
    } finally {
      file[Symbol.dispose]();
    }
  });
}

/** The whole file. `not-found`, `denied`, `invalid` when it is a directory. */
export function readFile(path: string): Uint8Array {
  return withOpen(path, {}, { read: true }, (file) => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; ; ) {
      const [bytes, end] = file.read(CHUNK_BYTES, at);
      chunks.push(bytes);
      at += bytes.length;
      if (end || bytes.length === 0) return chunks.length === 1 ? bytes : joinBytes(chunks);
    }
  });
}

/** The whole file as UTF-8. */
export const readTextFile = (path: string): string => new TextDecoder().decode(readFile(path));

function writeAt(file: Descriptor, data: Uint8Array, offset: number): void {
  for (let at = 0; at < data.length; ) at += file.write(data.subarray(at, at + CHUNK_BYTES), offset + at);
}

const toBytes = (data: string | Uint8Array): Uint8Array => (typeof data === 'string' ? new TextEncoder().encode(data) : data);

/** Makes the file or replaces what it holds. */
export function writeFile(path: string, data: string | Uint8Array): void {
  withOpen(path, { create: true, truncate: true }, { write: true }, (file) => writeAt(file, toBytes(data), 0));
}

/** Writes at the end; makes the file if it is not there. */
export function appendFile(path: string, data: string | Uint8Array): void {
  withOpen(path, { create: true }, { write: true }, (file) => writeAt(file, toBytes(data), file.stat().size));
}

const TYPES: Readonly<Record<string, FileType>> = { 'regular-file': 'file', directory: 'directory', 'symbolic-link': 'link' };

/** The entries of a directory, by name. */
export function listDirectory(path: string): Entry[] {
  return withOpen(path, { directory: true }, { read: true }, (directory) => {
    const entries: Entry[] = [];
    const stream = directory.readDirectory();
    for (let entry = stream.readDirectoryEntry(); entry; entry = stream.readDirectoryEntry()) entries.push({ name: entry.name, type: TYPES[entry.type] ?? 'other' });
    stream[Symbol.dispose]();
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/** What is at a path; undefined when nothing is. */
export function fileInfo(path: string): FileInfo | undefined {
  try {
    return on(path, (directory, below) => {
      const found = directory.statAt({ symlinkFollow: true }, below);
      const time = found.dataModificationTimestamp;
      return { type: TYPES[found.type] ?? 'other', size: found.size, modifiedMs: time ? time.seconds * 1000 + Math.floor(time.nanoseconds / 1e6) : undefined };
    });
  } catch (thrown) {
    if (thrown instanceof Refusal && thrown.code === 'not-found') return undefined;
    throw thrown;
  }
}

/** Makes one directory. `conflict`: something is there already. */
export function makeDirectory(path: string): void {
  on(path, (directory, below) => directory.createDirectoryAt(below));
}

/** Removes a file, a link or an empty directory. */
export function remove(path: string): void {
  on(path, (directory, below) => {
    if (directory.statAt({}, below).type === 'directory') directory.removeDirectoryAt(below);
    else directory.unlinkFileAt(below);
  });
}
