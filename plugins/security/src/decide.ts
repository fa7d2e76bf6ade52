/** Decides a question of the gate by policies (call path step 7): deny unless every part of it is allowed. */

import type { Decision, Request } from 'forge:security/authorizer@0.1.0';
import { refuse } from '@forgeone/sdk';
import { authorize, CedarInputError, denyHint, type PolicySet } from './cedar/index.ts';
import { leaseMs } from './lease.ts';
import { Memory } from './memory.ts';
import { type Question, toQuestions } from './question.ts';

/** What decisions rest on. Whoever changes any of it raises the epoch before anyone is told. */
export interface Basis {
  readonly policies: PolicySet;
  readonly trustedPlugins: ReadonlySet<string>;
  readonly epoch: number;
}

/** The hint names the user too, so that what is pasted for one does not serve all. */
const PINNED = ['user'];

/** A decision without the id of the request: the same for the same question. */
type Answer = Omit<Decision, 'requestId'>;

/** Questions that were decided; a node asks few and asks them again. */
const ANSWERS_MAX = 2048;

/** Decides on one basis. Deciding is pure, so what was decided once is decided; a new basis takes a new decider. */
export class Decider {
  readonly #basis: Basis;
  readonly #answers = new Memory<Answer>(ANSWERS_MAX);

  constructor(basis: Basis) {
    this.#basis = basis;
  }

  /** Throws `invalid` or `limit` for what is no request. */
  decide(request: Request): Decision {
    const { id, ...question } = request;
    const answer = this.#answers.recall(JSON.stringify(question), () => decide(this.#basis, request));
    return { ...answer, requestId: id };
  }
}

/** The answer without memory: deny unless every part of the question is allowed. */
export function decide({ policies, trustedPlugins, epoch }: Basis, request: Request): Answer {
  const answer = { epoch, leaseMs: 0, hint: null };
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
