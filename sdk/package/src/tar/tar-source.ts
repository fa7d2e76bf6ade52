/** Where tar bytes come from: a file that can be read at any place, or a stream that only goes forwards. */

import type { FileHandle } from 'node:fs/promises';

export interface TarSource {
  /** Bytes read or skipped so far. */
  readonly position: number;
  /** The next `length` bytes, or fewer at the end. Valid until the next call. */
  read(length: number): Promise<Uint8Array>;
  /** Steps over `length` bytes; false if there were fewer. */
  skip(length: number): Promise<boolean>;
}

/** Headers stand near each other only around small blobs, so more read-ahead would be read in vain. */
const READ_AHEAD_BYTES = 8 * 1024;

export class FileTarSource implements TarSource {
  readonly #handle: FileHandle;
  readonly #size: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #bufferStart = 0;
  position = 0;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  async read(length: number): Promise<Uint8Array> {
    const start = this.position;
    const end = Math.min(start + length, this.#size);
    if (start < this.#bufferStart || end > this.#bufferStart + this.#buffer.length) await this.#fill(start, end - start);
    const bytes = this.#buffer.subarray(start - this.#bufferStart, end - this.#bufferStart);
    this.position = start + bytes.length;
    return bytes;
  }

  async skip(length: number): Promise<boolean> {
    const isThere = length <= this.#size - this.position;
    this.position = isThere ? this.position + length : this.#size;
    return isThere;
  }

  async #fill(start: number, length: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.max(length, READ_AHEAD_BYTES));
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#buffer = buffer.subarray(0, filled);
    this.#bufferStart = start;
  }
}

export class StreamTarSource implements TarSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  position = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0 && (await this.#hasChunk())) {
      const part = this.#chunk.subarray(0, missing);
      this.#chunk = this.#chunk.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    this.position += length - missing;
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async skip(length: number): Promise<boolean> {
    let missing = length;
    while (missing > 0 && (await this.#hasChunk())) {
      const skipped = Math.min(missing, this.#chunk.length);
      this.#chunk = this.#chunk.subarray(skipped);
      missing -= skipped;
    }
    this.position += length - missing;
    return missing === 0;
  }

  /** Ends the stream early, so that what feeds it can close its file. */
  async stop(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #hasChunk(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
    }
    return true;
  }
}
