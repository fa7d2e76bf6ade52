// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./wasi-cli-terminal-output.d.ts" />
declare module 'wasi:cli/terminal-stderr@0.2.12' {
  export function getTerminalStderr(): TerminalOutput | null;
  export type TerminalOutput = import('wasi:cli/terminal-output@0.2.12').TerminalOutput;
}
