/**
 * Cedar in plain TypeScript: the security plugin's evaluator of policies in Cedar's JSON form. It answers as the
 * official engine (`@cedar-policy/cedar-wasm` 4.13.0) does, which a guest cannot run: it has no `WebAssembly`.
 * Enter by `compile`, `readEntities` and `authorize`.
 */
export { type AuthorizeOptions, authorize, type Decision, type PolicyError } from './authorize.ts';
export { textOfString } from './cedar-text.ts';
export { Entities, readEntities } from './entities.ts';
export { CedarInputError } from './errors.ts';
export { type DenyHint, denyHint, permitLine } from './hint.ts';
export type { EntityJson, EntityUidJson, PolicyJson, PolicySetJson, RequestJson, TemplateLinkJson, TypeAndId, ValueJson } from './json.ts';
export { LIMITS } from './limits.ts';
export type { Policy } from './policy.ts';
export { compile, PolicySet } from './policy-set.ts';
