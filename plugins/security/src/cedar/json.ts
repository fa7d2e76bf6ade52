/** The JSON forms that Cedar publishes, as far as callers see them, and the guards that readers start with. */
import { invalid } from './errors.ts';

/** An alias and not an interface, so that it is a `ValueJson` too. */
export type TypeAndId = { readonly type: string; readonly id: string };

export type EntityUidJson = TypeAndId | { readonly __entity: TypeAndId };

/** A Cedar value. Integers past 2^53 must come as `bigint`: a `number` has already lost their last digits. */
export type ValueJson = boolean | number | bigint | string | readonly ValueJson[] | { readonly [name: string]: ValueJson };

export interface EntityJson {
  readonly uid: EntityUidJson;
  readonly attrs: { readonly [name: string]: ValueJson };
  readonly parents: readonly EntityUidJson[];
  readonly tags?: { readonly [name: string]: ValueJson };
}

export interface RequestJson {
  readonly principal: EntityUidJson;
  readonly action: EntityUidJson;
  readonly resource: EntityUidJson;
  readonly context: { readonly [name: string]: ValueJson };
}

/** A policy or template in the official JSON form; its parts are checked when it is compiled. */
export interface PolicyJson {
  readonly effect: 'permit' | 'forbid';
  readonly principal: object;
  readonly action: object;
  readonly resource: object;
  readonly conditions: readonly object[];
  readonly annotations?: { readonly [name: string]: string | null };
}

export interface TemplateLinkJson {
  readonly templateId: string;
  readonly newId: string;
  readonly values: { readonly [slot: string]: EntityUidJson };
}

export interface PolicySetJson {
  readonly staticPolicies?: { readonly [id: string]: PolicyJson };
  readonly templates?: { readonly [id: string]: PolicyJson };
  readonly templateLinks?: readonly TemplateLinkJson[];
}

export type JsonObject = { readonly [name: string]: unknown };

export function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

const NO_NAMES: readonly string[] = [];

/** An object with all of the required members, perhaps some of the optional, and no others. */
export function readMembers(json: unknown, what: string, required: readonly string[], optional = NO_NAMES): JsonObject {
  if (!isObject(json)) throw invalid(`${what} must be an object`);
  let known = required.length;
  for (const name of required) if (!Object.hasOwn(json, name)) throw invalid(`${what} lacks ${JSON.stringify(name)}`);
  for (const name of optional) if (Object.hasOwn(json, name)) known += 1;
  const names = Object.keys(json);
  if (names.length === known) return json;
  const stranger = names.find((name) => !required.includes(name) && !optional.includes(name));
  throw invalid(`${what} has an unknown member ${JSON.stringify(stranger)}`);
}

export function readArray(json: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(json)) throw invalid(`${what} must be a list`);
  return json;
}
