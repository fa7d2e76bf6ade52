// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:types/errors@0.1.0 **/
/**
 * What travels with every error.
 */
export interface Detail {
  /**
   * For people: what was wrong, in one sentence.
   */
  message: string,
  /**
   * What it is about: a field, file and line, or resource.
   */
  where?: string | undefined,
  /**
   * What would mend it: a line of policy, manifest or composition, or a command. Always there on `denied`.
   */
  hint?: string | undefined,
}
/**
 * A typed refusal. The caller decides what to do about it.
 */
export type Error = ErrorInvalid | ErrorDenied | ErrorNotFound | ErrorConflict | ErrorLimit | ErrorTimeout | ErrorCancelled | ErrorUnsupported | ErrorUnavailable | ErrorOther;
/**
 * The request is malformed or breaks a rule; the same request will always fail.
 */
export interface ErrorInvalid {
  tag: 'invalid',
  val: Detail,
}
/**
 * Policy, manifest or composition does not allow it.
 */
export interface ErrorDenied {
  tag: 'denied',
  val: Detail,
}
/**
 * What was named does not exist.
 */
export interface ErrorNotFound {
  tag: 'not-found',
  val: Detail,
}
/**
 * It exists already, or is in a state that does not permit this.
 */
export interface ErrorConflict {
  tag: 'conflict',
  val: Detail,
}
/**
 * A limit or quota is reached.
 */
export interface ErrorLimit {
  tag: 'limit',
  val: Detail,
}
/**
 * It was not done before its deadline.
 */
export interface ErrorTimeout {
  tag: 'timeout',
  val: Detail,
}
/**
 * The caller, or an operator, called it off.
 */
export interface ErrorCancelled {
  tag: 'cancelled',
  val: Detail,
}
/**
 * This host cannot do it.
 */
export interface ErrorUnsupported {
  tag: 'unsupported',
  val: Detail,
}
/**
 * The provider is absent, restarting, or failed during the call. It may work later.
 */
export interface ErrorUnavailable {
  tag: 'unavailable',
  val: Detail,
}
/**
 * Anything else; the log has it under the call id.
 */
export interface ErrorOther {
  tag: 'other',
  val: Detail,
}
