/**
 * Finds the policies whose scope may cover a request, without looking at the others: a tree that splits by
 * resource, then principal, then action. It only narrows; `covers` still checks what it finds.
 */
import { covers, type Policy, type Subjects } from './policy.ts';
import type { Constraint, Subject, Variable } from './scope.ts';

/** Resources first: there are more of them than of principals, and far more than of actions. */
const ORDER: readonly Variable[] = ['resource', 'principal', 'action'];

/** Up to this many policies are checked one by one: that is faster than a further level, and far smaller. */
const LEAF_MAX = 8;

/** Policies that one kind of constraint sends the same way. */
interface Split {
  any: ScopeIndex | undefined;
  readonly equal: Map<string, ScopeIndex>;
  readonly is: Map<string, ScopeIndex>;
  readonly in: Map<string, ScopeIndex>;
}

export class ScopeIndex {
  private readonly level: number;
  private policies: Policy[] = [];
  private split: Split | undefined = undefined;

  constructor(level = 0) {
    this.level = level;
  }

  add(policy: Policy): void {
    if (this.split !== undefined) {
      this.route(this.split, policy);
      return;
    }
    this.policies.push(policy);
    if (this.policies.length <= LEAF_MAX || this.level >= ORDER.length) return;
    this.split = { any: undefined, equal: new Map(), is: new Map(), in: new Map() };
    for (const moved of this.policies) this.route(this.split, moved);
    this.policies = [];
  }

  private route(split: Split, policy: Policy): void {
    const variable = ORDER[this.level];
    if (variable === undefined) return;
    const constraint: Constraint = policy[variable];
    switch (constraint.kind) {
      case 'any':
        split.any ??= new ScopeIndex(this.level + 1);
        split.any.add(policy);
        break;
      case 'equal':
        this.below(split.equal, constraint.key).add(policy);
        break;
      case 'is':
        this.below(split.is, constraint.type).add(policy);
        break;
      case 'in':
        for (const key of constraint.keys) this.below(split.in, key).add(policy);
    }
  }

  private below(branches: Map<string, ScopeIndex>, key: string): ScopeIndex {
    let branch = branches.get(key);
    if (branch === undefined) {
      branch = new ScopeIndex(this.level + 1);
      branches.set(key, branch);
    }
    return branch;
  }

  /** Adds every policy that covers the request; one that lists several of its ancestors may be met twice. */
  collect(subjects: Subjects, found: Set<Policy>): void {
    for (const policy of this.policies) if (covers(policy, subjects)) found.add(policy);
    const variable = ORDER[this.level];
    if (this.split === undefined || variable === undefined) return;
    const { uid, ancestors }: Subject = subjects[variable];
    const { any, equal, is, in: within } = this.split;
    any?.collect(subjects, found);
    equal.get(uid.key)?.collect(subjects, found);
    is.get(uid.type)?.collect(subjects, found);
    if (within.size === 0) return;
    within.get(uid.key)?.collect(subjects, found);
    if (within.size < ancestors.size) {
      for (const [key, branch] of within) if (ancestors.has(key)) branch.collect(subjects, found);
    } else {
      for (const key of ancestors) within.get(key)?.collect(subjects, found);
    }
  }
}
