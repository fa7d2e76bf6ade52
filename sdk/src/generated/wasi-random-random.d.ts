// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'wasi:random/random@0.2.12' {
  export function getRandomBytes(len: number): Uint8Array;
  export function getRandomU64(): number;
}
