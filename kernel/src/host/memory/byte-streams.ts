/**
 * Pipes, standard streams and log files of the in-memory machine (call path step 9, for tests).
 *
 * One thread only: a call that would have to wait for another party answers -EDEADLK, because that party is the caller.
 */
import { ERRNO } from '../errno.ts';
import type { LogRecord } from '../host.ts';

/** A real copy: `slice` of a Buffer is a view of memory that the guest goes on writing to. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

/** What both ends of a stream share: several handles may stand for one end, and it closes with the last. */
interface StreamEnd {
  readonly isReady: boolean;
  retain(): void;
  release(): void;
}

export interface ByteReader extends StreamEnd {
  /** Bytes read, 0 at the end, -EDEADLK when there is nothing yet. */
  read(into: Uint8Array): number;
}

export interface ByteWriter extends StreamEnd {
  /** Bytes written (all), -EPIPE, or -EDEADLK when they do not fit. */
  write(bytes: Uint8Array): number;
}

/** A bounded queue of bytes between a writer and a reader. */
export class Pipe {
  readonly #capacityBytes: number;
  #chunks: Uint8Array[] = [];
  #headOffset = 0;
  #bytes = 0;
  #readers = 0;
  #writers = 0;
  readonly reader: ByteReader;
  readonly writer: ByteWriter;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
    const pipe = this;
    this.reader = {
      get isReady() {
        return pipe.#bytes > 0 || pipe.#writers === 0;
      },
      read(into) {
        if (into.length === 0) return 0;
        if (pipe.#bytes > 0) return pipe.#take(into);
        return pipe.#writers === 0 ? 0 : -ERRNO.EDEADLK;
      },
      retain() {
        pipe.#readers++;
      },
      release() {
        if (--pipe.#readers > 0) return;
        pipe.#chunks = [];
        pipe.#bytes = 0;
      },
    };
    this.writer = {
      get isReady() {
        return pipe.#bytes < pipe.#capacityBytes || pipe.#readers === 0;
      },
      write(bytes) {
        if (pipe.#readers === 0) return -ERRNO.EPIPE;
        if (pipe.#bytes + bytes.length > pipe.#capacityBytes) return -ERRNO.EDEADLK;
        pipe.push(copyOf(bytes));
        return bytes.length;
      },
      retain() {
        pipe.#writers++;
      },
      release() {
        pipe.#writers--;
      },
    };
  }

  /** Puts bytes in without a copy and without a bound: how tests feed standard input. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
  }

  #take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && this.#chunks.length > 0) {
      const head = this.#chunks[0] as Uint8Array;
      const slice = head.subarray(this.#headOffset, this.#headOffset + into.length - count);
      into.set(slice, count);
      count += slice.length;
      this.#headOffset += slice.length;
      if (this.#headOffset === head.length) {
        this.#chunks.shift();
        this.#headOffset = 0;
      }
    }
    this.#bytes -= count;
    return count;
  }
}

/** Keeps all that is written: standard output and error of the in-memory machine. */
export class Capture implements ByteWriter {
  readonly isReady = true;
  #chunks: Uint8Array[] = [];

  write(bytes: Uint8Array): number {
    this.#chunks.push(copyOf(bytes));
    return bytes.length;
  }

  retain(): void {}
  release(): void {}

  get bytes(): Uint8Array {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  get text(): string {
    return Buffer.from(this.bytes).toString('utf8');
  }
}

/** Stream (u8), time (u64), length (u32) before the bytes of each record; see {@link LogRecord}. */
const LOG_HEADER_BYTES = 13;

/** A log and the one before it. Offsets count bytes over both files, the older first. */
export class LogFile {
  #previous: LogRecord[] = [];
  #current: LogRecord[] = [];

  append(record: LogRecord, bytesMax: number): void {
    const size = bytesOf(this.#current);
    if (size > 0 && size + LOG_HEADER_BYTES + record.bytes.length > bytesMax) {
      this.#previous = this.#current;
      this.#current = [];
    }
    this.#current.push(record);
  }

  read(offset: number, bytesMax: number): { records: LogRecord[]; next: number } {
    const records: LogRecord[] = [];
    let at = 0;
    let next = offset;
    let payload = 0;
    for (const record of [...this.#previous, ...this.#current]) {
      const begin = at;
      at += LOG_HEADER_BYTES + record.bytes.length;
      if (begin < offset) continue;
      // The first record goes out even when it is too long, or a reader with a small buffer would never get past it.
      if (records.length > 0 && payload + record.bytes.length > bytesMax) break;
      records.push(record);
      payload += record.bytes.length;
      next = at;
    }
    return { records, next };
  }
}

const bytesOf = (records: readonly LogRecord[]): number => records.reduce((sum, record) => sum + LOG_HEADER_BYTES + record.bytes.length, 0);

/** Each write is one record of the log. */
export class LogWriter implements ByteWriter {
  readonly isReady = true;
  readonly #log: LogFile;
  readonly #stream: number;
  readonly #bytesMax: number;
  readonly #nowNs: () => bigint;

  constructor(log: LogFile, stream: number, bytesMax: number, nowNs: () => bigint) {
    this.#log = log;
    this.#stream = stream;
    this.#bytesMax = bytesMax;
    this.#nowNs = nowNs;
  }

  write(bytes: Uint8Array): number {
    if (bytes.length > 0) this.#log.append({ stream: this.#stream, timeNs: this.#nowNs(), bytes: copyOf(bytes) }, this.#bytesMax);
    return bytes.length;
  }

  retain(): void {}
  release(): void {}
}
