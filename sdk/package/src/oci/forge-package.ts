/** Reads a .forgepkg: the manifest from its config blob, and the layers that the manifest names. */

import { LIMITS } from '../limits.ts';
import type { ContainerManifest, Manifest } from '../manifest/manifest.ts';
import { parseManifestJson } from '../manifest/parse-manifest.ts';
import { collectAsync, type Problem, problem, quote, refuseAny } from '../problems.ts';
import { PackageBlob } from './blob.ts';
import { readFileLayer } from './file-layer.ts';
import { findLayoutProblems, type Layout, type LayoutManifest } from './layout.ts';
import { layerCompression, MEDIA_TYPE } from './media-types.ts';
import { type PackageContent, type PackagedComponent, type PackagedLayer, PLUGIN_COMPONENT } from './package-reader.ts';

/** Content decides, never annotations; a manifest that is only half a forgepkg is one with a problem. */
export function isForgePackage({ manifest }: LayoutManifest): boolean {
  return manifest.artifactType === MEDIA_TYPE.forgePackage || manifest.config.mediaType === MEDIA_TYPE.forgeConfig;
}

/** `isChecked` says whether a config with that digest passed `parseManifestJson` before. */
export async function openForgePackage(layout: Layout, root: LayoutManifest, isChecked: (digest: string) => boolean): Promise<PackageContent> {
  const { store } = layout;
  const { artifactType, config, layers } = root.manifest;
  const problems = findLayoutProblems(layout);
  const report = (message: string, hint?: string) => problems.push(problem('invalid', message, { where: store.path, hint }));
  if (artifactType !== MEDIA_TYPE.forgePackage) report(`has the artifactType ${quote(artifactType)}, and a forgepkg has ${MEDIA_TYPE.forgePackage}`);
  if (config.mediaType !== MEDIA_TYPE.forgeConfig) report(`has a config of type ${quote(config.mediaType)}, and a forgepkg has ${MEDIA_TYPE.forgeConfig}`);
  for (const { mediaType, digest } of layers) {
    if (mediaType !== MEDIA_TYPE.wasm && layerCompression(mediaType) === undefined) report(`the layer ${digest} has the unknown type ${quote(mediaType)}`);
  }
  const manifest = await collectAsync(problems, async () => {
    const bytes = await new PackageBlob(store, config).read(LIMITS.json.bytesMax);
    return parseManifestJson(bytes, `${store.path}: config`, isChecked(config.digest));
  });
  if (manifest) problems.push(...findLayerProblems(manifest, root, store.path));
  refuseAny(dedupe(problems));
  // refuseAny has thrown if there is none.
  const checked = manifest as Manifest;
  const blobs = new Map(layers.map((layer) => [layer.digest, new PackageBlob(store, layer)]));
  return { kind: 'forgepkg', manifest: checked, components: listComponents(checked, blobs), files: listLayers(checked, blobs) };
}

/** Each component and layer of the manifest must be there, and each layer there must be in the manifest. */
function findLayerProblems(manifest: Manifest, root: LayoutManifest, path: string): Problem[] {
  const { layers } = root.manifest;
  const components = new Set(componentDigests(manifest).map(([, digest]) => digest));
  const files = new Set(manifest.containers.flatMap((container) => container.layers));
  const wasm = layers.filter(({ mediaType }) => mediaType === MEDIA_TYPE.wasm).map(({ digest }) => digest);
  const tars = layers.filter(({ mediaType }) => layerCompression(mediaType) !== undefined).map(({ digest }) => digest);
  const say = (digests: Iterable<string>, message: string) => [...digests].map((digest) => problem('invalid', message.replace('%', digest), { where: path }));
  return [
    ...say(components.difference(new Set(wasm)), 'the manifest names the component %, which is no layer of type application/wasm'),
    ...say(files.difference(new Set(tars)), 'the manifest names the layer %, which is no file layer'),
    ...say(new Set(wasm).difference(components), 'the component % is not named by the manifest'),
    ...say(new Set(tars).difference(files), 'the file layer % is not named by the manifest'),
  ];
}

/** [container, digest] of every component, the plugin's included. */
function componentDigests(manifest: Manifest): [string, string][] {
  const owners: [string, string | undefined][] = manifest.containers.map((container: ContainerManifest) => [container.name, container.component]);
  if (manifest.plugin) owners.push([PLUGIN_COMPONENT, manifest.plugin.component]);
  return owners.filter((owner): owner is [string, string] => owner[1] !== undefined);
}

function listComponents(manifest: Manifest, blobs: ReadonlyMap<string, PackageBlob>): PackagedComponent[] {
  return componentDigests(manifest).flatMap(([container, digest]) => {
    const blob = blobs.get(digest);
    return blob ? [{ container, digest, size: blob.size, read: () => blob.read() }] : [];
  });
}

function listLayers(manifest: Manifest, blobs: ReadonlyMap<string, PackageBlob>): PackagedLayer[] {
  return [...new Set(manifest.containers.flatMap(({ layers }) => layers))].flatMap((digest) => {
    const blob = blobs.get(digest);
    if (!blob) return [];
    const containers = manifest.containers.filter(({ layers }) => layers.includes(digest)).map(({ name }) => name);
    return [{ containers, digest, size: blob.size, mediaType: blob.mediaType, stream: () => blob.stream(), entries: (options) => readFileLayer(blob, options) }];
  });
}

/** A missing config is found twice: in the list of blobs and when it is read. */
function dedupe(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((found) => [`${found.where} ${found.message}`, found])).values()];
}
