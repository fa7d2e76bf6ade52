// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
declare module 'forge:kernel/events@0.1.0' {
  /**
   * Tells all who wait for `topic` (lower case words joined by dots). `payload` is JSON, at most 64 KiB.
   */
  export function publish(topic: string, payload: string): void;
  /**
   * Delivers an event to this plugin's `forge:plugin/listener` after `delay-ms`, on the authority of the call in
   * progress: what it does then is done for the same chain. Not kept when the platform ends.
   */
  export function schedule(topic: string, payload: string, delayMs: number): void;
  /**
   * From now on topics that begin with `prefix` are delivered to this plugin's `forge:plugin/listener`.
   */
  export function subscribe(prefix: string): void;
  export type Error = import('forge:types/errors@0.1.0').Error;
}
