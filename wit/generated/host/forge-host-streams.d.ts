// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:host/streams@0.1.0 **/
/**
 * The platform's own stream; only for a workload that the local user runs in the foreground.
 */
export function inherit(stream: Standard): Handle;
/**
 * The reading end of a new pipe. What a client sends to the standard input called `name` (`[a-z0-9-]{1,64}`) goes into it.
 */
export function pipe(name: string): Handle;
/**
 * A writer of the log `name` (`[a-z0-9-]{1,64}`), each record tagged as `%stream`. Rotates at `bytes-max`.
 */
export function log(name: string, stream: Standard, bytesMax: bigint): Handle;
/**
 * Removes the log `name`; no error when there is none.
 */
export function removeLog(name: string): void;
/**
 * Gives a handle back. Unknown handles are ignored.
 */
export function close(handle: Handle): void;
export type Error = import('./forge-types-errors.d.ts').Error;
export type Handle = import('./forge-types-handles.d.ts').Handle;
/**
 * A standard stream of the platform's own process.
 * # Variants
 * 
 * ## `"stdin"`
 * 
 * File descriptor 0.
 * ## `"stdout"`
 * 
 * File descriptor 1.
 * ## `"stderr"`
 * 
 * File descriptor 2.
 */
export type Standard = 'stdin' | 'stdout' | 'stderr';
