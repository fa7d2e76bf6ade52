/** Makes a .forgepkg: the same parts give the same bytes on every machine. */

import { checkManifest } from '../manifest/check-manifest.ts';
import { encodeManifest, manifestToJson } from '../manifest/encode-manifest.ts';
import { type ContainerManifest, type Manifest, referenceOf } from '../manifest/manifest.ts';
import { collect, collectAsync, type Problem, problem, quote, refuseAny } from '../problems.ts';
import { encodeTar } from '../tar/write-tar.ts';
import { inspectWasm, type WasmInfo } from '../wasm/inspect-wasm.ts';
import { findComponentProblems } from './component-checks.ts';
import { blobName, sha256Digest } from './digest.ts';
import { layerCompression, MEDIA_TYPE } from './media-types.ts';
import { PLUGIN_COMPONENT } from './package-reader.ts';

export interface PackageParts {
  /** A project's or a package's; what it says in `component`, `source` and `layers` is replaced by digests. */
  readonly manifest: Manifest;
  /** The built component of each container that has `component` or `source`, by container name; a plugin's under `PLUGIN_COMPONENT`. */
  readonly components: ReadonlyMap<string, Uint8Array>;
  /** The file layers, by what the manifest's `layers` call them. */
  readonly files?: ReadonlyMap<string, FileLayerPart> | undefined;
  /** Added to those the manifest gives, and stronger. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface FileLayerPart {
  /** A tar, compressed as `mediaType` says. */
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

export interface AssembledPackage {
  /** The pieces of the .forgepkg in order. */
  readonly pieces: readonly Uint8Array[];
  /** sha256 of the OCI manifest: the package's digest. */
  readonly digest: string;
}

/** The bytes of the .forgepkg. Throws a PackageError with every problem of the manifest and the components. */
export async function buildPackage(parts: PackageParts): Promise<Uint8Array> {
  return Buffer.concat((await assemblePackage(parts)).pieces);
}

export async function assemblePackage(parts: PackageParts): Promise<AssembledPackage> {
  const blobs = new Map<string, Uint8Array>();
  const store = (bytes: Uint8Array, mediaType: string): OciDescriptor => {
    const digest = sha256Digest(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const manifest = await packManifest(parts);
  const layers = [...new Map(layersOf(parts, store).map((layer) => [layer.digest, layer])).values()].sort(byDigest);
  const root = store(
    encodeJson({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      artifactType: MEDIA_TYPE.forgePackage,
      config: store(encodeManifest(manifest), MEDIA_TYPE.forgeConfig),
      layers,
      annotations: { ...sortKeys({ ...annotationsOf(manifest), ...parts.annotations }) },
    }),
    MEDIA_TYPE.ociManifest,
  );
  const { name, version } = manifest.package;
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [{ ...root, artifactType: MEDIA_TYPE.forgePackage, annotations: { 'org.opencontainers.image.ref.name': `${name}:${version}` } }],
  };
  const pieces = encodeTar([
    { name: 'oci-layout', bytes: encodeJson({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', bytes: encodeJson(index) },
    ...[...blobs].map(([digest, bytes]) => ({ name: blobName(digest), bytes })),
  ]);
  return { pieces, digest: root.digest };
}

interface OciDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The manifest with digests for paths, checked as a package's manifest, against components that are what it says. */
async function packManifest({ manifest, components, files }: PackageParts): Promise<Manifest> {
  const problems: Problem[] = [];
  const report = (message: string, hint?: string) => problems.push(problem('invalid', message, { where: referenceOf(manifest), hint }));
  const inspected = new Map<string, WasmInfo>();
  const used = new Set<string>();
  const componentFor = (owner: Pick<ContainerManifest, 'component' | 'source'>, name: string): string | undefined => {
    if (owner.component === undefined && owner.source === undefined) return undefined;
    used.add(name);
    const bytes = components.get(name);
    if (bytes === undefined) {
      report(`the component of ${quote(name)} was not given`);
      return owner.component;
    }
    const info = collect(problems, () => inspectWasm(bytes, `component of ${quote(name)}`));
    if (info) inspected.set(name, info);
    return sha256Digest(bytes);
  };
  const layerFor = (name: string): string => {
    const layer = files?.get(name);
    if (layer === undefined) report(`the layer ${quote(name)} was not given`);
    else if (layerCompression(layer.mediaType) === undefined) report(`the layer ${quote(name)} has the type ${quote(layer.mediaType)}, which is no file layer's`);
    return layer === undefined ? name : sha256Digest(layer.bytes);
  };
  const packed: Manifest = {
    ...manifest,
    containers: manifest.containers.map((container) => ({
      ...container,
      component: componentFor(container, container.name),
      source: undefined,
      layers: container.layers.map(layerFor),
    })),
    plugin: manifest.plugin && { ...manifest.plugin, component: componentFor(manifest.plugin, PLUGIN_COMPONENT), source: undefined },
  };
  for (const name of components.keys()) if (!used.has(name)) report(`a component was given for ${quote(name)}, which has none in the manifest`);
  const layerNames = new Set(manifest.containers.flatMap(({ layers }) => layers));
  for (const name of files?.keys() ?? []) if (!layerNames.has(name)) report(`the layer ${quote(name)} is not named by the manifest`);
  problems.push(...findComponentProblems(packed, inspected));
  // What was not given is not a digest yet, and was reported above.
  if (problems.length === 0) await collectAsync(problems, () => checkManifest(manifestToJson(packed), 'package', (pointer) => `manifest${pointer}`));
  refuseAny(problems);
  return packed;
}

function layersOf({ manifest, components, files }: PackageParts, store: (bytes: Uint8Array, mediaType: string) => OciDescriptor): OciDescriptor[] {
  const names = new Set(manifest.containers.flatMap(({ layers }) => layers));
  const fileLayers = [...(files ?? [])].filter(([name]) => names.has(name)).map(([, { bytes, mediaType }]) => store(bytes, mediaType));
  return [...[...components.values()].map((bytes) => store(bytes, MEDIA_TYPE.wasm)), ...fileLayers];
}

function annotationsOf({ package: { name, version, description, license, authors } }: Manifest): Record<string, string> {
  return {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.version': version,
    ...(description !== undefined && { 'org.opencontainers.image.description': description }),
    ...(license !== undefined && { 'org.opencontainers.image.licenses': license }),
    ...(authors.length > 0 && { 'org.opencontainers.image.authors': authors.join(', ') }),
  };
}

function sortKeys(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byDigest(a: OciDescriptor, b: OciDescriptor): number {
  return a.digest < b.digest ? -1 : 1;
}

function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
