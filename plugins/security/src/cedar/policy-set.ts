/** Compiles a policy set from Cedar's JSON form: static policies, and templates with what fills their slots. */
import { type EntityUid, readEntityUid } from './entity-uid.ts';
import { invalid, overLimit } from './errors.ts';
import { isObject, type PolicySetJson, readArray, readMembers } from './json.ts';
import { LIMITS } from './limits.ts';
import { checkString } from './names.ts';
import { compilePolicy, type Policy } from './policy.ts';
import { openSlots, type Slots } from './scope.ts';
import { ScopeIndex } from './scope-index.ts';

/** Immutable. Make one with `compile`. */
export class PolicySet {
  readonly policies: readonly Policy[];
  readonly index: ScopeIndex;
  private readonly byId: ReadonlyMap<string, Policy>;

  constructor(byId: ReadonlyMap<string, Policy>) {
    this.byId = byId;
    this.policies = [...byId.values()];
    this.index = new ScopeIndex();
    for (const policy of this.policies) this.index.add(policy);
  }

  get(id: string): Policy | undefined {
    return this.byId.get(id);
  }
}

const NO_SLOTS: Slots = new Map();

/** Throws `CedarInputError` for the first policy that is not Cedar or too large: a set is taken whole or not at all. */
export function compile(json: PolicySetJson): PolicySet {
  const members = readMembers(json, 'a policy set', [], ['staticPolicies', 'templates', 'templateLinks']);
  const policies = new Map<string, Policy>();
  const templates = readRecord(members['templates'] ?? {}, 'templates');
  let nodes = 0;

  const add = (id: string, policy: unknown, slots: Slots): void => {
    if (policies.has(id) || Object.hasOwn(templates, id)) throw invalid(`two policies are called ${JSON.stringify(id)}`);
    if (policies.size >= LIMITS.policiesMax) throw overLimit('too many policies');
    const compiled = compilePolicy(checkString(id), policy, slots, policies.size);
    nodes += compiled.nodes;
    if (nodes > LIMITS.nodesTotalMax) throw overLimit('the policies together have too many nodes');
    policies.set(id, compiled);
  };

  const statics = readRecord(members['staticPolicies'] ?? {}, 'staticPolicies');
  for (const id of Object.keys(statics)) add(id, statics[id], NO_SLOTS);
  for (const id of Object.keys(templates)) checkTemplate(id, templates[id]);
  for (const item of readArray(members['templateLinks'] ?? [], 'templateLinks')) {
    const { templateId, newId, values } = readMembers(item, 'a template link', ['templateId', 'newId', 'values']);
    if (typeof templateId !== 'string' || typeof newId !== 'string') throw invalid('the ids of a template link must be strings');
    if (!Object.hasOwn(templates, templateId)) throw invalid(`there is no template ${JSON.stringify(templateId)}`);
    add(newId, templates[templateId], readSlots(values, templates[templateId]));
  }
  return new PolicySet(policies);
}

function readRecord(json: unknown, what: string): { readonly [id: string]: unknown } {
  if (!isObject(json)) throw invalid(`${what} must be an object`);
  return json;
}

/** Compiles a template once for nothing: a bad one is refused even if nothing links it, as by the official engine. */
function checkTemplate(id: string, json: unknown): void {
  const slots = slotsOf(json);
  if (slots.length === 0) throw invalid(`template ${JSON.stringify(id)} has no slots`);
  const stand = readEntityUid({ type: 'Slot', id: '' }, 'a slot');
  compilePolicy(id, json, new Map(slots.map((slot) => [slot, stand])), 0);
}

function slotsOf(json: unknown): string[] {
  return isObject(json) ? [...openSlots(json['principal']), ...openSlots(json['resource'])] : [];
}

/** What the slots stand for: all of the template's, and no others. */
function readSlots(json: unknown, template: unknown): Slots {
  if (!isObject(json)) throw invalid('the values of a template link must be an object');
  const slots = new Map<string, EntityUid>(Object.keys(json).map((slot) => [slot, readEntityUid(json[slot], `slot ${slot}`)]));
  const open = slotsOf(template);
  if (open.length !== slots.size || !open.every((slot) => slots.has(slot))) throw invalid("a template link must fill exactly the template's slots");
  return slots;
}
