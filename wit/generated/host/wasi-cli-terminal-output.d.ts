// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:cli/terminal-output@0.2.12 **/

export class TerminalOutput {
  /**
   * This type does not have a public constructor.
   */
  private constructor();
}
