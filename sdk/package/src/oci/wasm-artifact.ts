/** Reads the CNCF wasm artifact layout: one component with a small config, as wkg and wash push it. */

import { parseJson } from '../json/parse-json.ts';
import { LIMITS } from '../limits.ts';
import { quote, refuse, refuseAny } from '../problems.ts';
import { inspectWasm } from '../wasm/inspect-wasm.ts';
import { PackageBlob } from './blob.ts';
import { JsonShape } from './json-shape.ts';
import { findLayoutProblems, type Layout, type LayoutManifest } from './layout.ts';
import { MEDIA_TYPE } from './media-types.ts';
import { type KnownWasm, type PackageContent, PLUGIN_COMPONENT } from './package-reader.ts';
import { synthesizeManifest } from './synthesize-manifest.ts';

export function isWasmArtifact({ manifest }: LayoutManifest): boolean {
  return manifest.config.mediaType === MEDIA_TYPE.wasmConfig;
}

export async function openWasmArtifact(layout: Layout, root: LayoutManifest, knownWasm?: KnownWasm): Promise<PackageContent> {
  const { store } = layout;
  const { config, layers } = root.manifest;
  refuseAny(findLayoutProblems(layout));
  const [layer, second] = layers;
  if (layer === undefined || second !== undefined || layer.mediaType !== MEDIA_TYPE.wasm) {
    refuse(
      'invalid',
      `a wasm artifact has exactly one layer of type application/wasm, this one has ${layers.length}: ${layers.map(({ mediaType }) => quote(mediaType)).join(', ')}`,
      { where: store.path },
    );
  }
  await checkConfig(new PackageBlob(store, config), layer.digest);
  const blob = new PackageBlob(store, layer);
  const info = knownWasm?.(layer.digest) ?? inspectWasm(await blob.read(), store.path);
  const manifest = synthesizeManifest({ path: store.path, digest: layer.digest, info });
  const container = manifest.containers[0]?.name ?? PLUGIN_COMPONENT;
  return { kind: 'wasm-artifact', manifest, components: [{ container, digest: layer.digest, size: layer.size, read: () => blob.read() }], files: [] };
}

async function checkConfig(blob: PackageBlob, layerDigest: string): Promise<void> {
  const what = `config ${blob.digest}`;
  const config = new JsonShape(parseJson(await blob.read(LIMITS.json.bytesMax), what), what);
  const architecture = config.string('architecture');
  if (architecture !== 'wasm') refuse('invalid', `a wasm artifact for the architecture ${quote(architecture)}`, { where: what });
  const digests = config.strings('layerDigests');
  if (digests !== undefined && (digests.length !== 1 || digests[0] !== layerDigest)) refuse('invalid', 'its layerDigests are not its layers', { where: what });
}
