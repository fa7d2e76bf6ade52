/** What an expression compiles to, and the checks that turn a value of unknown type into one of a known type. */
import type { Entities } from './entities.ts';
import { EntityUid } from './entity-uid.ts';
import { EvaluationError } from './errors.ts';
import { isLong, type Long } from './long.ts';
import type { Request } from './request.ts';
import { CedarSet, typeNameOf, type Value } from './value.ts';

/** What policies are evaluated against. */
export interface Environment extends Request {
  readonly entities: Entities;
}

export type Run = (environment: Environment) => Value;

export interface Code {
  readonly run: Run;
  /** The value, where it is the same for every request. */
  readonly constant: Value | undefined;
  /** Whether `run` can only answer a boolean, so that nobody checks twice. */
  readonly isBoolean: boolean;
}

export function constantCode(value: Value): Code {
  return { run: () => value, constant: value, isBoolean: typeof value === 'boolean' };
}

export function valueCode(run: Run): Code {
  return { run, constant: undefined, isBoolean: false };
}

export function booleanCode(run: (environment: Environment) => boolean): Code {
  return { run, constant: undefined, isBoolean: true };
}

/** Code that does not depend on the request: run once, now. What fails now fails in every request. */
export function precompute(evaluate: () => Value): Code {
  try {
    return constantCode(evaluate());
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return valueCode(() => {
      throw error;
    });
  }
}

export function runBoolean(code: Code): (environment: Environment) => boolean {
  const { run } = code;
  if (code.isBoolean) return run as (environment: Environment) => boolean;
  return (environment) => {
    const value = run(environment);
    if (typeof value === 'boolean') return value;
    throw typeError('bool', value);
  };
}

export function typeError(expected: string, got: Value): EvaluationError {
  return new EvaluationError(`type error: expected ${expected}, got ${typeNameOf(got)}`);
}

export function asLong(value: Value): Long {
  if (isLong(value)) return value;
  throw typeError('long', value);
}

export function asString(value: Value): string {
  if (typeof value === 'string') return value;
  throw typeError('string', value);
}

export function asSet(value: Value): CedarSet {
  if (value instanceof CedarSet) return value;
  throw typeError('set', value);
}

export function asEntity(value: Value): EntityUid {
  if (value instanceof EntityUid) return value;
  throw typeError('(entity of type `any_entity_type`)', value);
}
