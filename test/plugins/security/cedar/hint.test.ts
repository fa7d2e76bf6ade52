/** Every deny can say what to add, and what it says is Cedar that does it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, compile, denyHint, type PolicySetJson, permitLine, type RequestJson } from '../../../../plugins/security/src/cedar/index.ts';
import { request as anyRequest } from './arbitraries.ts';
import { askOfficial, parseAll, parseOne } from './official.ts';

const request: RequestJson = {
  principal: { type: 'Forge::User', id: 'alice' },
  action: { type: 'Forge::Action', id: 'dir.open' },
  resource: { type: 'Forge::Directory', id: '/srv/x' },
  context: { user: { __entity: { type: 'Forge::User', id: 'alice' } }, rights: ['read'], trust: 2 },
};

describe('the hint for a deny', () => {
  const hint = (set: PolicySetJson, pinned: string[] = []) => {
    const compiled = compile(set);
    return denyHint(compiled, request, authorize(compiled, [], request), pinned);
  };

  it('is the permit that was missing', () => {
    expect(hint({})).toEqual({ line: 'permit(principal == Forge::User::"alice", action == Forge::Action::"dir.open", resource == Forge::Directory::"/srv/x");', forbiddenBy: [] });
  });

  it('can hold on to parts of the context', () => {
    expect(hint({}, ['user', 'rights', 'absent']).line).toBe(
      'permit(principal == Forge::User::"alice", action == Forge::Action::"dir.open", resource == Forge::Directory::"/srv/x") when { context["user"] == Forge::User::"alice" && context["rights"] == ["read"] };',
    );
  });

  it('names the forbids where a permit would not help', () => {
    const set = parseAll({ state: '@reason("the platform\'s own state") forbid(principal, action, resource);', all: 'permit(principal, action, resource);' });
    expect(hint(set)).toEqual({
      line: '// no permit helps: forbidden by "state" ("the platform\'s own state")',
      forbiddenBy: [{ policyId: 'state', reason: "the platform's own state" }],
    });
  });

  it('escapes what could break out of the text, hide in it, or look like something else', () => {
    const evil = { ...request, resource: { type: 'Forge::Directory', id: '/a"\n\\\0\u202e\u200b\u0430é😀' } };
    expect(permitLine(evil)).toContain('resource == Forge::Directory::"/a\\"\\u{a}\\\\\\u{0}\\u{202e}\\u{200b}\\u{430}\\u{e9}\\u{1f600}"');
  });

  it('does not break out of the comment either', () => {
    const set = { staticPolicies: { 'x\npermit(principal, action, resource);': parseOne('forbid(principal, action, resource);') } };
    expect(hint(set).line).not.toContain('\n');
  });

  it('allows exactly that, says the official engine', () => {
    fc.assert(
      fc.property(anyRequest, anyRequest, (asked, other) => {
        const pinned = Object.keys(asked.context).filter((name) => !JSON.stringify(asked.context[name]).includes('[]'));
        const set = parseAll({ hint: permitLine(asked, pinned) });
        expect(askOfficial(set, [], asked)).toEqual({ decision: 'allow', reasons: ['hint'], failed: [] });
        fc.pre(JSON.stringify([asked.principal, asked.action, asked.resource]) !== JSON.stringify([other.principal, other.action, other.resource]));
        expect(askOfficial(set, [], other)).toMatchObject({ decision: 'deny' });
      }),
      { seed: 2026, numRuns: 150 },
    );
  });
});
