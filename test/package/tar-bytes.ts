/** Makes tar archives byte by byte, good and hostile; no part of it is shared with the code under test. */

export interface RawEntry {
  readonly name?: string | Uint8Array;
  readonly type?: string;
  readonly content?: Uint8Array | string;
  /** What the header says; default: the content's size. */
  readonly size?: number | string;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly mode?: number;
  readonly magic?: string;
  /** Bytes after the content; default: zeros to the block's end. */
  readonly padding?: Uint8Array;
  readonly checksum?: string;
}

const bytesOf = (value: Uint8Array | string) => (typeof value === 'string' ? new TextEncoder().encode(value) : value);

export function rawEntry(entry: RawEntry): Uint8Array {
  const content = bytesOf(entry.content ?? '');
  const block = new Uint8Array(512);
  const put = (value: Uint8Array | string, at: number) => block.set(bytesOf(value), at);
  put(entry.name ?? 'file', 0);
  put((entry.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
  put('0000000', 108);
  put('0000000', 116);
  put(typeof entry.size === 'string' ? entry.size : (entry.size ?? content.length).toString(8).padStart(11, '0'), 124);
  put('00000000000', 136);
  put(entry.type ?? '0', 156);
  put(entry.linkName ?? '', 157);
  put(entry.magic ?? 'ustar\u000000', 257);
  put(entry.prefix ?? '', 345);
  put('        ', 148);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = entry.padding ?? new Uint8Array((512 - (content.length % 512)) % 512);
  return concat(block, content, padding);
}

export const END = new Uint8Array(1024);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function rawTar(...entries: readonly RawEntry[]): Uint8Array {
  return concat(...entries.map(rawEntry), END);
}

/** An extended header entry with these records, each given as "key=value". */
export function pax(...records: readonly string[]): RawEntry {
  const lines = records.map((record) => {
    let length = record.length + 3;
    while (`${length} ${record}\n`.length !== length) length = `${length} ${record}\n`.length;
    return `${length} ${record}\n`;
  });
  return { name: 'PaxHeaders/x', type: 'x', content: lines.join('') };
}
