import type { Request } from 'forge:security/authorizer@0.1.0';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile, type PolicySetJson } from '../../../plugins/security/src/cedar/index.ts';
import { type Basis, Decider } from '../../../plugins/security/src/decide.ts';
import defaultPolicies from '../../../plugins/security/src/generated/default-policies.json' with { type: 'json' };
import { toQuestions } from '../../../plugins/security/src/question.ts';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';

/** The official engine, whose `./nodejs` entry is CommonJS only. */
const cedar = createRequire(import.meta.url)('@cedar-policy/cedar-wasm/nodejs') as typeof import('@cedar-policy/cedar-wasm/nodejs');
const schema = readFileSync(join(projectDir('security'), 'policies/forge.cedarschema'), 'utf8');

const trustedPlugins = new Set(['storage', 'network', 'container-runtime', 'api']);
const policies = compile(defaultPolicies.policies as PolicySetJson);
const basis = { policies, trustedPlugins, epoch: 7 };
const decide = (on: Basis, request: Request) => new Decider(on).decide(request);

const alice = 'spiffe://local/user/alice';
const plugin = (name: string) => `spiffe://local/plugin/${name}`;
const runtimeChain = [alice, plugin('api'), plugin('container-runtime')];
const storageChain = [...runtimeChain, plugin('storage')];
const networkChain = [...runtimeChain, plugin('network')];

const ask = (chain: readonly string[], action: string, kind: string, name: string, changes: Partial<Request> = {}, attributes: object = {}): Request => ({
  id: '0011223344556677',
  chain: [...chain],
  action,
  resource: { kind, name, attributes: JSON.stringify(attributes) },
  rights: ['read'],
  consented: false,
  local: true,
  ...changes,
});

/** Every question that the kernel's gate puts, as it puts it. */
const QUESTIONS: Readonly<Record<string, Request>> = {
  'a call of the control API': ask([alice], 'api.call', 'Node', 'self', {}, { method: 'POST', path: '/v1/run' }),
  'opening a volume': ask(storageChain, 'dir.open', 'Volume', 'data', { rights: ['read', 'write', 'mutate'] }),
  'making a volume': ask(storageChain, 'dir.create', 'Volume', 'data', { rights: ['mutate'] }),
  'removing a volume': ask(storageChain, 'dir.remove', 'Volume', 'data', { rights: ['mutate'] }),
  'opening a directory that was typed': ask(storageChain, 'dir.open', 'Directory', '/srv', { consented: true }, { path: '/srv', platform: false }),
  'scratch space': ask(storageChain, 'dir.scratch', 'Scratch', 'memory', { rights: ['read', 'write', 'mutate'] }),
  'an allow-list': ask(networkChain, 'outbound.define', 'Network', 'outbound', { rights: ['write'] }, { hosts: ['tcp://a.example.org:443-443', 'tcp://b.example.org:80-80'] }),
  'starting a workload': ask(runtimeChain, 'workload.start', 'Package', `sha256:${'a'.repeat(64)}`, { rights: ['write'] }, { name: 'demo', signed: false, builtLocally: true }),
  'ending a workload': ask(runtimeChain, 'workload.signal', 'Workload', 'a1', { rights: ['write'] }),
  'writing a log': ask(runtimeChain, 'log.open', 'Log', 'a1', { rights: ['write'] }),
  'removing a log': ask(runtimeChain, 'log.open', 'Log', 'a1', { rights: ['mutate'] }),
  'the terminal of a foreground run': ask(runtimeChain, 'stdio.inherit', 'Stdio', 'stdout', { consented: true }),
};
/** Asked too, but what the shipped policies say of them is theirs to decide. */
const OTHERS: Readonly<Record<string, Request>> = {
  'a pipe': ask(runtimeChain, 'pipe.create', 'Pipe', 'a1', { rights: ['read', 'write'] }),
  'a package': ask(runtimeChain, 'package.resolve', 'Package', `sha256:${'a'.repeat(64)}`),
};

describe('the questions of the gate', () => {
  test.each(Object.entries({ ...QUESTIONS, ...OTHERS }))('%s is asked in the terms of the schema', (_, request) => {
    const answers = toQuestions(request, trustedPlugins).map(({ request: question, entities }) => {
      const answer = cedar.isAuthorized({ ...question, entities, schema, validateRequest: true, policies: { staticPolicies: defaultPolicies.sources } } as never);
      expect(answer.type === 'failure' ? answer.errors : []).toEqual([]);
      return answer.type === 'success' && answer.response.decision === 'allow';
    });
    // And the official engine agrees about each.
    expect(decide(basis, request).allowed).toBe(answers.every((allowed) => allowed));
  });

  test.each(Object.entries(QUESTIONS))('%s is allowed to the plugin whose task it is, for the local user', (_, request) => {
    const decision = decide(basis, request);
    expect(decision).toMatchObject({ requestId: request.id, allowed: true, epoch: 7, hint: null });
    expect(decision.reasons.length).toBeGreaterThan(0);
  });

  test.each(Object.entries(QUESTIONS).filter(([name]) => name !== 'a call of the control API'))(
    '%s is denied to every other plugin, with the policy that would allow it',
    (_, request) => {
      for (const name of ['eve', 'api', ...trustedPlugins].filter((other) => plugin(other) !== request.chain.at(-1))) {
        const decision = decide(basis, { ...request, chain: [...request.chain.slice(0, -1), plugin(name)] });
        expect(decision).toMatchObject({ allowed: false, leaseMs: 0 });
        expect(decision.hint).toContain(`permit(principal == Forge::Plugin::"${name}"`);
        expect(decision.hint).toContain('context["user"] == Forge::User::"alice"');
      }
    },
  );

  test.each(Object.entries(QUESTIONS).filter(([name]) => name !== 'a call of the control API'))(
    '%s is denied to a plugin of the right name that nobody vouches for',
    (_, request) => {
      expect(decide({ ...basis, trustedPlugins: new Set() }, request).allowed).toBe(false);
    },
  );

  test.each(Object.entries(QUESTIONS))('%s is denied to a workload', (_, request) => {
    expect(decide(basis, { ...request, chain: [...request.chain, 'spiffe://local/workload/0123'] }).allowed).toBe(false);
  });
});

describe('a decision', () => {
  test('says which policies it rests on', () => {
    expect(decide(basis, QUESTIONS['opening a volume'] as Request).reasons).toEqual(['storage-volumes']);
  });

  test('about a list holds for every entry of it', () => {
    const only = compile({
      staticPolicies: {
        a: {
          effect: 'permit',
          principal: { op: 'All' },
          action: { op: 'All' },
          resource: { op: '==', entity: { type: 'Forge::Endpoint', id: 'tcp://a.example.org:443-443' } },
          conditions: [],
        },
      },
    });
    const decision = decide({ ...basis, policies: only }, QUESTIONS['an allow-list'] as Request);
    expect(decision.allowed).toBe(false);
    expect(decision.hint).toContain('tcp://b.example.org:80-80');
    const shorter = ask(networkChain, 'outbound.define', 'Network', 'outbound', {}, { hosts: ['tcp://a.example.org:443-443'] });
    expect(decide({ ...basis, policies: only }, shorter)).toMatchObject({ allowed: true, reasons: ['a'] });
  });

  test('is a no to an empty list, a list that is none, and a list of what is no text', () => {
    for (const hosts of [[], {}, null, [1]])
      expect(decide({ ...basis, policies: compile({}) }, ask(networkChain, 'outbound.define', 'Network', 'outbound', {}, { hosts })).allowed).toBe(false);
  });

  test('is a no to a directory of the platform, whoever consented', () => {
    for (const attributes of [{ platform: true }, {}, { platform: 'false' }]) {
      const decision = decide(basis, ask(storageChain, 'dir.open', 'Directory', '/var/lib/forge', { consented: true }, attributes));
      expect(decision).toMatchObject({ allowed: false, reasons: ['platform-state'] });
      expect(decision.hint).toContain('no permit helps');
    }
  });

  test('is a no to a directory that nobody typed', () => {
    expect(decide(basis, ask(storageChain, 'dir.open', 'Directory', '/srv', {}, { platform: false })).allowed).toBe(false);
  });

  test('without policies is always a no', () => {
    for (const request of Object.values({ ...QUESTIONS, ...OTHERS })) expect(decide({ ...basis, policies: compile({}) }, request)).toMatchObject({ allowed: false, reasons: [] });
  });

  test('names a policy that fails', () => {
    const failing = compile({
      staticPolicies: {
        odd: {
          effect: 'forbid',
          principal: { op: 'All' },
          action: { op: 'All' },
          resource: { op: 'All' },
          conditions: [{ kind: 'when', body: { '.': { left: { Var: 'context' }, attr: 'none' } } }],
        },
      },
    });
    expect(decide({ ...basis, policies: failing }, QUESTIONS['opening a volume'] as Request).reasons[0]).toMatch(/^odd failed: /);
  });

  test('may be repeated only for what repeats harmlessly', () => {
    expect(decide(basis, QUESTIONS['writing a log'] as Request).leaseMs).toBeGreaterThan(0);
    for (const name of ['removing a log', 'opening a volume', 'removing a volume', 'starting a workload', 'a call of the control API', 'opening a directory that was typed']) {
      expect(decide(basis, QUESTIONS[name] as Request).leaseMs, name).toBe(0);
    }
  });

  test('is the same for the same question, and answers the request that asks it', () => {
    const decider = new Decider(basis);
    for (const request of Object.values(QUESTIONS)) {
      const first = decider.decide(request);
      expect(first).toEqual(decide(basis, request));
      expect(decider.decide({ ...request, id: 'another' })).toEqual({ ...first, requestId: 'another' });
    }
  });

  test('is made anew when anything of the question differs', () => {
    const decider = new Decider(basis);
    const request = QUESTIONS['opening a volume'] as Request;
    expect(decider.decide(request).allowed).toBe(true);
    for (const changes of [
      { local: false },
      { action: 'dir.scratch' },
      { chain: request.chain.slice(0, -1) },
      { resource: { kind: 'Directory', name: 'data', attributes: '{}' } },
    ]) {
      expect(decider.decide({ ...request, ...changes }).allowed).toBe(false);
    }
    expect(decider.decide(request).allowed).toBe(true);
  });

  test('needs no more memory the more is asked', () => {
    const decider = new Decider(basis);
    const request = QUESTIONS['opening a volume'] as Request;
    for (let index = 0; index < 5_000; index++) expect(decider.decide({ ...request, resource: { kind: 'Volume', name: `v${index}`, attributes: '{}' } }).allowed).toBe(true);
  });
});

describe('what is no question', () => {
  const request = QUESTIONS['opening a volume'] as Request;

  test.each([
    ['no chain', { chain: [] }],
    ['a chain without end', { chain: new Array(33).fill(alice) }],
    ['an identity without kind', { chain: ['spiffe://local/alice'] }],
    ['an identity of another scheme', { chain: ['https://local/user/alice'] }],
    ['an identity with a dot segment', { chain: ['spiffe://local/user/..'] }],
    ['an identity with a query', { chain: [`${alice}?admin`] }],
    ['an identity that is too long', { chain: [`spiffe://local/user/${'a'.repeat(2048)}`] }],
    ['an action with a space', { action: 'dir open' }],
    ['an action with a quote', { action: 'dir.open"' }],
    ['rights that do not exist', { rights: ['execute'] }],
    ['an unknown kind', { resource: { kind: 'Device', name: 'sda', attributes: '{}' } }],
    ['a name without end', { resource: { kind: 'Volume', name: 'a'.repeat(5000), attributes: '{}' } }],
    ['attributes that are no JSON', { resource: { kind: 'Volume', name: 'data', attributes: '{' } }],
    ['attributes that are a list', { resource: { kind: 'Volume', name: 'data', attributes: '[]' } }],
    ['attributes without end', { resource: { kind: 'Volume', name: 'data', attributes: `{"a":"${'a'.repeat(70_000)}"}` } }],
  ])('%s is refused', (_, changes) => {
    expect(refusalOf(() => decide(basis, { ...request, ...changes })).code).toBe('invalid');
  });

  test('names that look like Cedar stay names', () => {
    const decision = decide(basis, ask(storageChain, 'dir.open', 'Directory', '/x"); permit(principal, action, resource); //', {}, { platform: false }));
    expect(decision.allowed).toBe(false);
    expect(decision.hint).toContain('\\"); permit(');
  });
});
