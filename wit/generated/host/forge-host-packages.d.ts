// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:host/packages@0.1.0 **/
/**
 * The package with this digest. `not-found`: not in the store.
 */
export function resolve(digest: string): Package;
export type Error = import('./forge-types-errors.d.ts').Error;
/**
 * One container of a package.
 */
export interface Container {
  /**
   * Its name in the manifest.
   */
  name: string,
  /**
   * Digest of its component, `sha256:` and 64 hexadecimal digits.
   */
  component: string,
  /**
   * The manifest's table for it, as JSON (formats: `[[container]]`).
   */
  manifest: string,
}
/**
 * A checked package.
 */
export interface Package {
  /**
   * Digest of the manifest.
   */
  digest: string,
  /**
   * Name in the manifest.
   */
  name: string,
  /**
   * Version in the manifest (Semantic Versioning 2.0.0).
   */
  version: string,
  /**
   * In the order of the manifest.
   */
  containers: Array<Container>,
}
