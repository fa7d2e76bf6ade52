// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:kernel/clock@0.1.0 **/
/**
 * Milliseconds since the Unix epoch (may step).
 */
export function nowMs(): bigint;
/**
 * Nanoseconds since an arbitrary start (never steps back).
 */
export function monotonicNs(): bigint;
