// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-handles.d.ts" />
declare module 'forge:host/dirs@0.1.0' {
  /**
   * Opens a tree. `not-found`: no such directory. `denied`: with the policy that would allow it.
   */
  export function open(tree: Tree, rights: Rights, quota: Quota | null | undefined): Handle;
  /**
   * Makes an empty volume. `conflict`: there is one already.
   */
  export function create(volume: string): void;
  /**
   * Removes a volume with all it holds. `not-found`: there is none.
   */
  export function remove(volume: string): void;
  /**
   * A fresh empty tree that vanishes with its handle, in memory or on disk.
   */
  export function scratch(memory: boolean, quota: Quota): Handle;
  /**
   * The same tree for the plugin called `to`, one in the chain of this call, with no more rights. Dies with `handle`.
   */
  export function derive(handle: Handle, rights: Rights, to: string): Handle;
  /**
   * What the tree holds now.
   */
  export function usage(handle: Handle): TreeUsage;
  /**
   * Gives a handle back; all derived from it dies. Unknown handles are ignored.
   */
  export function close(handle: Handle): void;
  export type Error = import('forge:types/errors@0.1.0').Error;
  export type Handle = import('forge:types/handles@0.1.0').Handle;
  export type Rights = import('forge:types/handles@0.1.0').Rights;
  /**
   * Which tree.
   */
  export type Tree = TreeVolume | TreePath;
  /**
   * A volume of the platform: `[a-z0-9][a-z0-9._-]{0,62}`.
   */
  export interface TreeVolume {
    tag: 'volume',
    val: string,
  }
  /**
   * A directory of the machine, by absolute path.
   */
  export interface TreePath {
    tag: 'path',
    val: string,
  }
  /**
   * Limits on a tree, 0 for none.
   */
  export interface Quota {
    /**
     * Sum of file sizes in bytes.
     */
    bytesMax: number,
    /**
     * Files, directories and links.
     */
    entriesMax: number,
  }
  /**
   * What is in a tree.
   */
  export interface TreeUsage {
    /**
     * Sum of file sizes in bytes.
     */
    bytes: number,
    /**
     * Files, directories and links.
     */
    entries: number,
  }
}
