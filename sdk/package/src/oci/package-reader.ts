/** What an opened package looks like, whatever format it came in. */

import type { Manifest } from '../manifest/manifest.ts';
import type { TarEntry } from '../tar/read-tar.ts';
import type { WasmInfo } from '../wasm/inspect-wasm.ts';
import type { PackageBlob } from './blob.ts';
import type { LayerOptions } from './file-layer.ts';

/** `forgepkg`, a CNCF wasm artifact, an OCI image for wasi/wasm, or a bare .wasm file. */
export type PackageFormat = 'forgepkg' | 'wasm-artifact' | 'oci-image' | 'wasm';

/** The name under which a plugin's component is listed, where an app has its containers' names. */
export const PLUGIN_COMPONENT = 'plugin';

export interface PackagedComponent {
  /** The container it runs as, or `PLUGIN_COMPONENT`. Two containers may share a digest. */
  readonly container: string;
  readonly digest: string;
  readonly size: number;
  /** The verified bytes: throws a PackageError rather than give bytes that are not `digest`. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

export interface PackagedLayer {
  /** The containers that use it. */
  readonly containers: readonly string[];
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  /** The compressed bytes; throws after the last one if they are not `digest`. */
  stream(): AsyncIterable<Uint8Array>;
  /** The entries, read strictly and within the budget of `options`. */
  entries(options?: LayerOptions): AsyncIterable<TarEntry>;
}

/** A manifest that says something about another: a signature, an SBOM, a provenance. Not judged here. */
export interface PackageReferrer {
  readonly digest: string;
  readonly artifactType: string | undefined;
  /** The digest it speaks of. Whoever trusts it compares this with the package's. */
  readonly subject: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** The manifest's exact bytes. */
  readonly manifest: Uint8Array;
  readonly config: PackageBlob;
  readonly layers: readonly PackageBlob[];
}

export interface PackageReader {
  readonly kind: PackageFormat;
  readonly path: string;
  /** sha256 of the OCI manifest, or of the file for a bare .wasm. */
  readonly digest: string;
  /** `ns/name@version`. For all but a forgepkg the name is the file's and the version 0.0.0. */
  readonly reference: string;
  readonly manifest: Manifest;
  readonly components: readonly PackagedComponent[];
  readonly files: readonly PackagedLayer[];
  readonly referrers: readonly PackageReferrer[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Reads every blob and throws if one is not what its digest says. Install does this before it writes anything. */
  verify(): Promise<void>;
}

/** What is particular to a format; `openPackage` adds the rest. */
export type PackageContent = Pick<PackageReader, 'kind' | 'manifest' | 'components' | 'files'>;

/** A cache of `inspectWasm` by digest, kept by whoever installs. */
export type KnownWasm = (digest: string) => WasmInfo | undefined;
