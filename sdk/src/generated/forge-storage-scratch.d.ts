// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-handles.d.ts" />
declare module 'forge:storage/scratch@0.1.0' {
  /**
   * An empty tree for the caller, of at most so many bytes (0: the default, 64 MiB). Given back with `unmount` of `volumes`.
   */
  export function create(medium: Medium, bytesMax: number): Handle;
  export type Error = import('forge:types/errors@0.1.0').Error;
  export type Handle = import('forge:types/handles@0.1.0').Handle;
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
}
