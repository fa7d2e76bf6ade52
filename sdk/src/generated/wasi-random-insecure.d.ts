// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'wasi:random/insecure@0.2.12' {
  export function getInsecureRandomBytes(len: number): Uint8Array;
  export function getInsecureRandomU64(): number;
}
