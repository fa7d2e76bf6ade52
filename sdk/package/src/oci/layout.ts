/** Reads an OCI image layout (image-spec 1.1, image-layout.md): its index, every manifest, and which blobs belong to it. */

import { parseJson } from '../json/parse-json.ts';
import { LIMITS } from '../limits.ts';
import { type Problem, problem, quote, refuse } from '../problems.ts';
import { PackageBlob } from './blob.ts';
import { type Descriptor, isIndexType, type OciManifest, parseIndex, parseManifest } from './descriptor.ts';
import { blobName } from './digest.ts';
import { JsonShape } from './json-shape.ts';
import type { LayoutStore } from './layout-store.ts';

export interface LayoutManifest {
  readonly descriptor: Descriptor;
  readonly manifest: OciManifest;
  /** The manifest's exact, verified bytes. */
  readonly bytes: Uint8Array;
}

export interface Layout {
  readonly store: LayoutStore;
  /** Manifests that stand for themselves. */
  readonly roots: readonly LayoutManifest[];
  /** Manifests with a `subject`. */
  readonly referrers: readonly LayoutManifest[];
  /** Every blob that something refers to, indexes and manifests included. */
  readonly blobs: readonly PackageBlob[];
}

const LAYOUT_FILE = 'oci-layout';
const INDEX_FILE = 'index.json';

export async function readLayout(store: LayoutStore): Promise<Layout> {
  await expectLayoutVersion(store);
  const reader = new LayoutReader(store);
  await reader.readIndex(await readJsonFile(store, INDEX_FILE), `${store.path}/${INDEX_FILE}`, 1);
  return reader.layout();
}

/** What is missing, has the wrong size, or belongs to nothing. Reads no content. */
export function findLayoutProblems({ store, blobs }: Layout, tolerated: readonly string[] = []): Problem[] {
  const known = new Set([LAYOUT_FILE, INDEX_FILE, ...tolerated, ...blobs.map(({ digest }) => blobName(digest))]);
  const absent = blobs.map((blob) => blob.presence()).filter((found) => found !== undefined);
  const extra = [...store.files.keys()].filter((name) => !known.has(name));
  return [
    ...absent,
    ...extra.map((name) => problem('invalid', `${quote(name)} belongs to nothing in the index`, { where: store.path, hint: 'a package holds its own blobs only' })),
  ];
}

async function expectLayoutVersion(store: LayoutStore): Promise<void> {
  const what = `${store.path}/${LAYOUT_FILE}`;
  if (!store.files.has(LAYOUT_FILE)) {
    refuse('invalid', 'is no OCI image layout: it has no "oci-layout"', { where: store.path, hint: 'accepted are .forgepkg, OCI layouts (tar or directory) and .wasm' });
  }
  const version = new JsonShape(parseJson(await readJsonFile(store, LAYOUT_FILE), what), what).string('imageLayoutVersion');
  if (version === undefined || !/^1\.[0-9]+\.[0-9]+$/.test(version)) refuse('unsupported', `has the layout version ${quote(version)}; known is 1.0.0`, { where: what });
}

async function readJsonFile(store: LayoutStore, name: string): Promise<Uint8Array> {
  const size = store.files.get(name) ?? refuse('invalid', `has no ${quote(name)}`, { where: store.path });
  if (size > LIMITS.json.bytesMax) refuse('limit', `${quote(name)} has ${size} bytes, more than ${LIMITS.json.bytesMax}`, { where: store.path });
  return store.read(name);
}

class LayoutReader {
  readonly #store: LayoutStore;
  /** By digest and size: two sizes for one digest are two claims, of which at most one is true. */
  readonly #blobs = new Map<string, PackageBlob>();
  readonly #manifests = new Map<string, LayoutManifest>();

  constructor(store: LayoutStore) {
    this.#store = store;
  }

  layout(): Layout {
    const manifests = [...this.#manifests.values()];
    return {
      store: this.#store,
      roots: manifests.filter(({ manifest }) => manifest.subject === undefined),
      referrers: manifests.filter(({ manifest }) => manifest.subject !== undefined),
      blobs: [...this.#blobs.values()],
    };
  }

  async readIndex(bytes: Uint8Array, what: string, depth: number): Promise<void> {
    if (depth > LIMITS.package.indexDepthMax) refuse('limit', `indexes nested deeper than ${LIMITS.package.indexDepthMax}`, { where: what });
    for (const descriptor of parseIndex(bytes, what).manifests) {
      if (this.#manifests.has(descriptor.digest)) continue;
      const blob = this.#blob(descriptor);
      const content = await blob.read(LIMITS.json.bytesMax);
      if (isIndexType(descriptor.mediaType)) await this.readIndex(content, descriptor.digest, depth + 1);
      else this.#readManifest(descriptor, content);
    }
  }

  #readManifest(descriptor: Descriptor, bytes: Uint8Array): void {
    if (this.#manifests.size === LIMITS.package.manifestsMax) refuse('limit', `more than ${LIMITS.package.manifestsMax} manifests`, { where: this.#store.path });
    const manifest = parseManifest(bytes, descriptor.mediaType, descriptor.digest);
    this.#manifests.set(descriptor.digest, { descriptor, manifest, bytes });
    for (const part of [manifest.config, ...manifest.layers]) this.#blob(part);
  }

  #blob(descriptor: Descriptor): PackageBlob {
    const key = `${descriptor.digest} ${descriptor.size}`;
    const blob = this.#blobs.get(key) ?? new PackageBlob(this.#store, descriptor);
    this.#blobs.set(key, blob);
    return blob;
  }
}
