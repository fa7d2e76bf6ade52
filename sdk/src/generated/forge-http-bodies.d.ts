// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-http-types.d.ts" />
/// <reference path="./forge-types-errors.d.ts" />
declare module 'forge:http/bodies@0.1.0' {
  /**
   * At most `max` bytes, an empty list at the end. Waits for the peer.
   */
  export function read(body: BodyId, max: number): Uint8Array;
  /**
   * A body for the response in progress.
   */
  export function open(): BodyId;
  /**
   * Sends bytes. Waits for the peer.
   */
  export function write(body: BodyId, bytes: Uint8Array): void;
  /**
   * Ends it.
   */
  export function finish(body: BodyId): void;
  export type BodyId = import('forge:http/types@0.1.0').BodyId;
  export type Error = import('forge:types/errors@0.1.0').Error;
}
