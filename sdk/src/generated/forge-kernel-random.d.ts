// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'forge:kernel/random@0.1.0' {
  /**
   * Up to 4096 bytes; more is cut to that.
   */
  export function bytes(length: number): Uint8Array;
}
