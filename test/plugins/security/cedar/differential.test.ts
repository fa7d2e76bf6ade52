/** Random policies, entities and requests: our answer is the official engine's answer. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorize, compile, readEntities } from '../../../../plugins/security/src/cedar/index.ts';
import { barePolicy, entities, numbered, openPolicy, request, scopedPolicy } from './arbitraries.ts';
import { askOfficial, askOurs, official } from './official.ts';

// Fixed, so that a red run is red again; FORGE_TEST_SEED explores further.
const seed = Number(process.env['FORGE_TEST_SEED'] ?? 2026);

/** So many runs, or as many as fit: a busy machine gets fewer, never a red test. */
const runs = (numRuns: number, interruptAfterTimeLimit: number) => ({ seed, numRuns, interruptAfterTimeLimit });

describe('the evaluator and the official engine', () => {
  it('agree on conditions', () => {
    let asked = 0;
    let errors = 0;
    let allows = 0;
    fc.assert(
      fc.property(fc.array(openPolicy, { minLength: 1, maxLength: 6 }), entities, request, (list, store, question) => {
        const set = { staticPolicies: numbered(list) };
        const expected = askOfficial(set, store, question);
        expect(askOurs(set, store, question)).toEqual(expected);
        asked += 1;
        if (expected !== 'refused') {
          errors += expected.failed.length;
          allows += expected.decision === 'allow' ? 1 : 0;
        }
      }),
      runs(500, 4_000),
    );
    // The world is no use if nothing ever holds, or nothing ever fails.
    expect(allows / asked).toBeGreaterThan(0.1);
    expect(errors / asked).toBeGreaterThan(0.4);
  });

  it('agree on scopes', () => {
    fc.assert(
      fc.property(fc.array(scopedPolicy, { minLength: 1, maxLength: 25 }), entities, fc.array(request, { minLength: 3, maxLength: 3 }), (list, store, questions) => {
        const set = { staticPolicies: numbered(list) };
        for (const question of questions) expect(askOurs(set, store, question)).toEqual(askOfficial(set, store, question));
      }),
      runs(150, 2_500),
    );
  });

  it('agree on policies that went through Cedar text', () => {
    fc.assert(
      fc.property(openPolicy, entities, request, (policy, store, question) => {
        const text = official.policyToText(policy as never);
        if (text.type === 'failure') throw new Error(text.errors[0]?.message);
        const parsed = official.policyToJson(text.text);
        // Some JSON has no text (a record value that looks like an escape); that is not what is tested here.
        fc.pre(parsed.type === 'success');
        const set = { staticPolicies: { p: parsed.json as never } };
        expect(askOurs(set, store, question)).toEqual(askOfficial({ staticPolicies: { p: text.text as never } }, store, question));
      }),
      runs(200, 1_500),
    );
  });
});

describe('the scope index', () => {
  it('finds what looking at every policy finds', () => {
    fc.assert(
      fc.property(fc.array(barePolicy, { minLength: 50, maxLength: 300 }), entities, fc.array(request, { minLength: 10, maxLength: 10 }), (list, json, questions) => {
        const set = compile({ staticPolicies: numbered(list) });
        const store = readEntities(json);
        for (const question of questions) expect(authorize(set, store, question)).toEqual(authorize(set, store, question, { indexed: false }));
      }),
      runs(60, 1_500),
    );
  });
});
