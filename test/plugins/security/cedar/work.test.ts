/** A decision that needs too much work is deny as a whole, whichever policies were left unlooked at. */
import { describe, expect, it } from 'vitest';
import { authorize, compile, LIMITS, type PolicyJson } from '../../../../plugins/security/src/cedar/index.ts';
import { numbered } from './arbitraries.ts';

const ALL = { op: 'All' };
const permit: PolicyJson = { effect: 'permit', principal: ALL, action: ALL, resource: ALL, conditions: [] };
const request = (context: { [name: string]: never }) => ({ principal: { type: 'U', id: '' }, action: { type: 'Action', id: '' }, resource: { type: 'R', id: '' }, context });
const attribute = (attr: string) => ({ '.': { left: { Var: 'context' }, attr } });
const heavy = (body: object, times: number): PolicyJson => {
  let chain: object = body;
  for (let part = 1; part < times; part += 1) chain = { '&&': { left: chain, right: body } };
  return { ...permit, conditions: [{ kind: 'when', body: chain }] };
};

describe('a decision that needs too much work', () => {
  const list = Array.from({ length: LIMITS.valuesMax - 10 }, (_, index) => index) as never;
  const text = 'a'.repeat(LIMITS.stringLengthMax) as never;

  it.each([
    ['on large sets', heavy({ containsAll: { left: attribute('list'), right: attribute('list') } }, 1_000), { list }],
    ['on long texts', heavy({ '!': { arg: { like: { left: attribute('text'), pattern: ['Wildcard', { Literal: 'ab' }, 'Wildcard', { Literal: 'b' }] } } } }, 900), { text }],
    ['on building large values', heavy({ '!': { arg: { isEmpty: { arg: { Set: [{ Set: [attribute('list'), attribute('list')] }] } } } } }, 1_000), { list }],
  ])('is deny %s', (_, policy, context) => {
    const start = performance.now();
    const set = compile({ staticPolicies: { first: permit, ...numbered(new Array(40).fill(policy) as PolicyJson[]) } });
    const answer = authorize(set, [], request(context));
    expect(answer).toMatchObject({ decision: 'deny', reasons: [], errors: [{ message: expect.stringContaining('limit') }] });
    expect(performance.now() - start).toBeLessThan(15_000);
    // And the next decision has its own budget.
    expect(authorize(compile({ staticPolicies: { first: permit } }), [], request({})).decision).toBe('allow');
  });
});
