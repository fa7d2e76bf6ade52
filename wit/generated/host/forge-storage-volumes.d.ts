// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:storage/volumes@0.1.0 **/
/**
 * Makes a volume. `conflict`: there is one with other quotas; with the same it is returned.
 */
export function create(name: string, bytesMax: bigint, entriesMax: number): Volume;
/**
 * One volume. `not-found`: there is none.
 */
export function get(name: string): Volume;
/**
 * All, by name.
 */
export function list(): Array<Volume>;
/**
 * Removes a volume with all it holds. `conflict`: it is mounted. `not-found`: there is none.
 */
export function remove(name: string): void;
/**
 * Opens a volume for the caller. One that does not exist is made. The handle is the caller's.
 */
export function mount(name: string, access: Access): Handle;
/**
 * Opens a directory of the machine for the caller, if the local user consented to it.
 */
export function mountPath(path: string, access: Access): Handle;
/**
 * Gives a mount back. Unknown handles are ignored.
 */
export function unmount(handle: Handle): void;
export type Error = import('./forge-types-errors.d.ts').Error;
export type Handle = import('./forge-types-handles.d.ts').Handle;
/**
 * What may be done.
 * # Variants
 * 
 * ## `"read-only"`
 * 
 * Nothing can be changed.
 * ## `"read-write"`
 * 
 * Everything.
 */
export type Access = 'read-only' | 'read-write';
/**
 * A volume.
 */
export interface Volume {
  /**
   * `[a-z0-9][a-z0-9._-]{0,62}`.
   */
  name: string,
  /**
   * Milliseconds since the Unix epoch.
   */
  createdMs: bigint,
  /**
   * Quota in bytes, 0 for none.
   */
  bytesMax: bigint,
  /**
   * Quota in files, directories and links, 0 for none.
   */
  entriesMax: number,
}
