/** One compiled policy: who and what it is about, and the condition that decides. */
import { type Environment, runBoolean } from './code.ts';
import { CedarInputError, invalid } from './errors.ts';
import { ExpressionCompiler } from './expression.ts';
import { isObject, readArray, readMembers } from './json.ts';
import { type Constraint, holds, readConstraint, type Slots, type Subject } from './scope.ts';
import { boundWork } from './work.ts';

/** The three that a policy's scope speaks of, as a request names them. */
export interface Subjects {
  readonly principal: Subject;
  readonly action: Subject;
  readonly resource: Subject;
}

export type Condition = (environment: Environment) => boolean;

export interface Policy {
  readonly id: string;
  /** Its place in the set: answers list policies in this order. */
  readonly order: number;
  readonly effect: 'permit' | 'forbid';
  readonly principal: Constraint;
  readonly action: Constraint;
  readonly resource: Constraint;
  /** All `when` and `unless` in order; `undefined` if there are none. May throw `EvaluationError`. */
  readonly condition: Condition | undefined;
  /** Size, as a measure of the work of evaluating it. */
  readonly nodes: number;
  readonly annotations: ReadonlyMap<string, string>;
}

const POLICY = ['effect', 'principal', 'action', 'resource', 'conditions'] as const;
const ANNOTATIONS = ['annotations'] as const;
const CONDITION = ['kind', 'body'] as const;

export function compilePolicy(id: string, json: unknown, slots: Slots, order: number): Policy {
  try {
    return boundWork('the policy', () => compileParts(id, json, slots, order));
  } catch (error) {
    throw error instanceof CedarInputError ? new CedarInputError(error.code, `policy ${JSON.stringify(id)}: ${error.message}`) : error;
  }
}

function compileParts(id: string, json: unknown, slots: Slots, order: number): Policy {
  const members = readMembers(json, 'a policy', POLICY, ANNOTATIONS);
  const { effect } = members;
  if (effect !== 'permit' && effect !== 'forbid') throw invalid('the effect of a policy must be permit or forbid');
  const compiler = new ExpressionCompiler();
  const condition = compileConditions(readArray(members['conditions'], 'the conditions of a policy'), compiler);
  const action = readConstraint(members['action'], 'action', slots);
  return {
    id,
    order,
    effect,
    principal: readConstraint(members['principal'], 'principal', slots),
    action,
    resource: readConstraint(members['resource'], 'resource', slots),
    condition,
    nodes: 1 + compiler.nodes + (action.kind === 'in' ? action.keys.length : 0),
    annotations: readAnnotations(members['annotations']),
  };
}

function compileConditions(clauses: readonly unknown[], compiler: ExpressionCompiler): Condition | undefined {
  const conditions = clauses.map((clause): Condition => {
    const { kind, body } = readMembers(clause, 'a condition', CONDITION);
    const run = runBoolean(compiler.compile(body));
    if (kind === 'when') return run;
    if (kind === 'unless') return (environment) => !run(environment);
    throw invalid('a condition must be of kind when or unless');
  });
  return conditions.length > 1 ? (environment) => conditions.every((condition) => condition(environment)) : conditions[0];
}

const NO_ANNOTATIONS: ReadonlyMap<string, string> = new Map();

function readAnnotations(json: unknown): ReadonlyMap<string, string> {
  if (json === undefined) return NO_ANNOTATIONS;
  if (!isObject(json)) throw invalid('annotations must be an object');
  return new Map(
    Object.entries(json).map(([name, value]) => {
      // An annotation without a value, `@audited`, is one with an empty value.
      if (value !== null && typeof value !== 'string') throw invalid('annotations must be strings');
      return [name, value ?? ''];
    }),
  );
}

/** Whether the policy's scope covers the request. */
export function covers(policy: Policy, { principal, action, resource }: Subjects): boolean {
  return holds(policy.resource, resource) && holds(policy.principal, principal) && holds(policy.action, action);
}
