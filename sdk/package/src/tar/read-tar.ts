/**
 * Reads a tar entry by entry, strictly and within bounds.
 *
 * Own reader, not `tar-stream` 3.2.2, which was tried: it reads on after the end marker, takes an archive without one,
 * takes a PAX size that contradicts the header's, ignores what follows a NUL in a name and the padding, stops silently
 * at a malformed PAX record, and shows only decoded headers, so none of that can be checked from outside. It also
 * cannot seek, and a package of many megabytes is opened for its manifest alone.
 */

import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';
import { checkEntryName, EntryNames, type NamePolicy } from './entry-name.ts';
import { BLOCK_BYTES, decodeHeader, isZero, paddingOf, type TarHeader } from './header.ts';
import { decodePax, type PaxRecords } from './pax.ts';
import type { TarSource } from './tar-source.ts';

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink';

export interface TarEntry {
  /** Checked, in normal form. */
  readonly name: string;
  readonly type: TarEntryType;
  /** Content bytes; 0 for all but files. */
  readonly size: number;
  /** Permission bits only: set-uid, set-gid and sticky are dropped. */
  readonly mode: number;
  /** Where a link points, unchecked and never followed here; empty for others. */
  readonly linkName: string;
  /** Where the content begins in the source. */
  readonly offset: number;
  /** The content, in pieces valid until the next one. Only before the next entry is asked for; what is left is skipped. */
  content(): AsyncIterable<Uint8Array>;
}

export interface TarRules {
  readonly names: NamePolicy;
  /** Whether links are entries or a reason to refuse. Devices and FIFOs always are. */
  readonly links: 'refuse' | 'report';
  readonly entriesMax: number;
  /** Content bytes of all entries. */
  readonly bytesMax: number;
  /** The tar's name in problems. */
  readonly what: string;
}

const CONTENT_CHUNK_BYTES = 64 * 1024;

/**
 * The entries in order. Refuses what `rules` do not allow, duplicate and colliding names, headers that contradict
 * themselves, a missing end marker, and anything but zeros after it. The root directory itself ("./") is left out.
 */
export async function* readTar(source: TarSource, rules: TarRules): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new TarReader(source, rules);
  for (;;) {
    const entry = await reader.next();
    if (entry === undefined) return;
    yield entry;
    await reader.finishEntry();
  }
}

class TarReader {
  readonly #source: TarSource;
  readonly #rules: TarRules;
  readonly #names = new EntryNames();
  #entries = 0;
  #bytes = 0;
  /** Content and padding of the current entry not yet read. */
  #contentLeft = 0;
  #padding = 0;

  constructor(source: TarSource, rules: TarRules) {
    this.#source = source;
    this.#rules = rules;
  }

  async next(): Promise<TarEntry | undefined> {
    for (;;) {
      const header = await this.#header();
      if (header === undefined) return undefined;
      const pax = header.type === 'x' ? await this.#pax(header) : {};
      const described = header.type === 'x' ? await this.#header() : header;
      if (described === undefined || described.type === 'x') refuse('invalid', 'a PAX header without an entry', this.#here());
      const entry = this.#entry(described, pax);
      if (entry) return entry;
    }
  }

  async finishEntry(): Promise<void> {
    if (this.#contentLeft > 0 && !(await this.#source.skip(this.#contentLeft))) this.#cut();
    this.#contentLeft = 0;
    const padding = await this.#source.read(this.#padding);
    if (padding.length < this.#padding) this.#cut();
    if (!isZero(padding)) refuse('invalid', 'a tar entry with data in its padding', this.#here());
    this.#padding = 0;
  }

  async #header(): Promise<TarHeader | undefined> {
    const block = await this.#source.read(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) refuse('invalid', 'a tar that is cut off: it has no end marker', this.#here());
    const header = decodeHeader(block, this.#here().where);
    if (header === undefined) {
      await this.#expectEnd();
      return undefined;
    }
    // Each header is an entry to the budget, so that 10^6 PAX headers are not free.
    if (++this.#entries > this.#rules.entriesMax) refuse('limit', `more than ${this.#rules.entriesMax} entries`, this.#here());
    return header;
  }

  async #pax(header: TarHeader): Promise<PaxRecords> {
    if (header.size > LIMITS.tar.paxBytesMax) refuse('limit', `a PAX header of ${header.size} bytes, more than ${LIMITS.tar.paxBytesMax}`, this.#here());
    const bytes = await this.#source.read(header.size);
    if (bytes.length < header.size) this.#cut();
    const records = decodePax(bytes, this.#here().where);
    this.#padding = paddingOf(header.size);
    await this.finishEntry();
    return records;
  }

  /** The entry, or undefined for the root directory. */
  #entry(header: TarHeader, pax: PaxRecords): TarEntry | undefined {
    const type = this.#type(header);
    // Two sizes for one entry is how two readers see two archives (CVE-2025-62518, CVE-2026-53655). The header's field
    // holds all that the budget lets through, so there is no reason for PAX to differ.
    if (pax.size !== undefined && pax.size !== header.size) refuse('invalid', `a PAX size of ${pax.size} for a header that says ${header.size}`, this.#here());
    if (type !== 'file' && header.size !== 0) refuse('invalid', `a ${type} that says it has ${header.size} bytes`, this.#here());
    const raw = pax.path ?? header.name;
    if (type === 'file' && raw.endsWith('/')) refuse('invalid', `a file named ${quote(raw)}`, this.#here());
    const name = checkEntryName(raw, this.#rules.names, this.#here().where);
    if (name === '') {
      if (type !== 'directory') refuse('invalid', `a ${type} in the place of the root`, this.#here());
      return undefined;
    }
    this.#names.add(name, type === 'directory', this.#here().where);
    this.#bytes += header.size;
    if (this.#bytes > this.#rules.bytesMax) refuse('limit', `more than ${this.#rules.bytesMax} bytes of content`, this.#here());
    this.#contentLeft = header.size;
    this.#padding = paddingOf(header.size);
    const linkName = type === 'symlink' || type === 'hardlink' ? (pax.linkPath ?? header.linkName) : '';
    return { name, type, size: header.size, mode: header.mode & 0o777, linkName, offset: this.#source.position, content: () => this.#content(name) };
  }

  #type({ type, name }: TarHeader): TarEntryType {
    if (type === '0') return 'file';
    if (type === '5') return 'directory';
    const links: Readonly<Record<string, TarEntryType>> = { '1': 'hardlink', '2': 'symlink' };
    const link = links[type];
    if (link && this.#rules.links === 'report') return link;
    const kinds: Readonly<Record<string, string>> = {
      '1': 'a hard link',
      '2': 'a symbolic link',
      '3': 'a character device',
      '4': 'a block device',
      '6': 'a FIFO',
      '7': 'a contiguous file',
      S: 'a GNU sparse file',
      L: 'a GNU long name (use PAX)',
      K: 'a GNU long link (use PAX)',
      g: 'a global PAX header',
    };
    return refuse(type === 'L' || type === 'K' || type === 'g' ? 'unsupported' : 'invalid', `${quote(name)} is ${kinds[type] ?? `of unknown type ${quote(type)}`}`, this.#here());
  }

  async *#content(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#contentLeft > 0) {
      const chunk = await this.#source.read(Math.min(this.#contentLeft, CONTENT_CHUNK_BYTES));
      if (chunk.length === 0) refuse('invalid', `a tar that is cut off in ${quote(name)}`, this.#here());
      this.#contentLeft -= chunk.length;
      yield chunk;
    }
  }

  /** One zero block was read; the second must follow, and then nothing but zeros. */
  async #expectEnd(): Promise<void> {
    const second = await this.#source.read(BLOCK_BYTES);
    if (second.length < BLOCK_BYTES) refuse('invalid', 'a tar that is cut off: half of its end marker is missing', this.#here());
    if (!isZero(second)) refuse('invalid', 'a tar with data after its end', this.#here());
    for (let padding = 0; ; ) {
      const rest = await this.#source.read(CONTENT_CHUNK_BYTES);
      if (rest.length === 0) return;
      if (!isZero(rest)) refuse('invalid', 'a tar with data after its end', this.#here());
      padding += rest.length;
      if (padding > LIMITS.tar.endPaddingBytesMax) refuse('limit', `more than ${LIMITS.tar.endPaddingBytesMax} zero bytes after the end`, this.#here());
    }
  }

  #cut(): never {
    return refuse('invalid', 'a tar that is cut off: an entry says more bytes than there are', this.#here());
  }

  #here(): { where: string } {
    return { where: `${this.#rules.what} at byte ${this.#source.position}` };
  }
}
