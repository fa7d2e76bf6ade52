/** The media types of packages and of the formats read beside them, in one place. */

export const MEDIA_TYPE = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociImageConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerImageConfig: 'application/vnd.docker.container.image.v1+json',

  /** artifactType of a .forgepkg. */
  forgePackage: 'application/vnd.forgeone.package.v1+json',
  /** Its config: the checked manifest as JSON. */
  forgeConfig: 'application/vnd.forgeone.package.config.v1+json',

  /** Config of a CNCF wasm artifact (tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact). */
  wasmConfig: 'application/vnd.wasm.config.v0+json',
  wasm: 'application/wasm',

  layerTar: 'application/vnd.oci.image.layer.v1.tar',
  layerTarGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerTarZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

export type LayerCompression = 'none' | 'gzip' | 'zstd';

const LAYER_COMPRESSION: ReadonlyMap<string, LayerCompression> = new Map<string, LayerCompression>([
  [MEDIA_TYPE.layerTar, 'none'],
  [MEDIA_TYPE.layerTarGzip, 'gzip'],
  [MEDIA_TYPE.layerTarZstd, 'zstd'],
  [MEDIA_TYPE.dockerLayerGzip, 'gzip'],
]);

/** How a file layer is compressed, or undefined if the media type is no file layer's. */
export function layerCompression(mediaType: string): LayerCompression | undefined {
  return LAYER_COMPRESSION.get(mediaType);
}
