// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
declare module 'forge:kernel/log@0.1.0' {
  /**
   * Writes one line. At most 8 KiB of text; longer is cut. Beyond the rate limit lines are counted and dropped.
   */
  export function write(level: Level, message: string, fields: Array<[string, string]>): void;
  /**
   * How much a line matters.
   * # Variants
   * 
   * ## `"trace"`
   * 
   * Each step; off by default.
   * ## `"debug"`
   * 
   * What helps to find a fault; off by default.
   * ## `"info"`
   * 
   * What an operator wants to know.
   * ## `"warn"`
   * 
   * What will fail soon, or was mended.
   * ## `"error"`
   * 
   * What failed.
   */
  export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
}
