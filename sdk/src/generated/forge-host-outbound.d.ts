// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-handles.d.ts" />
declare module 'forge:host/outbound@0.1.0' {
  /**
   * Fixes a list of at most 256 rules.
   */
  export function define(rules: Array<Rule>): Handle;
  /**
   * The same list for the plugin called `to`, one in the chain of this call. Dies with `handle`.
   */
  export function derive(handle: Handle, to: string): Handle;
  /**
   * Gives a handle back. Unknown handles are ignored.
   */
  export function close(handle: Handle): void;
  export type Error = import('forge:types/errors@0.1.0').Error;
  export type Handle = import('forge:types/handles@0.1.0').Handle;
  /**
   * Transport protocol.
   * # Variants
   * 
   * ## `"tcp"`
   * 
   * TCP (RFC 9293).
   * ## `"udp"`
   * 
   * UDP (RFC 768).
   */
  export type Protocol = 'tcp' | 'udp';
  /**
   * One thing that may be reached.
   */
  export interface Rule {
    /**
     * Host name in lower case, `*.suffix`, an IP address or a CIDR block.
     */
    host: string,
    /**
     * First port, 1..65535.
     */
    portFirst: number,
    /**
     * Last port, not below the first.
     */
    portLast: number,
    /**
     * Transport protocol.
     */
    protocol: Protocol,
  }
}
