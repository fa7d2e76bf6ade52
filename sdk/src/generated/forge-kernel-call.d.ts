// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-identity.d.ts" />
declare module 'forge:kernel/call@0.1.0' {
  /**
   * Who is calling, and how long there is. Empty chain inside `lifecycle.start`.
   */
  export function caller(): Stamp;
  export type Stamp = import('forge:types/identity@0.1.0').Caller;
}
