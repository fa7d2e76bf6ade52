// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:kernel/state@0.1.0 **/
/**
 * The value of a key, or none.
 */
export function get(key: string): Entry | undefined;
/**
 * Entries whose key begins with `prefix`, in key order, at most `limit`, after key `after`.
 */
export function scan(prefix: string, after: string | undefined, limit: number): Array<Entry>;
/**
 * All changes or none. `conflict`: an expected version did not match. `limit`: a size was exceeded.
 */
export function apply(changes: Array<Change>): void;
export type Error = import('./forge-types-errors.d.ts').Error;
/**
 * One stored value.
 */
export interface Entry {
  /**
   * At most 512 bytes.
   */
  key: string,
  /**
   * At most 1 MiB.
   */
  value: Uint8Array,
  /**
   * Raised at each change of the key, from 1.
   */
  version: number,
}
/**
 * A value to set.
 */
export interface PutChange {
  /**
   * At most 512 bytes.
   */
  key: string,
  /**
   * At most 1 MiB.
   */
  value: Uint8Array,
  /**
   * The version the key must have now, 0 for none.
   */
  expect?: number | undefined,
}
/**
 * One change in a transaction.
 */
export type Change = ChangePut | ChangeDelete;
/**
 * Sets a key. With `expect`, only when the stored version is that (0: the key must not exist).
 */
export interface ChangePut {
  tag: 'put',
  val: PutChange,
}
/**
 * Removes a key; no error when it is not there.
 */
export interface ChangeDelete {
  tag: 'delete',
  val: string,
}
