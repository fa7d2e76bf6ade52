// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:storage/scratch@0.1.0 **/
/**
 * An empty tree for the caller, of at most so many bytes (0: the default, 64 MiB). Given back with `unmount` of `volumes`.
 */
export function create(medium: Medium, bytesMax: bigint): Handle;
export type Error = import('./forge-types-errors.d.ts').Error;
export type Handle = import('./forge-types-handles.d.ts').Handle;
/**
 * Where it is.
 * # Variants
 * 
 * ## `"memory"`
 * 
 * In memory.
 * ## `"disk"`
 * 
 * On disk.
 */
export type Medium = 'memory' | 'disk';
