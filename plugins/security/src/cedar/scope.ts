/** The scope of a policy: what it says about principal, action and resource before any condition. */
import { type EntityUid, readEntityUid } from './entity-uid.ts';
import { invalid } from './errors.ts';
import { isObject, type JsonObject, readArray, readMembers } from './json.ts';
import { checkName } from './names.ts';

/** A constraint on one of the three. `in` holds if the entity or an ancestor is one of `keys`. */
export type Constraint =
  | { readonly kind: 'any' }
  | { readonly kind: 'equal'; readonly key: string }
  | { readonly kind: 'is'; readonly type: string }
  | { readonly kind: 'in'; readonly keys: readonly string[]; readonly type: string | undefined };

/** One of the three as a request names it. */
export interface Subject {
  readonly uid: EntityUid;
  readonly ancestors: ReadonlySet<string>;
}

/** What a template's slots stand for. */
export type Slots = ReadonlyMap<string, EntityUid>;

export type Variable = 'principal' | 'action' | 'resource';

const ANY: Constraint = { kind: 'any' };

const WHAT = { principal: 'the principal of a policy', action: 'the action of a policy', resource: 'the resource of a policy' } as const;

const NO_NAMES: readonly string[] = [];
const OP = ['op'] as const;
const TARGET = ['entity', 'slot'] as const;
const TARGETS = ['entity', 'entities', 'slot'] as const;
const IS = ['op', 'entity_type'] as const;
const IN = ['in'] as const;

export function readConstraint(json: unknown, variable: Variable, slots: Slots): Constraint {
  const what = WHAT[variable];
  if (!isObject(json)) throw invalid(`${what} must be an object`);
  switch (json['op']) {
    case 'All':
    case 'all':
      readMembers(json, what, OP);
      return ANY;
    case '==':
      readMembers(json, what, OP, TARGET);
      return { kind: 'equal', key: readTarget(json, variable, slots).key };
    case 'in':
      readMembers(json, what, OP, TARGETS);
      if (variable === 'action' && Object.hasOwn(json, 'entities')) {
        const keys = readArray(json['entities'], what).map((entity) => checkVariable(readEntityUid(entity, what), variable).key);
        return { kind: 'in', keys: [...new Set(keys)], type: undefined };
      }
      return { kind: 'in', keys: [readTarget(json, variable, slots).key], type: undefined };
    case 'is': {
      if (variable === 'action') break;
      readMembers(json, what, IS, IN);
      const type = checkName(json['entity_type']);
      if (!Object.hasOwn(json, 'in')) return { kind: 'is', type };
      const above = readMembers(json['in'], what, NO_NAMES, TARGET);
      return { kind: 'in', keys: [readTarget(above, variable, slots).key], type };
    }
  }
  throw invalid(`${what} has an unknown operator`);
}

function readTarget(json: JsonObject, variable: Variable, slots: Slots): EntityUid {
  if (Object.hasOwn(json, 'entity')) {
    if (Object.hasOwn(json, 'slot')) throw invalid(`${WHAT[variable]} has both an entity and a slot`);
    return checkVariable(readEntityUid(json['entity'], WHAT[variable]), variable);
  }
  const slot = json['slot'];
  // A slot stands only for the variable that it is named after.
  const target = variable !== 'action' && slot === `?${variable}` ? slots.get(slot) : undefined;
  if (target === undefined) throw invalid(`${WHAT[variable]} has an unlinked slot`);
  return target;
}

function checkVariable(uid: EntityUid, variable: Variable): EntityUid {
  if (variable === 'action' && !uid.isAction()) throw invalid('an action must have the type Action, perhaps in a namespace');
  return uid;
}

/** Slots that the JSON of a template leaves open. */
export function openSlots(json: unknown): string[] {
  if (!isObject(json)) return [];
  const above = isObject(json['in']) ? json['in'] : json;
  return typeof above['slot'] === 'string' ? [above['slot']] : [];
}

export function holds(constraint: Constraint, { uid, ancestors }: Subject): boolean {
  switch (constraint.kind) {
    case 'any':
      return true;
    case 'equal':
      return uid.key === constraint.key;
    case 'is':
      return uid.type === constraint.type;
    case 'in':
      if (constraint.type !== undefined && uid.type !== constraint.type) return false;
      return constraint.keys.some((key) => uid.key === key || ancestors.has(key));
  }
}
