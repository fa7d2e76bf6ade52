/** The shipped policies against a table of requests, each also put to the official engine with the schema. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { authorize, compile, type EntityJson, type PolicySetJson, type RequestJson } from '../../../../plugins/security/src/cedar/index.ts';
import { official } from './official.ts';

const at = (path: string) => new URL(`../../../../plugins/security/${path}`, import.meta.url);
const { policies } = JSON.parse(await readFile(at('src/generated/default-policies.json'), 'utf8')) as { policies: PolicySetJson };
const schema = await readFile(at('policies/forge.cedarschema'), 'utf8');
const set = compile(policies);

const uid = (type: string, id: string) => ({ type: `Forge::${type}`, id });
const entity = (type: string, id: string, attrs: EntityJson['attrs'] = {}, parents: EntityJson['parents'] = []): EntityJson => ({ uid: uid(type, id), attrs, parents });
const plugin = (name: string, trusted = true): EntityJson => entity('Plugin', name, { name, trusted });

const alice = { __entity: uid('User', 'alice') };

const ENTITIES: readonly EntityJson[] = [
  entity('User', 'alice'),
  entity('User', 'mallory'),
  entity('Workload', 'web'),
  entity('Node', 'here'),
  ...['storage', 'network', 'container-runtime', 'api', 'weather'].map((name) => plugin(name)),
  entity('Directory', '/srv/x', { path: '/srv/x', platform: false }),
  entity('Directory', '/var/lib/forge', { path: '/var/lib/forge', platform: true }),
  entity('Volume', 'data', { name: 'data', owner: alice }),
  entity('Stdio', 'terminal'),
  entity('Network', 'default'),
  entity('Endpoint', 'https://a.example:443', { manifest: true }),
  entity('Endpoint', 'https://b.example:443', { manifest: false }),
  entity('Package', 'sha256:aa', { digest: 'sha256:aa', name: 'web', signed: false, builtLocally: false }),
  entity('Process', 'p1', {}, [uid('Workload', 'web')]),
];

const REMOTE = { user: alice, chain: ['spiffe://forge.local/user/alice'], rights: ['read'], consented: false, local: false, trust: 0 };
const LOCAL = { ...REMOTE, local: true };
const TYPED = { ...LOCAL, consented: true };
const API = { method: 'POST', path: '/v1/containers' };
const OUTBOUND = { manifestConsented: false };

type Row = [decision: 'allow' | 'deny', principal: string, action: string, resource: string, context: object, reasons?: string[]];

const ROWS: Row[] = [
  // the control API
  ['allow', 'User:alice', 'api.call', 'Node:here', { ...LOCAL, ...API }, ['api-local-user']],
  ['deny', 'User:alice', 'api.call', 'Node:here', { ...REMOTE, ...API }],
  ['deny', 'User:mallory', 'api.call', 'Node:here', { ...LOCAL, ...API }],
  ['deny', 'Workload:web', 'api.call', 'Node:here', { ...LOCAL, ...API }],
  // volumes
  ['allow', 'Plugin:storage', 'dir.open', 'Volume:data', LOCAL, ['storage-volumes']],
  ['allow', 'Plugin:storage', 'dir.create', 'Volume:data', LOCAL, ['storage-volumes']],
  ['allow', 'Plugin:storage', 'dir.remove', 'Volume:data', LOCAL, ['storage-volumes']],
  ['deny', 'Plugin:storage', 'dir.open', 'Volume:data', REMOTE],
  ['deny', 'Plugin:weather', 'dir.open', 'Volume:data', TYPED],
  ['deny', 'Plugin:container-runtime', 'dir.open', 'Volume:data', TYPED],
  ['deny', 'Workload:web', 'dir.open', 'Volume:data', TYPED],
  // directories of the host
  ['allow', 'Plugin:storage', 'dir.open', 'Directory:/srv/x', TYPED, ['storage-host-directory']],
  ['deny', 'Plugin:storage', 'dir.open', 'Directory:/srv/x', LOCAL],
  ['deny', 'Plugin:storage', 'dir.create', 'Directory:/srv/x', TYPED],
  ['deny', 'Plugin:storage', 'dir.remove', 'Directory:/srv/x', TYPED],
  ['deny', 'Plugin:network', 'dir.open', 'Directory:/srv/x', TYPED],
  ['allow', 'Plugin:storage', 'dir.scratch', 'Node:here', REMOTE, ['storage-scratch']],
  ['deny', 'Plugin:weather', 'dir.scratch', 'Node:here', TYPED],
  // the platform's own state
  ['deny', 'Plugin:storage', 'dir.open', 'Directory:/var/lib/forge', TYPED, ['platform-state']],
  ['deny', 'Plugin:storage', 'dir.remove', 'Directory:/var/lib/forge', TYPED, ['platform-state']],
  // containers
  ['allow', 'Plugin:container-runtime', 'workload.start', 'Package:sha256:aa', LOCAL, ['container-start']],
  ['allow', 'Plugin:container-runtime', 'workload.signal', 'Process:p1', LOCAL, ['container-signal']],
  ['allow', 'Plugin:container-runtime', 'log.open', 'Process:p1', LOCAL, ['container-logs']],
  ['allow', 'Plugin:container-runtime', 'stdio.inherit', 'Stdio:terminal', LOCAL, ['container-stdio']],
  ['allow', 'Plugin:container-runtime', 'stdio.inherit', 'Stdio:terminal', { ...REMOTE, consented: true }, ['container-stdio']],
  ['deny', 'Plugin:container-runtime', 'stdio.inherit', 'Stdio:terminal', REMOTE],
  ['allow', 'Plugin:container-runtime', 'pipe.create', 'Node:here', LOCAL, ['container-stdin']],
  ['deny', 'Plugin:container-runtime', 'pipe.create', 'Node:here', { ...REMOTE, consented: true }],
  ['deny', 'Plugin:storage', 'pipe.create', 'Node:here', TYPED],
  ['allow', 'Plugin:container-runtime', 'package.resolve', 'Package:sha256:aa', LOCAL, ['package-resolve']],
  ['allow', 'Plugin:api', 'package.resolve', 'Package:sha256:aa', LOCAL, ['package-resolve']],
  ['deny', 'Plugin:api', 'package.resolve', 'Package:sha256:aa', REMOTE],
  ['deny', 'Plugin:storage', 'package.resolve', 'Package:sha256:aa', TYPED],
  ['deny', 'Plugin:storage', 'workload.start', 'Package:sha256:aa', TYPED],
  ['deny', 'Workload:web', 'workload.start', 'Package:sha256:aa', TYPED],
  ['deny', 'Workload:web', 'workload.signal', 'Process:p1', TYPED],
  // network
  ['allow', 'Plugin:network', 'outbound.define', 'Endpoint:https://b.example:443', { ...TYPED, ...OUTBOUND }, ['network-outbound-typed']],
  ['deny', 'Plugin:network', 'outbound.define', 'Endpoint:https://b.example:443', { ...LOCAL, manifestConsented: true }],
  ['allow', 'Plugin:network', 'outbound.define', 'Endpoint:https://a.example:443', { ...LOCAL, manifestConsented: true }, ['network-outbound-manifest']],
  ['deny', 'Plugin:network', 'outbound.define', 'Endpoint:https://a.example:443', { ...LOCAL, ...OUTBOUND }],
  ['deny', 'Plugin:network', 'outbound.define', 'Network:default', { ...TYPED, manifestConsented: true }],
  ['deny', 'Plugin:weather', 'outbound.define', 'Endpoint:https://a.example:443', { ...TYPED, manifestConsented: true }],
  // what nobody may
  ['deny', 'Plugin:container-runtime', 'log.read', 'Process:p1', TYPED],
  ['deny', 'Plugin:api', 'trust.validate', 'Node:here', TYPED],
];

function parse(named: string) {
  const colon = named.indexOf(':');
  return uid(named.slice(0, colon), named.slice(colon + 1));
}

function question([, principal, action, resource, context]: Row): RequestJson {
  return { principal: parse(principal), action: uid('Action', action), resource: parse(resource), context: context as RequestJson['context'] };
}

describe('the default policies', () => {
  it.each(ROWS)('%s %s %s on %s (%o)', (...row) => {
    const [decision, , , , , reasons = []] = row;
    expect(authorize(set, ENTITIES, question(row))).toEqual({ decision, reasons, errors: [] });
  });

  it('are decided alike by the official engine, which also finds that every request fits the schema', () => {
    for (const row of ROWS) {
      const answer = official.isAuthorized({ ...question(row), policies, entities: ENTITIES, schema, validateRequest: true } as never);
      expect(answer).toMatchObject({ type: 'success', response: { decision: row[0], diagnostics: { reason: row[5] ?? [], errors: [] } } });
    }
  });

  const allowed = ROWS.filter(([decision, principal]) => decision === 'allow' && principal.startsWith('Plugin:'));

  it.each(allowed)('no longer %s %s %s on %s if the plugin is not trusted', (...row) => {
    const untrusted = ENTITIES.map((item) => (item.attrs['trusted'] === true ? { ...item, attrs: { ...item.attrs, trusted: false } } : item));
    expect(authorize(set, untrusted, question(row))).toMatchObject({ decision: 'deny', reasons: [], errors: [] });
  });

  it.each(allowed)('no longer %s %s %s on %s if nothing is known of the plugin', (...row) => {
    expect(
      authorize(
        set,
        ENTITIES.filter(({ attrs }) => !('trusted' in attrs)),
        question(row),
      ).decision,
    ).toBe('deny');
  });

  it('forbid a directory about which the gate said nothing', () => {
    const row: Row = ['deny', 'Plugin:storage', 'dir.open', 'Directory:/unknown', TYPED];
    expect(authorize(set, ENTITIES, question(row))).toMatchObject({ decision: 'deny', reasons: ['platform-state'], errors: [] });
  });

  it('forbid the platform directory whatever an operator permits', () => {
    const open = { effect: 'permit', principal: { op: 'All' }, action: { op: 'All' }, resource: { op: 'All' }, conditions: [] } as const;
    const operator = compile({ staticPolicies: { ...policies.staticPolicies, operator: open } });
    for (const row of ROWS.filter(([, , , resource]) => resource.includes('/var/lib/forge'))) {
      expect(authorize(operator, ENTITIES, question(row))).toMatchObject({ decision: 'deny', reasons: ['platform-state'] });
    }
  });

  it('each say why, in a reason', () => {
    for (const { annotations, id } of set.policies) {
      expect(annotations.get('id')).toBe(id);
      expect(annotations.get('reason')).toMatch(/^[A-Z].*\.$/);
    }
  });
});
