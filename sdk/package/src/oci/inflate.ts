/** Uncompresses gzip and zstd streams, and refuses what stands after them. */

import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PackageError, refuse } from '../problems.ts';

/** The uncompressed bytes of `source`, which has `compressedBytes`. Several gzip members or zstd frames are one stream (RFC 1952, 2.2). */
export async function* inflate(
  source: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  compressedBytes: number,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const engine: Transform & { readonly bytesWritten: number } = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  // pipeline carries an error of either end to the other; the loop below throws it.
  pipeline(Readable.from(source, { objectMode: false }), engine, () => {});
  try {
    for await (const chunk of engine) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof PackageError) throw error;
    refuse('invalid', `is no valid ${compression} stream (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`, { where: what });
  } finally {
    engine.destroy();
  }
  // Both engines ignore some kinds of data after their stream; another reader might not.
  if (engine.bytesWritten !== compressedBytes) refuse('invalid', `has data after its ${compression} stream`, { where: what });
}
