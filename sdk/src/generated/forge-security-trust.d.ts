// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
/// <reference path="./forge-types-identity.d.ts" />
declare module 'forge:security/trust@0.1.0' {
  /**
   * Appraises an identity for a system call.
   */
  export function validateTrust(identity: SpiffeId, syscall: string, evidence: Evidence): Verdict;
  export type Error = import('forge:types/errors@0.1.0').Error;
  export type SpiffeId = import('forge:types/identity@0.1.0').SpiffeId;
  export type Isolation = import('forge:types/identity@0.1.0').Isolation;
  export type TrustVector = import('forge:types/identity@0.1.0').TrustVector;
  /**
   * What is known of a package or plugin.
   */
  export interface Evidence {
    /**
     * Its digest.
     */
    digest: string,
    /**
     * Signed by a key the operator trusts.
     */
    signed: boolean,
    /**
     * Built by this user on this machine, or shipped with the platform.
     */
    local: boolean,
  }
  /**
   * What follows from it.
   */
  export interface Verdict {
    /**
     * Whether the call may go on to the policies.
     */
    valid: boolean,
    /**
     * AR4SI claims.
     */
    vector: TrustVector,
    /**
     * The class its code must at least run in.
     */
    isolation: Isolation,
    /**
     * Why, for people.
     */
    reason: string,
  }
}
