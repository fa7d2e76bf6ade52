/** Every bound of the evaluator in one table, each with its reason (attack 65: policy bombs). */
export const LIMITS = {
  /** Policies in one set: twice the largest set that the benchmarks promise (100,000). */
  policiesMax: 200_000,
  /** Expression nodes in one policy: a hundred times what a person can still read. */
  nodesPerPolicyMax: 10_000,
  /** Expression nodes in one set. Measured: about 200 bytes each in V8 and 500 in QuickJS, so 1 and 2.5 GB. */
  nodesTotalMax: 5_000_000,
  /**
   * Nesting of expressions and of values. Closures and readers recurse, and QuickJS overflows its stack
   * where V8 has room left. Chains of `&&` and `||` count once, however long.
   */
  depthMax: 100,
  /** UTF-16 units in one string: PATH_MAX is 4 KiB, a SPIFFE ID 2 KiB; the rest is room. */
  stringLengthMax: 65_536,
  /** Entities in one store, ten times the idle containers that a node must carry (10,000). */
  entitiesMax: 100_000,
  /** Values (counted with everything inside them) in one entity, or in one request's context. */
  valuesMax: 20_000,
  /** Direct parents of one entity. */
  parentsMax: 1_000,
  /** Ancestors of one entity: each decision walks those of its principal, action and resource. */
  ancestorsMax: 10_000,
  /** Ancestors kept between decisions in one store; past it the memory is dropped and rebuilt. */
  ancestorsKeptMax: 1_000_000,
  /**
   * Work units of one decision: a node evaluated, a set element compared, 64 units of text scanned or written.
   * Cedar has no loops, so work is policies times data; this caps the product at about a second in V8.
   * Past it the whole decision is deny: to skip one policy could skip a forbid.
   */
  workPerDecisionMax: 10_000_000,
} as const;
