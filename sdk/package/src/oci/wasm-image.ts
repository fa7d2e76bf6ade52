/** Reads an ordinary OCI image that holds WebAssembly: platform wasi/wasm, or an entrypoint that ends in .wasm. */

import { parseJson } from '../json/parse-json.ts';
import { LIMITS } from '../limits.ts';
import { quote, refuse, refuseAny } from '../problems.ts';
import { inspectWasm } from '../wasm/inspect-wasm.ts';
import { PackageBlob } from './blob.ts';
import { sha256Digest } from './digest.ts';
import { readFileLayer } from './file-layer.ts';
import { JsonShape } from './json-shape.ts';
import { findLayoutProblems, type Layout, type LayoutManifest } from './layout.ts';
import { layerCompression, MEDIA_TYPE } from './media-types.ts';
import { type PackageContent, PLUGIN_COMPONENT } from './package-reader.ts';
import { synthesizeManifest } from './synthesize-manifest.ts';

/** What `docker save` puts beside the layout for older readers. */
const DOCKER_FILES = ['manifest.json', 'repositories'];

export function isImage({ manifest }: LayoutManifest): boolean {
  return manifest.config.mediaType === MEDIA_TYPE.ociImageConfig || manifest.config.mediaType === MEDIA_TYPE.dockerImageConfig;
}

/** `wasi/wasm`, `wasip1/wasm`, `wasi/wasm32`: what buildx and buildah write. */
export function isWasmPlatform(platform: string): boolean {
  return /^wasi(p[0-9])?\/wasm(32)?$/.test(platform);
}

export async function openWasmImage(layout: Layout, root: LayoutManifest): Promise<PackageContent> {
  const { store } = layout;
  const config = await readImageConfig(new PackageBlob(store, root.manifest.config));
  if (!isWasmPlatform(config.platform) && !config.command[0]?.endsWith('.wasm')) {
    refuse('unsupported', `is a container image for ${quote(config.platform)}, not a package`, {
      where: store.path,
      hint: 'name it as image = "registry/name:tag" in a [[container]] of a forge.toml, or build it for wasi/wasm',
    });
  }
  refuseAny(findLayoutProblems(layout, DOCKER_FILES));
  const [program, ...args] = config.command;
  if (program === undefined) refuse('invalid', 'is an image without entrypoint or command', { where: store.path });
  const bytes = await readProgram(layout, root, config.diffIds, resolvePath(config.workingDir, program));
  const digest = sha256Digest(bytes);
  const info = inspectWasm(bytes, `${store.path}: ${program}`);
  const manifest = synthesizeManifest({ path: store.path, digest, info, args, env: config.env });
  const container = manifest.containers[0]?.name ?? PLUGIN_COMPONENT;
  // The component is no blob of its own; kept, because reading it again means uncompressing all layers again.
  return { kind: 'oci-image', manifest, components: [{ container, digest, size: bytes.length, read: async () => bytes }], files: [] };
}

interface ImageConfig {
  /** `os/architecture`. */
  readonly platform: string;
  /** Entrypoint and Cmd, as the runtime would join them. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly diffIds: readonly string[];
}

async function readImageConfig(blob: PackageBlob): Promise<ImageConfig> {
  const what = `config ${blob.digest}`;
  const shape = new JsonShape(parseJson(await blob.read(LIMITS.json.bytesMax), what), what);
  const config = shape.object('config');
  return {
    platform: `${shape.string('os') ?? ''}/${shape.string('architecture') ?? ''}`,
    command: [...(config?.strings('Entrypoint') ?? []), ...(config?.strings('Cmd') ?? [])],
    env: Object.fromEntries((config?.strings('Env') ?? []).map((entry) => splitVariable(entry, what))),
    workingDir: config?.string('WorkingDir') ?? '/',
    diffIds: shape.object('rootfs')?.strings('diff_ids') ?? [],
  };
}

function splitVariable(entry: string, what: string): [string, string] {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=([^\0]*)$/s.exec(entry);
  return match?.[1] === undefined || match[1] === '__proto__' ? refuse('invalid', `the variable ${quote(entry)} is no NAME=value`, { where: what }) : [match[1], match[2] ?? ''];
}

/** The path inside the layers, without leading slash; ".." is settled here as a runtime would. */
function resolvePath(workingDir: string, program: string): string {
  const parts: string[] = [];
  for (const part of `${program.startsWith('/') ? '' : workingDir}/${program}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The file at `path` after all layers, whiteouts applied (image-spec, layer.md). Every layer is read to its end and compared with its diff_id. */
async function readProgram(layout: Layout, root: LayoutManifest, diffIds: readonly string[], path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { layers } = root.manifest;
  const where = { where: layout.store.path };
  if (diffIds.length !== layers.length) refuse('invalid', `has ${layers.length} layers and ${diffIds.length} diff_ids`, where);
  const foreign = layers.find(({ mediaType }) => layerCompression(mediaType) === undefined);
  if (foreign) refuse('unsupported', `the layer ${foreign.digest} has the unknown type ${quote(foreign.mediaType)}`, where);
  let program: Uint8Array<ArrayBuffer> | undefined;
  let entriesLeft: number = LIMITS.tar.layerEntriesMax;
  let bytesLeft: number = LIMITS.layer.bytesMax;
  for (const [index, layer] of layers.entries()) {
    const options = { links: 'report', diffId: diffIds[index], entriesMax: entriesLeft, bytesMax: bytesLeft } as const;
    let found: Uint8Array<ArrayBuffer> | undefined;
    for await (const { name, type, size, content } of readFileLayer(new PackageBlob(layout.store, layer), options)) {
      entriesLeft--;
      bytesLeft -= size;
      if (hides(name, type === 'directory', path)) program = undefined;
      if (name === path && type === 'file') found = await collectContent(content(), size, path, where);
    }
    program = found ?? program;
  }
  return program ?? refuse('invalid', `its entrypoint ${quote(path)} is no file in its layers`, where);
}

/** Whether an entry takes away what lower layers have at `path`: a whiteout, or something else put in its way. */
function hides(name: string, isDirectory: boolean, path: string): boolean {
  const slash = name.lastIndexOf('/') + 1;
  const [folder, base] = [name.slice(0, slash), name.slice(slash)];
  const covers = (place: string) => path === place || path.startsWith(`${place}/`);
  if (base === '.wh..wh..opq') return path.startsWith(folder);
  if (base.startsWith('.wh.')) return covers(folder + base.slice(4));
  return isDirectory ? name === path : covers(name);
}

async function collectContent(content: AsyncIterable<Uint8Array>, size: number, path: string, where: { where: string }): Promise<Uint8Array<ArrayBuffer>> {
  if (size > LIMITS.wasm.bytesMax) refuse('limit', `${quote(path)} has ${size} bytes, more than ${LIMITS.wasm.bytesMax}`, where);
  const chunks: Uint8Array[] = [];
  // Copied: a chunk is only valid until the next one.
  for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
