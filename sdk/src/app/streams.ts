/** Reads and writes whole chunks on WASI streams. */
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import type { InputStream, OutputStream } from 'wasi:io/streams@0.2.12';

/** What one blocking-write-and-flush takes at most (wasi:io/streams). */
const WRITE_BYTES_MAX = 4096;
const READ_BYTES_MAX = 65536;
/** 128 + SIGPIPE: what a shell shows when the reader of a pipe has gone. */
const EXIT_BROKEN_PIPE = 141;

const isClosed = (thrown: unknown): boolean => (thrown as { payload?: { tag?: string } } | null)?.payload?.tag === 'closed';

export function writeAll(stream: OutputStream, bytes: Uint8Array): void {
  try {
    if (bytes.length <= WRITE_BYTES_MAX) {
      stream.blockingWriteAndFlush(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      const room = stream.checkWrite();
      // No room: waiting for the flush waits for the reader.
      if (room === 0) {
        stream.blockingFlush();
        continue;
      }
      const end = Math.min(bytes.length, at + room);
      stream.write(bytes.subarray(at, end));
      at = end;
    }
    stream.blockingFlush();
  } catch (thrown) {
    if (isClosed(thrown)) exitWithCode(EXIT_BROKEN_PIPE);
    throw thrown;
  }
}

/** The next bytes, waiting for at least one; none at the end. */
export function readSome(stream: InputStream, max = READ_BYTES_MAX): Uint8Array {
  try {
    return stream.blockingRead(max);
  } catch (thrown) {
    if (isClosed(thrown)) return new Uint8Array();
    throw thrown;
  }
}

export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
