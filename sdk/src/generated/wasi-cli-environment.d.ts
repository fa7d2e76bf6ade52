// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'wasi:cli/environment@0.2.12' {
  export function getEnvironment(): Array<[string, string]>;
  export function getArguments(): Array<string>;
  export function initialCwd(): string | null;
}
