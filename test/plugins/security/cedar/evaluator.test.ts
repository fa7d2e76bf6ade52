/** Cedar's rules, one sentence each; every case also asks the official engine. */
import { describe, expect, it } from 'vitest';
import { authorize, compile, type EntityJson, type RequestJson, type ValueJson } from '../../../../plugins/security/src/cedar/index.ts';
import { askOfficial, askOurs, parseAll, parseOne } from './official.ts';

const alice = { type: 'User', id: 'alice' };

const ENTITIES: readonly EntityJson[] = [
  {
    uid: alice,
    attrs: { age: 30, name: 'Alice', boss: { __entity: { type: 'User', id: 'bob' } }, home: { city: 'Ulm' } },
    parents: [{ type: 'Group', id: 'dev' }],
    tags: { team: 'core' },
  },
  { uid: { type: 'User', id: 'bob' }, attrs: {}, parents: [] },
  { uid: { type: 'Group', id: 'dev' }, attrs: {}, parents: [{ type: 'Group', id: 'staff' }] },
  { uid: { type: 'Group', id: 'staff' }, attrs: {}, parents: [{ type: 'Group', id: 'unstored' }] },
];

function request(context: RequestJson['context'] = {}): RequestJson {
  return { principal: alice, action: { type: 'Action', id: 'read' }, resource: { type: 'File', id: 'x' }, context };
}

/** Both engines' answer to one policy; they must agree. */
function ask(texts: Readonly<Record<string, string>>, context: RequestJson['context'] = {}) {
  const policies = parseAll(texts);
  const ours = askOurs(policies, ENTITIES, request(context));
  expect(ours).toEqual(askOfficial(policies, ENTITIES, request(context)));
  return ours;
}

/** What a condition comes to: true, false, or a failing policy. */
function evaluate(condition: string, context: RequestJson['context'] = {}): boolean | 'error' {
  const answer = ask({ p: `permit(principal, action, resource) when { ${condition} };` }, context);
  if (answer === 'refused') throw new Error('refused');
  return answer.failed.length > 0 ? 'error' : answer.decision === 'allow';
}

describe('a decision', () => {
  it('is deny without policies', () => {
    expect(ask({})).toEqual({ decision: 'deny', reasons: [], failed: [] });
  });

  it('names every permit that applies', () => {
    expect(
      ask({ a: 'permit(principal, action, resource);', b: 'permit(principal in Group::"staff", action, resource);', c: 'permit(principal == User::"bob", action, resource);' }),
    ).toEqual({
      decision: 'allow',
      reasons: ['a', 'b'],
      failed: [],
    });
  });

  it('is deny if any forbid applies, and names the forbids only', () => {
    expect(ask({ a: 'permit(principal, action, resource);', b: 'forbid(principal, action, resource);' })).toEqual({ decision: 'deny', reasons: ['b'], failed: [] });
  });

  it('skips and reports policies that fail, forbids too', () => {
    expect(ask({ a: 'permit(principal, action, resource);', b: 'forbid(principal, action, resource) when { context.missing };' })).toEqual({
      decision: 'allow',
      reasons: ['a'],
      failed: ['b'],
    });
  });

  it('does not evaluate the conditions of a policy whose scope does not cover the request', () => {
    expect(ask({ a: 'permit(principal == User::"bob", action, resource) when { context.missing };' })).toEqual({ decision: 'deny', reasons: [], failed: [] });
  });

  it('lists policies in the order of the set', () => {
    const policies = parseAll({
      z: 'permit(principal, action, resource);',
      a: 'permit(principal is User, action, resource);',
      m: 'permit(principal == User::"alice", action, resource);',
    });
    expect(authorize(compile(policies), ENTITIES, request()).reasons).toEqual(['z', 'a', 'm']);
  });

  it('says what failed', () => {
    const policies = parseAll({ p: 'permit(principal, action, resource) when { principal.salary > 1 };' });
    expect(authorize(compile(policies), ENTITIES, request()).errors).toEqual([{ policyId: 'p', message: '`User::"alice"` does not have the attribute `salary`' }]);
  });
});

describe('scopes', () => {
  it.each([
    ['principal == User::"alice"', 'allow'],
    ['principal == Admin::"alice"', 'deny'],
    ['principal in User::"alice"', 'allow'],
    ['principal in Group::"staff"', 'allow'],
    ['principal in Group::"unstored"', 'allow'],
    ['principal in Group::"ops"', 'deny'],
    ['principal is User', 'allow'],
    ['principal is Ns::User', 'deny'],
    ['principal is User in Group::"dev"', 'allow'],
    ['principal is Group in Group::"dev"', 'deny'],
  ])('%s: %s', (scope, decision) => {
    expect(ask({ p: `permit(${scope}, action, resource);` })).toMatchObject({ decision });
  });

  it.each([
    ['action == Action::"read"', 'allow'],
    ['action in [Action::"write", Action::"read"]', 'allow'],
    ['action in [Action::"write"]', 'deny'],
    ['action in Action::"read"', 'allow'],
  ])('%s: %s', (scope, decision) => {
    expect(ask({ p: `permit(principal, ${scope}, resource);` })).toMatchObject({ decision });
  });
});

describe('conditions', () => {
  it('are joined: all of when, none of unless, in order until one decides', () => {
    expect(ask({ p: 'permit(principal, action, resource) when { true } unless { false } when { 1 == 1 };' })).toMatchObject({ decision: 'allow' });
    expect(ask({ p: 'permit(principal, action, resource) when { false } when { context.missing };' })).toMatchObject({ decision: 'deny', failed: [] });
    expect(ask({ p: 'permit(principal, action, resource) unless { true } when { context.missing };' })).toMatchObject({ decision: 'deny', failed: [] });
  });

  it.each<[string, boolean | 'error']>([
    // logic
    ['true && true', true],
    ['false && context.missing', false],
    ['true || context.missing', true],
    ['context.missing || true', 'error'],
    ['true && 1 == 1 && "a" == "a" && !(false || false)', true],
    ['principal.age && true', 'error'],
    ['true && principal.age', 'error'],
    ['if principal.age > 18 then true else context.missing', true],
    ['if principal.age then true else true', 'error'],
    // equality never fails, whatever the types
    ['1 == "1"', false],
    ['principal == "alice"', false],
    ['[1, 2, 2] == [2, 1]', true],
    ['[1, [2]] == [[2], 1]', true],
    ['{a: 1, "b c": [1]} == {"b c": [1, 1], a: 1}', true],
    ['{a: 1} == {a: 1, b: 2}', false],
    ['principal != User::"alice"', false],
    // order
    ['1 < 2 && 2 <= 2 && 3 > 2 && 2 >= 2', true],
    ['"a" < "b"', 'error'],
    ['1 < "b"', 'error'],
    ['decimal("1.0") < decimal("2.0")', 'error'],
    ['datetime("2024-01-01") < datetime("2024-01-02")', true],
    ['duration("1h") <= duration("60m")', true],
    ['datetime("2024-01-01") < duration("1h")', 'error'],
    // hierarchy
    ['principal in Group::"staff"', true],
    ['principal in [Group::"ops", Group::"unstored"]', true],
    ['principal in []  || true', true],
    ['principal in [principal, 1]', 'error'],
    ['User::"nobody" in User::"nobody"', true],
    ['User::"nobody" in Group::"staff"', false],
    ['principal is User in Group::"staff"', true],
    ['principal is Group in 1', false],
    ['principal in "staff"', 'error'],
    // attributes and tags
    ['principal.home.city == "Ulm"', true],
    ['principal has home.city', true],
    ['principal has home.street', false],
    ['principal has name.city', 'error'],
    ['principal.boss has age', false],
    ['User::"nobody" has age', false],
    ['User::"nobody".age == 1', 'error'],
    ['resource.owner == principal', 'error'],
    ['principal.hasTag("team") && principal.getTag("team") == "core"', true],
    ['principal.getTag("salary") == 1', 'error'],
    ['User::"nobody".hasTag("team")', false],
    ['context.hasTag("team")', 'error'],
    // sets
    ['[1, 2].contains(1) && [1, 2].containsAll([2]) && [1, 2].containsAny([2, 3])', true],
    ['[1, "a", {b: 1}].contains({b: 1})', true],
    ['[1].containsAll([1, 2])', false],
    ['[principal].contains(User::"alice")', true],
    ['"abc".contains("a")', 'error'],
    ['[1].isEmpty()', false],
    // text
    ['"forge.toml" like "*.toml"', true],
    ['"a*c" like "a\\*c" && !("abc" like "a\\*c")', true],
    ['"" like ""  && "" like "*" && !("" like "?*")', true],
    ['"aXbXc" like "a*b*c" && !("ab" like "a*ab")', true],
    ['1 like "1"', 'error'],
    // extension types
    ['ip("10.1.2.3").isInRange(ip("10.0.0.0/8")) && !ip("::1").isInRange(ip("0.0.0.0/0"))', true],
    ['ip("127.0.0.1").isLoopback() && ip("ff00::1").isMulticast() && ip("1.2.3.4").isIpv4()', true],
    ['ip("127.0.0.1") == ip("127.0.0.1/32") && ip("10.0.0.1/24") != ip("10.0.0.0/24")', true],
    ['ip("::0:1") == ip("::1")', true],
    ['ip("10.0.0.0/8").isInRange(ip("10.0.0.0/16")) || ip("10.0.0.0").isInRange(ip("11.0.0.0/8"))', false],
    ['ip("::/0").isInRange(ip("::/0")) && ip("fe80::1").isInRange(ip("fe80::/10")) && !ip("fe80::1").isInRange(ip("fec0::/10"))', true],
    ['ip("127.0.0.0/7").isLoopback() || ip("::1/127").isLoopback() || ip("224.0.0.0/3").isMulticast() || ip("ff00::/7").isMulticast()', false],
    ['ip("127.255.0.0/8").isLoopback() && ip("239.0.0.0/4").isMulticast() && ip("ff00::/8").isMulticast()', true],
    ['ip("not one").isIpv4()', 'error'],
    ['decimal("1.50") == decimal("1.5") && decimal("-0.5").lessThan(decimal("0.0"))', true],
    ['datetime("2024-02-29T23:00:00-0200").toDate() == datetime("2024-03-01")', true],
    ['datetime("1970-01-02").durationSince(datetime("1970-01-01")).toHours() == 24', true],
    ['datetime("1969-12-31T23:59:59.999Z").toTime() == duration("23h59m59s999ms")', true],
    ['duration("-90m").toHours() == -1', true],
  ])('%s is %s', (condition, expected) => {
    expect(evaluate(condition)).toBe(expected);
  });
});

describe('integers', () => {
  const max = '(9007199254740991 * 1024 + 1023)';
  const min = `(-${max} - 1)`;

  it.each<[string, boolean | 'error']>([
    [`${max} + 0 == ${max}`, true],
    [`${max} + 1 > 0`, 'error'],
    [`${min} - 1 < 0`, 'error'],
    [`-${min} > 0`, 'error'],
    [`${min} < ${max} && ${max} > 9007199254740991`, true],
    [`${max} - ${max} == 0 && ${max} + ${min} == -1`, true],
    [`${max} * 2 > 0`, 'error'],
    ['3037000500 * 3037000500 > 0', 'error'],
    ['3037000499 * 3037000499 > 0', true],
    ['9007199254740991 + 1 == 9007199254740991 + 1 && 9007199254740991 + 1 != 9007199254740991 + 2', true],
    ['[9007199254740991 + 1].contains(9007199254740991 + 1)', true],
    ['0 * -1 == 0 && -0 == 0 && [0].contains(0 * -1)', true],
    ['true + 1 == 2', 'error'],
  ])('%s is %s', (condition, expected) => {
    expect(evaluate(condition)).toBe(expected);
  });

  it('keep every digit of a bigint, and of its sums', () => {
    const set = compile({ staticPolicies: { p: parseOne('permit(principal, action, resource) when { context.big == 9007199254740991 + 2 };') } });
    expect(authorize(set, [], request({ big: 2n ** 53n + 1n })).decision).toBe('allow');
    expect(authorize(set, [], request({ big: 2n ** 53n })).decision).toBe('deny');
  });
});

describe('names that JavaScript knows', () => {
  const own = (...entries: [string, ValueJson][]): { [name: string]: ValueJson } => Object.fromEntries(entries);

  it('are attributes like any others', () => {
    expect(evaluate('context["__proto__"] == 1 && context has constructor', own(['__proto__', 1], ['constructor', 2]))).toBe(true);
  });

  it('are not there unless given', () => {
    expect(evaluate('context has constructor || context has toString || context has "__proto__"')).toBe(false);
  });

  it('are policy ids like any others', () => {
    const policies = { staticPolicies: Object.fromEntries([['__proto__', parseOne('permit(principal, action, resource);')]]) };
    expect(askOurs(policies, [], request())).toEqual({ decision: 'allow', reasons: ['__proto__'], failed: [] });
  });
});
