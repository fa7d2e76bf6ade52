/** Log records as lines with a time, or as lines of JSON: a guest's write need not end where a line does. */
import type { LogRecord } from '@forgeone/kernel/client';
import { LOG_STREAM } from '../control/log.ts';
import { printJson } from './neutralise.ts';

const NEWLINE = 0x0a;
const STREAM_NAMES: Readonly<Record<number, string>> = { [LOG_STREAM.stdout]: 'stdout', [LOG_STREAM.stderr]: 'stderr', [LOG_STREAM.system]: 'system' };

interface Open {
  /** Of the record that began the line. */
  timeNs: bigint;
  parts: Uint8Array[];
  bytes: number;
}

/** A line that does not end is cut here, so that a guest without line ends does not fill our memory. */
const LINE_BYTES_MAX = 1024 * 1024;

export class LogLines {
  readonly #style: 'timed' | 'json';
  readonly #open = new Map<number, Open>();

  constructor(style: 'timed' | 'json') {
    this.#style = style;
  }

  /** What to write, and to which of our streams. JSON goes to standard output whatever stream it speaks of. */
  take({ stream, timeNs, bytes }: LogRecord): [1 | 2, Uint8Array] {
    const out: Uint8Array[] = [];
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(NEWLINE, from);
      const part = bytes.subarray(from, end < 0 ? bytes.length : end);
      const open = this.#open.get(stream) ?? { timeNs, parts: [], bytes: 0 };
      open.parts.push(part);
      open.bytes += part.length;
      if (end < 0 && open.bytes < LINE_BYTES_MAX) {
        this.#open.set(stream, open);
        break;
      }
      this.#open.delete(stream);
      out.push(this.#print(stream, open));
      from = end < 0 ? bytes.length : end + 1;
    }
    return [this.#target(stream), Buffer.concat(out)];
  }

  /** Lines that were not ended. */
  rest(): [1 | 2, Uint8Array][] {
    const rest = [...this.#open].map(([stream, open]): [1 | 2, Uint8Array] => [this.#target(stream), this.#print(stream, open)]);
    this.#open.clear();
    return rest;
  }

  #target(stream: number): 1 | 2 {
    return this.#style === 'json' || stream === LOG_STREAM.stdout ? 1 : 2;
  }

  #print(stream: number, { timeNs, parts }: Open): Uint8Array {
    const line = Buffer.concat(parts);
    const time = printNanos(timeNs);
    if (this.#style === 'timed') return Buffer.concat([Buffer.from(`${time} `), line, Buffer.from('\n')]);
    const text = line.toString('utf8');
    // What is not UTF-8 would not come back the same.
    const exact = Buffer.from(text, 'utf8').equals(line) ? { text } : { text, base64: line.toString('base64') };
    return Buffer.from(`${printJson({ time, stream: STREAM_NAMES[stream] ?? String(stream), ...exact })}\n`);
  }
}

/** RFC 3339 with nanoseconds, as podman prints it. */
export function printNanos(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(timeNs % 1_000_000_000n).padStart(9, '0')}Z`;
}
