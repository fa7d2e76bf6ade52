/** Opens whatever `forge run` accepts: tells the format by content, and gives one reader for all of them. */

import { stat } from 'node:fs/promises';
import { LIMITS } from '../limits.ts';
import { referenceOf } from '../manifest/manifest.ts';
import { quote, refuse } from '../problems.ts';
import { inspectWasm, looksLikeWasm } from '../wasm/inspect-wasm.ts';
import { PackageBlob } from './blob.ts';
import { sha256Digest } from './digest.ts';
import { isForgePackage, openForgePackage } from './forge-package.ts';
import { type Layout, type LayoutManifest, readLayout } from './layout.ts';
import { type LayoutStore, openDirectoryLayout, openRegularFile, openTarLayout } from './layout-store.ts';
import { type KnownWasm, type PackageContent, type PackageReader, type PackageReferrer, PLUGIN_COMPONENT } from './package-reader.ts';
import { synthesizeManifest } from './synthesize-manifest.ts';
import { isWasmArtifact, openWasmArtifact } from './wasm-artifact.ts';
import { isImage, isWasmPlatform, openWasmImage } from './wasm-image.ts';

export interface OpenOptions {
  /** The manifest to open, if the layout holds several. */
  readonly digest?: string | undefined;
  /** Whether a config blob with this digest passed the manifest check before: saves the schema's 5 ms in `forge run`. */
  readonly isCheckedConfig?: ((digest: string) => boolean) | undefined;
  /** What `inspectWasm` said of the component with this digest before: saves reading it through again. Not for forgepkgs, which need none. */
  readonly knownWasm?: KnownWasm | undefined;
}

/**
 * Opens the package at `path`: a .forgepkg, an OCI layout (tar or directory), or a .wasm file.
 *
 * Reads headers, indexes and manifests, which are verified; other blobs are verified when they are read, all of them by
 * `verify()`. Writes nothing, holds no file open. Throws a PackageError with every problem that can be known at that
 * stage: missing and extra blobs, wrong sizes, the manifest's problems. An ordinary Linux image is `unsupported`.
 */
export async function openPackage(path: string, options: OpenOptions = {}): Promise<PackageReader> {
  const store = await openStore(path);
  if (store === 'wasm') return openBareWasm(path, options.knownWasm);
  const layout = await readLayout(store);
  const root = selectRoot(layout, options.digest);
  const content = await openContent(layout, root, options);
  return {
    ...content,
    path,
    digest: root.descriptor.digest,
    reference: referenceOf(content.manifest),
    referrers: layout.referrers.map((referrer) => openReferrer(store, referrer)),
    annotations: root.manifest.annotations,
    verify: async () => {
      for (const blob of layout.blobs) await blob.verify();
    },
  };
}

/** The layout at `path`, or "wasm" for a bare WebAssembly file. */
export async function openStore(path: string): Promise<LayoutStore | 'wasm'> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) return openDirectoryLayout(path);
  const handle = await openRegularFile(path);
  const head = Buffer.alloc(512);
  try {
    await handle.read(head, 0, head.length, 0);
  } finally {
    await handle.close();
  }
  if (looksLikeWasm(head)) return 'wasm';
  if (head.toString('latin1', 257, 262) === 'ustar') return openTarLayout(path);
  const isCompressed = (head[0] === 0x1f && head[1] === 0x8b) || head.readUInt32LE(0) === 0xfd2fb528;
  return refuse('invalid', 'is neither a package nor WebAssembly', {
    where: path,
    hint: isCompressed ? 'it is compressed: a .forgepkg is a plain tar whose layers are compressed' : 'accepted are .forgepkg, OCI layouts (tar or directory) and .wasm',
  });
}

async function openContent(layout: Layout, root: LayoutManifest, options: OpenOptions): Promise<PackageContent> {
  if (isForgePackage(root)) return openForgePackage(layout, root, options.isCheckedConfig ?? (() => false));
  if (isWasmArtifact(root)) return openWasmArtifact(layout, root, options.knownWasm);
  if (isImage(root)) return openWasmImage(layout, root);
  const type = root.manifest.artifactType ?? root.manifest.config.mediaType;
  return refuse('unsupported', `holds an artifact of type ${quote(type)}, which is no package`, {
    where: layout.store.path,
    hint: 'accepted are ForgeOne packages, CNCF wasm artifacts and wasm images',
  });
}

function selectRoot({ roots, store }: Layout, digest: string | undefined): LayoutManifest {
  const where = store.path;
  if (digest !== undefined) {
    return roots.find(({ descriptor }) => descriptor.digest === digest) ?? refuse('not-found', `holds no package ${quote(digest)}`, { where });
  }
  const [first, second] = roots;
  if (first === undefined) refuse('invalid', 'holds no package: its index names none', { where });
  if (second === undefined) return first;
  const wasm = roots.filter(({ descriptor }) => descriptor.platform !== undefined && isWasmPlatform(descriptor.platform));
  if (wasm.length === 1 && wasm[0]) return wasm[0];
  // An image for several platforms, none of them ours, is told as what it is rather than as a choice.
  const isPlatformImage = roots.every((root) => isImage(root) && root.descriptor.platform !== undefined);
  if (isPlatformImage && wasm.length === 0) return first;
  return refuse('conflict', `holds ${roots.length} packages: ${roots.map(({ descriptor }) => descriptor.digest).join(', ')}`, { where, hint: 'name one by its digest' });
}

async function openBareWasm(path: string, knownWasm: KnownWasm | undefined): Promise<PackageReader> {
  const bytes = await readWasmFile(path);
  const digest = sha256Digest(bytes);
  const manifest = synthesizeManifest({ path, digest, info: knownWasm?.(digest) ?? inspectWasm(bytes, path) });
  const container = manifest.containers[0]?.name ?? PLUGIN_COMPONENT;
  return {
    kind: 'wasm',
    path,
    digest,
    reference: referenceOf(manifest),
    manifest,
    components: [{ container, digest, size: bytes.length, read: async () => bytes }],
    files: [],
    referrers: [],
    annotations: {},
    // The bytes in memory are the ones the digest was made from.
    verify: async () => {},
  };
}

async function readWasmFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await openRegularFile(path);
  try {
    const { size } = await handle.stat();
    if (size > LIMITS.wasm.bytesMax) refuse('limit', `${size} bytes of WebAssembly, more than ${LIMITS.wasm.bytesMax}`, { where: path });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function openReferrer(store: LayoutStore, { descriptor, manifest, bytes }: LayoutManifest): PackageReferrer {
  return {
    digest: descriptor.digest,
    // image-spec 1.1: without an artifactType, the config's media type stands for it.
    artifactType: manifest.artifactType ?? manifest.config.mediaType,
    subject: manifest.subject?.digest ?? '',
    annotations: manifest.annotations,
    manifest: bytes,
    config: new PackageBlob(store, manifest.config),
    layers: manifest.layers.map((layer) => new PackageBlob(store, layer)),
  };
}
