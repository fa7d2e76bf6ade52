/** The `.forgepkg` format: what a package says, what is in it, and whether it can be trusted to be what it says. */

export { isJsonObject, type JsonObject, type JsonValue, parseJson } from './json/parse-json.ts';
export { LIMITS } from './limits.ts';
export { parseByteSize } from './manifest/byte-size.ts';
export { checkManifest, findManifestProblems } from './manifest/check-manifest.ts';
export type { ManifestForm } from './manifest/cross-checks.ts';
export { encodeManifest, manifestToJson } from './manifest/encode-manifest.ts';
export * from './manifest/manifest.ts';
export { nearestKey } from './manifest/nearest-key.ts';
export { parseManifestJson, parseManifestToml } from './manifest/parse-manifest.ts';
export type { PackageBlob } from './oci/blob.ts';
export { buildFileLayer } from './oci/build-file-layer.ts';
export { buildPackage, type FileLayerPart, type PackageParts } from './oci/build-package.ts';
export { findComponentProblems } from './oci/component-checks.ts';
export { sha256Digest } from './oci/digest.ts';
export type { LayerOptions } from './oci/file-layer.ts';
export { MEDIA_TYPE } from './oci/media-types.ts';
export { type OpenOptions, openPackage } from './oci/open-package.ts';
export {
  type KnownWasm,
  type PackagedComponent,
  type PackagedLayer,
  type PackageFormat,
  type PackageReader,
  type PackageReferrer,
  PLUGIN_COMPONENT,
} from './oci/package-reader.ts';
export { expectValidPackage, validatePackage } from './oci/validate-package.ts';
export { type WrittenPackage, writeFileAtomically, writePackage } from './oci/write-package.ts';
export { PackageError, PROBLEM_CODES, type Problem, type ProblemCode, printProblems, quote } from './problems.ts';
export type { TarEntry, TarEntryType } from './tar/read-tar.ts';
export { type TarInput, writeTar } from './tar/write-tar.ts';
export { type ClampedLimits, clampLimits } from './wasm/clamp-limits.ts';
export type { ComponentExtern, ComponentExternKind } from './wasm/component.ts';
export type { CoreExport, CoreExternKind, CoreImport, CoreModuleInfo } from './wasm/core-module.ts';
export type { SizeLimits } from './wasm/core-types.ts';
export { type ComponentInfo, inspectWasm, looksLikeWasm, type ModuleInfo, type WasmInfo, type WasmKind } from './wasm/inspect-wasm.ts';
