/** File layers: a tar, perhaps compressed, read entry by entry within a budget that no declared size can raise. */

import { LIMITS } from '../limits.ts';
import { refuse } from '../problems.ts';
import { readTar, type TarEntry, type TarRules } from '../tar/read-tar.ts';
import { StreamTarSource } from '../tar/tar-source.ts';
import type { PackageBlob } from './blob.ts';
import { DigestSum } from './digest.ts';
import { type LayerCompression, layerCompression } from './media-types.ts';

export interface LayerOptions {
  /** Uncompressed bytes. Default: `LIMITS.layer.bytesMax`. */
  readonly bytesMax?: number | undefined;
  /** Default: `LIMITS.tar.layerEntriesMax`. */
  readonly entriesMax?: number | undefined;
  /** Default: "refuse". Links that are reported are never followed here. */
  readonly links?: TarRules['links'] | undefined;
  /** sha256 of the uncompressed tar (an image's diff_id), compared at the end. */
  readonly diffId?: string | undefined;
}

/**
 * The entries of a layer in order. The blob is verified as a whole before the first entry is given, and again as it is
 * read, in case it changed between.
 *
 * Refuses, with `limit`, what is past the budget of bytes, entries, names and ratio, and, with `invalid`, all that
 * `readTar` refuses, data after the compressed stream, and another diff_id.
 */
export async function* readFileLayer(blob: PackageBlob, options: LayerOptions = {}): AsyncGenerator<TarEntry, void, undefined> {
  const compression = layerCompression(blob.mediaType) ?? refuse('unsupported', `the media type of layer ${blob.digest} is no file layer's`, { where: blob.mediaType });
  await blob.verify();
  const what = `layer ${blob.digest}`;
  const sum = new DigestSum();
  const source = new StreamTarSource(summed(decompress(blob.stream(), compression, blob.size, options.bytesMax ?? LIMITS.layer.bytesMax, what), sum));
  try {
    yield* readTar(source, {
      names: 'layer',
      links: options.links ?? 'refuse',
      entriesMax: options.entriesMax ?? LIMITS.tar.layerEntriesMax,
      bytesMax: options.bytesMax ?? LIMITS.layer.bytesMax,
      what,
    });
    if (options.diffId !== undefined && sum.finish() !== options.diffId) refuse('invalid', `does not uncompress to its diff_id ${options.diffId}`, { where: what });
  } finally {
    await source.stop();
  }
}

/** Uncompresses a stream of `compressedBytes`, counting what really comes out. */
export async function* decompress(
  source: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  compressedBytes: number,
  bytesMax: number,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ratioBytesMax = Math.max(LIMITS.layer.ratioFreeBytes, compressedBytes * LIMITS.layer.ratioMax);
  let bytes = 0;
  for await (const chunk of await uncompressed(source, compression, compressedBytes, what)) {
    bytes += chunk.length;
    if (bytes > bytesMax) refuse('limit', `uncompresses to more than ${bytesMax} bytes`, { where: what });
    if (bytes > ratioBytesMax) refuse('limit', `uncompresses to more than ${LIMITS.layer.ratioMax} times its ${compressedBytes} bytes`, { where: what });
    yield chunk;
  }
}

async function uncompressed(source: AsyncIterable<Uint8Array>, compression: LayerCompression, compressedBytes: number, what: string): Promise<AsyncIterable<Uint8Array>> {
  if (compression === 'none') return source;
  // node:zlib takes 3-7 ms to load, and `forge run` of a component opens no layer.
  const { inflate } = await import('./inflate.ts');
  return inflate(source, compression, compressedBytes, what);
}

async function* summed(source: AsyncIterable<Uint8Array>, sum: DigestSum): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    sum.update(chunk);
    yield chunk;
  }
}
