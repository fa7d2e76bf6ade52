/** Decides a question of the gate by policies (call path step 7): deny unless every part of it is allowed. */

import type { Decision, Request } from 'forge:security/authorizer@0.1.0';
import { refuse } from '@forgeone/sdk';
import { authorize, CedarInputError, denyHint, type PolicySet } from './cedar/index.ts';
import { leaseMs } from './lease.ts';
import { type Question, toQuestions } from './question.ts';

/** What decisions rest on. Whoever changes any of it raises the epoch before anyone is told. */
export interface Basis {
  readonly policies: PolicySet;
  readonly trustedPlugins: ReadonlySet<string>;
  readonly epoch: number;
}

/** The hint names the user too, so that what is pasted for one does not serve all. */
const PINNED = ['user'];

/** Pure: the same request gets the same answer as long as the basis is the same. Throws `invalid` or `limit` for what is no request. */
export function decide({ policies, trustedPlugins, epoch }: Basis, request: Request): Decision {
  const answer = { requestId: request.id, epoch, leaseMs: 0, hint: null };
  const reasons = new Set<string>();
  for (const question of asCedar(() => toQuestions(request, trustedPlugins))) {
    const decision = asCedar(() => authorize(policies, question.entities, question.request));
    const failed = decision.errors.map(({ policyId, message }) => `${policyId} failed: ${message}`);
    if (decision.decision !== 'allow') return { ...answer, allowed: false, reasons: [...decision.reasons, ...failed], hint: hintFor(policies, question, decision) };
    for (const reason of [...decision.reasons, ...failed]) reasons.add(reason);
  }
  // No question was asked: then nothing was allowed.
  if (reasons.size === 0) return { ...answer, allowed: false, reasons: [] };
  return { ...answer, allowed: true, leaseMs: leaseMs(request.action, true, request.rights), reasons: [...reasons] };
}

function hintFor(policies: PolicySet, { request }: Question, decision: Parameters<typeof denyHint>[2]): string {
  return denyHint(policies, request, decision, PINNED).line;
}

/** What the evaluator refuses as input is a refusal here; the gate takes it for a denial. */
function asCedar<T>(run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof CedarInputError)) throw thrown;
    throw thrown.code === 'limit' ? refuse.limit(thrown.message, { where: 'request' }) : refuse.invalid(thrown.message, { where: 'request' });
  }
}
