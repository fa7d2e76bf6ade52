/** What `compile` takes and refuses, beside the official engine. */
import { describe, expect, it } from 'vitest';
import { compile, LIMITS, type PolicyJson, type PolicySetJson } from '../../../../plugins/security/src/cedar/index.ts';
import { askOfficial, askOurs, official, parseAll, parseOne } from './official.ts';

const ALL = { op: 'All' };
const open: PolicyJson = { effect: 'permit', principal: ALL, action: ALL, resource: ALL, conditions: [] };
const request = { principal: { type: 'User', id: 'a' }, action: { type: 'Action', id: 'a' }, resource: { type: 'File', id: 'x' }, context: {} };

function both(set: PolicySetJson, asText = set) {
  const ours = askOurs(set, [], request);
  expect(ours).toEqual(askOfficial(asText, [], request));
  return ours;
}

const when = (body: unknown): PolicyJson => ({ ...open, conditions: [{ kind: 'when', body }] });

describe('a policy is refused, and its set with it', () => {
  it.each<[string, unknown]>([
    ['an unknown effect', { ...open, effect: 'Permit' }],
    ['an unknown member', { ...open, extra: 1 }],
    ['a missing member', { effect: 'permit', principal: ALL, action: ALL, resource: ALL }],
    ['an unknown operator', when({ nor: { left: { Value: true }, right: { Value: true } } })],
    ['two operators in one node', when({ '!': { arg: { Value: true } }, neg: { arg: { Value: 1 } } })],
    ['an operator named like a property of every object', when({ constructor: { arg: { Value: true } } })],
    ['an unknown operand', when({ '!': { arg: { Value: true }, left: { Value: true } } })],
    ['a missing operand', when({ '==': { left: { Value: true } } })],
    ['an unknown variable', when({ Var: 'subject' })],
    ['a slot in a condition', when({ '==': { left: { Var: 'principal' }, right: { Slot: '?principal' } } })],
    ['a null', when({ Value: null })],
    ['a fraction', when({ '==': { left: { Value: 1.5 }, right: { Value: 1 } } })],
    ['an entity type that is no name', when({ is: { left: { Var: 'principal' }, entity_type: 'a b' } })],
    ['an entity type with a reserved word', when({ is: { left: { Var: 'principal' }, entity_type: 'A::in' } })],
    ['the reserved namespace', when({ is: { left: { Var: 'principal' }, entity_type: '__cedar::User' } })],
    ['an empty attribute path', when({ has: { left: { Var: 'context' }, attr: [] } })],
    ['a pattern that is text', when({ like: { left: { Value: '' }, pattern: '*' } })],
    ['the __expr escape', when({ Value: { __expr: '1' } })],
    ['an action that is not one', { ...open, action: { op: '==', entity: { type: 'User', id: 'a' } } }],
    ['is on an action', { ...open, action: { op: 'is', entity_type: 'Action' } }],
    ['an open slot', { ...open, principal: { op: '==', slot: '?principal' } }],
    ['an unknown kind of condition', { ...open, conditions: [{ kind: 'if', body: { Value: true } }] }],
    ['an annotation that is no text', { ...open, annotations: { id: 1 } }],
  ])('for %s', (_, policy) => {
    expect(both({ staticPolicies: { good: open, bad: policy as PolicyJson } })).toBe('refused');
  });

  it('for a lone surrogate', () => {
    expect(askOurs({ staticPolicies: { p: when({ '==': { left: { Value: '\ud800' }, right: { Value: '' } } }) } }, [], request)).toBe('refused');
  });

  it('for an integer that JSON has rounded', () => {
    // The official parser itself hands out 2^63 - 1 as 9223372036854776000.
    const parsed = parseOne('permit(principal, action, resource) when { context.n == 9223372036854775807 };');
    expect(JSON.stringify(parsed)).toContain('9223372036854776000');
    expect(askOurs({ staticPolicies: { parsed } }, [], request)).toBe('refused');
  });

  it('for unknown values, which are partial evaluation', () => {
    expect(askOurs({ staticPolicies: { p: when({ unknown: [{ Value: 'x' }] }) } }, [], request)).toBe('refused');
  });
});

describe('a policy fails alone', () => {
  it.each<[string, unknown]>([
    ['for an extension function that does not exist', { Value: { __extn: { fn: 'nope', arg: 'x' } } }],
    ['for the wrong number of arguments', { ip: [] }],
    ['for a literal that does not parse', { Value: { __extn: { fn: 'ip', arg: 'x' } } }],
    ['for a condition that is no boolean', { Record: {} }],
  ])('%s', (_, body) => {
    expect(both({ staticPolicies: { good: open, bad: when(body) } })).toEqual({ decision: 'allow', reasons: ['good'], failed: ['bad'] });
  });
});

describe('templates', () => {
  const template = (text: string): PolicyJson => {
    const answer = official.templateToJson(text);
    if (answer.type === 'failure') throw new Error(text);
    return answer.json as never;
  };
  const principal = { type: 'User', id: 'a' };
  const resource = { type: 'File', id: 'x' };
  const templates = { t: template('permit(principal == ?principal, action, resource in ?resource);'), u: template('forbid(principal is User in ?principal, action, resource);') };

  it('apply with what their links fill in', () => {
    const links = (id: string) => [{ templateId: 't', newId: 'link', values: { '?principal': { type: 'User', id }, '?resource': resource } }];
    expect(both({ templates, templateLinks: links('a') })).toEqual({ decision: 'allow', reasons: ['link'], failed: [] });
    expect(both({ templates, templateLinks: links('b') })).toEqual({ decision: 'deny', reasons: [], failed: [] });
    expect(both({ templates, templateLinks: [...links('a'), { templateId: 'u', newId: 'no', values: { '?principal': { __entity: principal } } }] })).toEqual({
      decision: 'deny',
      reasons: ['no'],
      failed: [],
    });
  });

  it('do nothing unlinked', () => {
    expect(both({ templates })).toEqual({ decision: 'deny', reasons: [], failed: [] });
  });

  const full = { '?principal': principal, '?resource': resource };
  it.each<[string, PolicySetJson]>([
    ['a missing slot', { templates, templateLinks: [{ templateId: 't', newId: 'l', values: { '?principal': principal } }] }],
    ['a slot too many', { templates, templateLinks: [{ templateId: 'u', newId: 'l', values: full }] }],
    ['an unknown template', { templates, templateLinks: [{ templateId: 'v', newId: 'l', values: full }] }],
    ['an id that a policy has', { staticPolicies: { l: open }, templates, templateLinks: [{ templateId: 't', newId: 'l', values: full }] }],
    ['an id that a template has', { templates, templateLinks: [{ templateId: 't', newId: 'u', values: full }] }],
    ['a policy that has the id of a template', { staticPolicies: { t: open }, templates }],
    ['a template without slots', { templates: { t: open } }],
    ["the other variable's slot", { templates: { t: { ...open, principal: { op: '==', slot: '?resource' } } } }],
    ['a slot for the action', { templates: { t: { ...open, principal: { op: '==', slot: '?principal' }, action: { op: '==', slot: '?action' } } } }],
  ])('are refused for %s', (_, set) => {
    expect(both(set)).toBe('refused');
  });
});

describe('policy bombs are refused', () => {
  const nest = (levels: number): unknown => {
    let body: unknown = { Value: true };
    for (let level = 0; level < levels; level += 1) body = { '!': { arg: body } };
    return body;
  };
  const chain = (length: number, operator = '&&'): unknown => {
    let body: unknown = { Value: true };
    for (let part = 0; part < length; part += 1) body = { [operator]: { left: body, right: { Value: true } } };
    return body;
  };

  it('for depth', () => {
    expect(() => compile({ staticPolicies: { p: when(nest(LIMITS.depthMax)) } })).not.toThrow();
    expect(() => compile({ staticPolicies: { p: when(nest(LIMITS.depthMax + 1)) } })).toThrow(expect.objectContaining({ code: 'limit' }));
    expect(() => compile({ staticPolicies: { p: when(nest(100_000)) } })).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  it('for nodes', () => {
    expect(() => compile({ staticPolicies: { p: when({ Set: new Array(LIMITS.nodesPerPolicyMax).fill({ Value: 1 }) }) } })).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  it('for long texts', () => {
    const text = 'x'.repeat(LIMITS.stringLengthMax + 1);
    expect(() => compile({ staticPolicies: { p: when({ Value: text }) } })).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  it('for numbers of policies', () => {
    const entries = Array.from({ length: LIMITS.policiesMax + 1 }, (_, index) => [`p${index}`, open]);
    expect(() => compile({ staticPolicies: Object.fromEntries(entries) })).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  it('but a long chain of && or || is not deep', () => {
    for (const operator of ['&&', '||']) expect(() => compile({ staticPolicies: { p: when(chain(3_000, operator)) } })).not.toThrow();
    const text = `permit(principal, action, resource) when { ${new Array(200).fill('1 == 1').join(' && ')} };`;
    expect(both(parseAll({ p: text }), { staticPolicies: { p: text as never } })).toMatchObject({ decision: 'allow' });
  });

  it('naming the policy', () => {
    expect(() => compile({ staticPolicies: { evil: when(nest(500)) } })).toThrow('policy "evil": an expression is nested too deeply');
  });
});
