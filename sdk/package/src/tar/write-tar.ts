/** Writes a tar that depends on its entries only: sorted by name, user 0, group 0, time 0. */

import { checkEntryName, EntryNames } from './entry-name.ts';
import { BLOCK_BYTES, encodeHeader, paddingOf } from './header.ts';
import { encodePaxPath } from './pax.ts';

export interface TarInput {
  readonly name: string;
  /** The content of a file; leave out for a directory. */
  readonly bytes?: Uint8Array | undefined;
  /** Permission bits. Default: 0644 for files, 0755 for directories. */
  readonly mode?: number | undefined;
}

/** The pieces of the tar in order. Refuses names that `readTar` would refuse in a layer; leaves out the root itself. */
export function encodeTar(entries: readonly TarInput[]): Uint8Array[] {
  const names = new EntryNames();
  const named = entries.map((entry) => ({ ...entry, name: checkEntryName(entry.name, 'layer', 'tar') })).filter(({ name }) => name !== '');
  for (const { name, bytes } of named) names.add(name, bytes === undefined, 'tar');
  const pieces: Uint8Array[] = [];
  // By code unit, not by locale: the same bytes on every machine.
  for (const { name, bytes, mode } of named.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const isDirectory = bytes === undefined;
    pieces.push(...encodeEntryHeader(isDirectory ? `${name}/` : name, isDirectory ? '5' : '0', bytes?.length ?? 0, mode ?? (isDirectory ? 0o755 : 0o644)));
    if (bytes && bytes.length > 0) pieces.push(bytes, new Uint8Array(paddingOf(bytes.length)));
  }
  pieces.push(new Uint8Array(2 * BLOCK_BYTES));
  return pieces;
}

export function writeTar(entries: readonly TarInput[]): Uint8Array {
  return Buffer.concat(encodeTar(entries));
}

function encodeEntryHeader(name: string, type: '0' | '5', size: number, mode: number): Uint8Array[] {
  const header = encodeHeader({ name, type, size, mode: mode & 0o777 });
  if (header) return [header];
  const records = encodePaxPath(name);
  const plain = (headerName: string, headerType: 'x' | '0' | '5', headerSize: number) =>
    encodeHeader({ name: headerName, type: headerType, size: headerSize, mode: mode & 0o777 }) ?? new Uint8Array(0);
  return [plain('././@pax', 'x', records.length), records, new Uint8Array(paddingOf(records.length)), plain('@pax', type, size)];
}
