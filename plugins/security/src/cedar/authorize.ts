/** Decides one request, as Cedar specifies: deny unless a permit applies, and a forbid overrides every permit. */
import type { Environment } from './code.ts';
import { Entities, readEntities } from './entities.ts';
import type { EntityUid } from './entity-uid.ts';
import { EvaluationError, WorkExceeded } from './errors.ts';
import type { EntityJson, RequestJson } from './json.ts';
import { covers, type Policy, type Subjects } from './policy.ts';
import type { PolicySet } from './policy-set.ts';
import { readRequest } from './request.ts';
import type { Subject } from './scope.ts';
import { spendWork, startWork } from './work.ts';

export interface PolicyError {
  readonly policyId: string;
  readonly message: string;
}

export interface Decision {
  readonly decision: 'allow' | 'deny';
  /** Ids of the determining policies, in the order of the set: the permits, or the forbids that override them. */
  readonly reasons: readonly string[];
  /** Policies that failed and so were skipped, forbids too: that is Cedar's rule. */
  readonly errors: readonly PolicyError[];
}

export interface AuthorizeOptions {
  /** `false` looks at every policy instead of asking the index: same answer, for tests and comparisons. */
  readonly indexed?: boolean;
}

/**
 * A pure function of its arguments. Throws `CedarInputError` if the request or entities are not Cedar; whoever
 * enforces the answer takes that, like anything else that is not `allow`, for deny.
 */
export function authorize(policySet: PolicySet, entities: Entities | readonly EntityJson[], request: RequestJson, { indexed = true }: AuthorizeOptions = {}): Decision {
  const store = entities instanceof Entities ? entities : readEntities(entities);
  const { principal, action, resource, context } = readRequest(request);
  startWork();
  let current = '';
  try {
    const subjects: Subjects = { principal: subject(principal, store), action: subject(action, store), resource: subject(resource, store) };
    const found = indexed ? fromIndex(policySet, subjects) : fromAll(policySet, subjects);
    return decide(found, { principal, action, resource, context, entities: store }, (policy) => {
      current = policy.id;
    });
  } catch (error) {
    if (!(error instanceof WorkExceeded)) throw error;
    // Not the policy alone: what was not evaluated could have been a forbid.
    return { decision: 'deny', reasons: [], errors: [{ policyId: current, message: error.message }] };
  }
}

function subject(uid: EntityUid, entities: Entities): Subject {
  return { uid, ancestors: entities.ancestors(uid.key) };
}

function fromIndex(policySet: PolicySet, subjects: Subjects): Iterable<Policy> {
  const found = new Set<Policy>();
  policySet.index.collect(subjects, found);
  return found;
}

function fromAll(policySet: PolicySet, subjects: Subjects): Iterable<Policy> {
  return policySet.policies.filter((policy) => covers(policy, subjects));
}

/** Evaluates every policy found: all that apply are reasons, and all that fail are reported. */
function decide(found: Iterable<Policy>, environment: Environment, started: (policy: Policy) => void): Decision {
  const permits: Policy[] = [];
  const forbids: Policy[] = [];
  const failed: { policy: Policy; message: string }[] = [];
  for (const policy of found) {
    started(policy);
    spendWork(policy.nodes);
    try {
      if (policy.condition?.(environment) ?? true) (policy.effect === 'permit' ? permits : forbids).push(policy);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      failed.push({ policy, message: error.message });
    }
  }
  const reasons = forbids.length > 0 ? forbids : permits;
  return {
    decision: forbids.length === 0 && permits.length > 0 ? 'allow' : 'deny',
    reasons: inOrder(reasons).map(({ id }) => id),
    errors: failed.sort((a, b) => a.policy.order - b.policy.order).map(({ policy, message }) => ({ policyId: policy.id, message })),
  };
}

function inOrder(policies: Policy[]): Policy[] {
  return policies.length > 1 ? policies.sort((a, b) => a.order - b.order) : policies;
}
