// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:security/authorizer@0.1.0 **/
/**
 * Decides. An error counts as a denial.
 */
export function authorize(request: Request): Decision;
export type Error = import('./forge-types-errors.d.ts').Error;
export type SpiffeId = import('./forge-types-identity.d.ts').SpiffeId;
export type Isolation = import('./forge-types-identity.d.ts').Isolation;
/**
 * What is to be touched.
 */
export interface Resource {
  /**
   * Kind, as in the policy schema: `Volume`, `Directory`, `Package` ...
   */
  kind: string,
  /**
   * Its canonical name.
   */
  name: string,
  /**
   * Attributes for the policy, as a JSON object.
   */
  attributes: string,
}
/**
 * One question of the gate.
 */
export interface Request {
  /**
   * Random; the decision must repeat it.
   */
  id: string,
  /**
   * Who asks, the first first.
   */
  chain: Array<SpiffeId>,
  /**
   * The system call, for example `dir.open`.
   */
  action: string,
  /**
   * What it is about.
   */
  resource: Resource,
  /**
   * `read`, `write`, `mutate`.
   */
  rights: Array<string>,
  /**
   * The local user named this very resource in the request that started the chain.
   */
  consented: boolean,
  /**
   * The chain begins with the user who runs the platform.
   */
  local: boolean,
}
/**
 * The answer.
 */
export interface Decision {
  /**
   * The request it answers.
   */
  requestId: string,
  /**
   * False denies.
   */
  allowed: boolean,
  /**
   * The gate may repeat this answer for the same request for so long; 0: ask again each time.
   */
  leaseMs: number,
  /**
   * Policies it rests on, or that forbade it.
   */
  reasons: Array<string>,
  /**
   * For a denial: the policy that would allow it.
   */
  hint?: string | undefined,
  /**
   * Raised by every change of policies or entities. A decision of an older epoch is void.
   */
  epoch: number,
}
