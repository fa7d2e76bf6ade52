// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'wasi:cli/run@0.2.12' {
  export function run(): void;
}
