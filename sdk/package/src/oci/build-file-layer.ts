/** Makes a file layer for `buildPackage`: a deterministic tar, gzipped. */

import { type TarInput, writeTar } from '../tar/write-tar.ts';
import type { FileLayerPart } from './build-package.ts';
import { MEDIA_TYPE } from './media-types.ts';

/** The same entries give the same tar everywhere; the gzip around it may differ between versions of Node. */
export async function buildFileLayer(entries: readonly TarInput[]): Promise<FileLayerPart> {
  // Loaded here for the reason given in file-layer.ts.
  const { gzipSync } = await import('node:zlib');
  return { bytes: gzipSync(writeTar(entries), { level: 9 }), mediaType: MEDIA_TYPE.layerTarGzip };
}
