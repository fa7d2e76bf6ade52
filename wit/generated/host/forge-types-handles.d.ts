// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:types/handles@0.1.0 **/
/**
 * A native object: 14 hexadecimal digits, random, and worth nothing to anyone but its owner.
 */
export type Handle = string;
/**
 * What may be done with a directory tree and all that is opened through it.
 */
export interface Rights {
  /**
   * Read files, list directories.
   */
  read?: boolean | undefined,
  /**
   * Write and truncate files, set times.
   */
  write?: boolean | undefined,
  /**
   * Create, remove, rename and link entries.
   */
  mutate?: boolean | undefined,
}
