/**
 * A question of the gate in the terms of `policies/forge.cedarschema` (call path step 7): who asks becomes the
 * principal, where the chain starts becomes `context.user`, and what is touched becomes the resource.
 *
 * The gate names resources by what it has in its hand (a log, a pipe); the schema by what a policy is about (the
 * process that writes the log, the node). This file is the only place that knows both.
 */

import type { Request } from 'forge:security/authorizer@0.1.0';
import { refuse } from '@forgeone/sdk';
import type { EntityJson, RequestJson, TypeAndId, ValueJson } from './cedar/index.ts';
import { Memory } from './memory.ts';
import { type Principal, parsePrincipal } from './principal.ts';

/** One thing to decide. A question about a list is several. */
export interface Question {
  readonly request: RequestJson;
  readonly entities: readonly EntityJson[];
}

type Attributes = { readonly [name: string]: unknown };

/** Bounds of a question: the gate never comes near them, and policies never see more. */
const CHAIN_LENGTH_MAX = 32;
const ATTRIBUTES_LENGTH_MAX = 64 * 1024;
const NAME_LENGTH_MAX = 4096;
const RIGHTS = ['read', 'write', 'mutate'];
const ACTION = /^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/;

/** Users, plugins, and the workloads that ask at the moment. */
const principals = new Memory<Principal | undefined>(1024);

/** Tiers of AR4SI by their first value; the higher, the less trust. */
const TIER = { affirming: 2, warning: 32 } as const;

const KIND_TYPE = { user: 'User', plugin: 'Plugin', workload: 'Workload' } as const;

/** Where a chain starts that no user began: at the platform itself, after a restart or at a tick of its clock. */
const NO_USER = '';

const uid = (type: string, id: string): TypeAndId => ({ type: `Forge::${type}`, id });
const reference = ({ type, id }: TypeAndId): ValueJson => ({ __entity: { type, id } });
const entity = (of: TypeAndId, attrs: EntityJson['attrs'] = {}): EntityJson => ({ uid: of, attrs, parents: [] });
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `trustedPlugins`: those that the operator's composition vouches for. Throws `invalid` for what is no question. */
export function toQuestions(request: Request, trustedPlugins: ReadonlySet<string>): Question[] {
  const chain = readChain(request.chain);
  const attributes = readAttributes(request.resource.attributes);
  if (!ACTION.test(request.action)) throw refuse.invalid('this is no system call', { where: 'action' });
  if (request.resource.name.length > NAME_LENGTH_MAX) throw refuse.invalid(`a name has at most ${NAME_LENGTH_MAX} characters`, { where: 'resource.name' });
  if (!request.rights.every((right) => RIGHTS.includes(right))) throw refuse.invalid(`rights are ${RIGHTS.join(', ')}`, { where: 'rights' });

  const isTrusted = ({ kind, name }: Principal): boolean => kind === 'user' || (kind === 'plugin' && trustedPlugins.has(name));
  const [first] = chain;
  const user = uid('User', first?.kind === 'user' ? first.name : NO_USER);
  const direct = chain.at(-1) as Principal;
  const principal = uid(KIND_TYPE[direct.kind], direct.name);
  const principalAttrs = direct.kind === 'plugin' ? { name: direct.name, trusted: isTrusted(direct) } : {};
  const context = {
    user: reference(user),
    chain: request.chain,
    rights: request.rights,
    consented: request.consented,
    local: request.local,
    trust: chain.every(isTrusted) ? TIER.affirming : TIER.warning,
    ...contextOf(request, attributes, first?.kind === 'plugin' && isTrusted(first)),
  };
  return resourcesOf(request, attributes, user).map((resource) => ({
    request: { principal, action: uid('Action', request.action), resource: resource.uid, context },
    entities: unique([entity(principal, principalAttrs), entity(user), resource]),
  }));
}

function readChain(ids: readonly string[]): Principal[] {
  if (ids.length === 0 || ids.length > CHAIN_LENGTH_MAX) throw refuse.invalid(`a chain has 1 to ${CHAIN_LENGTH_MAX} principals`, { where: 'chain' });
  return ids.map(
    (id) => principals.recall(id, () => parsePrincipal(id)) ?? refuse.invalid(`${JSON.stringify(id.slice(0, 80))} is no identity that the kernel gives`, { where: 'chain' }),
  );
}

function readAttributes(json: string): Attributes {
  if (json.length > ATTRIBUTES_LENGTH_MAX) throw refuse.invalid(`attributes have at most ${ATTRIBUTES_LENGTH_MAX} characters`, { where: 'resource.attributes' });
  let attributes: unknown;
  try {
    attributes = JSON.parse(json);
  } catch {
    attributes = undefined;
  }
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)) throw refuse.invalid('attributes are a JSON object', { where: 'resource.attributes' });
  return attributes as Attributes;
}

/** What some actions have in their context beside what all have. */
function contextOf({ action, local }: Request, attributes: Attributes, platformStarts: boolean): { readonly [name: string]: ValueJson } {
  if (action === 'api.call') return { method: text(attributes['method']), path: text(attributes['path']) };
  // Who runs a package on their own machine has agreed to what its manifest asks for, as with `spin up`; and a chain
  // that starts at a plugin of the platform starts again what a user started.
  if (action === 'outbound.define') return { manifestConsented: local || platformStarts };
  return {};
}

/** The gate's resource as the schema's. Attributes that are missing are not made up, unless their absence means the lesser. */
function resourcesOf({ resource: { kind, name } }: Request, attributes: Attributes, user: TypeAndId): EntityJson[] {
  switch (kind) {
    case 'Directory': {
      const { platform } = attributes;
      // Without it the policy `platform-state` forbids.
      return [entity(uid(kind, name), { path: name, ...(typeof platform === 'boolean' ? { platform } : {}) })];
    }
    case 'Volume':
      return [entity(uid(kind, name), { name, owner: reference(user) })];
    case 'Package':
      return [entity(uid(kind, name), { digest: name, name: text(attributes['name']), signed: attributes['signed'] === true, builtLocally: attributes['builtLocally'] === true })];
    case 'Log':
    case 'Workload':
      return [entity(uid('Process', name))];
    case 'Scratch':
    case 'Pipe':
      return [entity(uid('Node', 'self'))];
    case 'Node':
    case 'Stdio':
      return [entity(uid(kind, name))];
    case 'Network': {
      const { hosts } = attributes;
      if (!Array.isArray(hosts) || hosts.length === 0) return [entity(uid(kind, name))];
      // Lists come from manifests: forge:network/outbound.prepare takes nothing else.
      return hosts.map((host) => entity(uid('Endpoint', text(host)), { manifest: true }));
    }
    default:
      throw refuse.invalid(`${JSON.stringify(kind.slice(0, 80))} is no kind of resource`, { where: 'resource.kind' });
  }
}

/** A user may ask about themselves; an entity stands in the store once. */
const unique = (entities: readonly EntityJson[]): EntityJson[] => [...new Map(entities.map((item) => [JSON.stringify(item.uid), item])).values()];
