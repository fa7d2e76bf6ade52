/** The standard streams of an app. */
import { getStderr } from 'wasi:cli/stderr@0.2.12';
import { getStdin } from 'wasi:cli/stdin@0.2.12';
import { getStdout } from 'wasi:cli/stdout@0.2.12';
import type { InputStream, OutputStream } from 'wasi:io/streams@0.2.12';
import { requireRunTime } from '../guest/phase.ts';
import { joinBytes, readSome, writeAll } from './streams.ts';

export interface Output {
  /** Writes text in UTF-8, or bytes, as they are: no line end is added. Returns when the reader has them. */
  write(data: string | Uint8Array): void;
}

const outputTo = (name: string, open: () => OutputStream): Output => {
  let stream: OutputStream | undefined;
  return {
    write(data) {
      requireRunTime(name);
      stream ??= open();
      writeAll(stream, typeof data === 'string' ? new TextEncoder().encode(data) : data);
    },
  };
};

export const stdout: Output = outputTo('stdout', () => getStdout());
export const stderr: Output = outputTo('stderr', () => getStderr());

let input: InputStream | undefined;
/** Read from the stream, not yet asked for: what follows the last line that was taken. */
let rest = new Uint8Array() as Uint8Array;

function readMore(): Uint8Array {
  requireRunTime('stdin');
  input ??= getStdin();
  return readSome(input);
}

function readToEnd(): Uint8Array {
  const chunks = [rest];
  for (let chunk = readMore(); chunk.length > 0; chunk = readMore()) chunks.push(chunk);
  rest = new Uint8Array();
  return joinBytes(chunks);
}

const NEWLINE = 0x0a;

export const stdin = {
  /** Everything up to the end, as bytes. */
  bytes: (): Uint8Array => readToEnd(),
  /** Everything up to the end, as UTF-8. */
  text: (): string => new TextDecoder().decode(readToEnd()),
  /** Line by line, as UTF-8, without line ends; waits for each. */
  *lines(): Generator<string, void, void> {
    for (;;) {
      const end = rest.indexOf(NEWLINE);
      if (end >= 0) {
        const line = new TextDecoder().decode(rest.subarray(0, end));
        rest = rest.slice(end + 1);
        yield line.endsWith('\r') ? line.slice(0, -1) : line;
        continue;
      }
      const chunk = readMore();
      if (chunk.length === 0) break;
      rest = joinBytes([rest, chunk]);
    }
    const last = new TextDecoder().decode(rest);
    rest = new Uint8Array();
    if (last !== '') yield last;
  },
};
