// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'forge:kernel/clock@0.1.0' {
  /**
   * Milliseconds since the Unix epoch (may step).
   */
  export function nowMs(): number;
  /**
   * Nanoseconds since an arbitrary start (never steps back).
   */
  export function monotonicNs(): number;
}
