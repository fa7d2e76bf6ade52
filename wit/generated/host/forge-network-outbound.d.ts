// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:network/outbound@0.1.0 **/
/**
 * Checks a package's `allowed_outbound_hosts` and fixes it for the caller. Each entry is `scheme://host[:port]`
 * (`https`, `http`, `tcp`, `udp`; `*.example.org`; port `*` or a range `8000-8100`). `invalid` names the entry at fault.
 */
export function prepare(allowed: Array<string>): Handle;
/**
 * Gives a list back. Unknown handles are ignored.
 */
export function release(handle: Handle): void;
export type Error = import('./forge-types-errors.d.ts').Error;
export type Handle = import('./forge-types-handles.d.ts').Handle;
