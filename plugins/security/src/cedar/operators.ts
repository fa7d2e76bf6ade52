/** Operators on values alone: equality, order, arithmetic, sets and text. */
import { asLong, asSet, asString, booleanCode, type Code, precompute, type Run, runBoolean, typeError, valueCode } from './code.ts';
import { EvaluationError } from './errors.ts';
import { Datetime, Duration } from './extension/datetime.ts';
import { add, isLong, type Long, multiply, negate, subtract } from './long.ts';
import type { Pattern } from './pattern.ts';
import { equals, type Value } from './value.ts';

export function not(code: Code): Code {
  const run = runBoolean(code);
  return booleanCode((environment) => !run(environment));
}

export function negative({ run, constant }: Code): Code {
  const negated = (value: Value): Value => checked(negate(asLong(value)), 'negate');
  return constant === undefined ? valueCode((environment) => negated(run(environment))) : precompute(() => negated(constant));
}

export function isEmpty({ run }: Code): Code {
  return booleanCode((environment) => asSet(run(environment)).elements.length === 0);
}

export function like({ run }: Code, { matches }: Pattern): Code {
  return booleanCode((environment) => matches(asString(run(environment))));
}

type Binary = (left: Run, right: Run) => Code;

function relation(holds: (a: Value, b: Value) => boolean): Binary {
  return (left, right) => booleanCode((environment) => holds(left(environment), right(environment)));
}

function arithmetic(operate: (a: Long, b: Long) => Long | undefined, name: string): Binary {
  return (left, right) =>
    valueCode((environment) => {
      const [a, b] = [left(environment), right(environment)];
      return checked(operate(asLong(a), asLong(b)), name);
    });
}

function checked(result: Long | undefined, name: string): Long {
  if (result === undefined) throw new EvaluationError(`integer overflow while attempting to ${name}`);
  return result;
}

/** `a < b` or, with `orEqual`, `a <= b`: on integers, datetimes and durations. */
function precedes(a: Value, b: Value, orEqual: boolean): boolean {
  const [left, right] = [orderOf(a), orderOf(b)];
  if (left === undefined) throw typeError(right === undefined ? 'one of [long, datetime, duration]' : 'a value comparable to the other', a);
  if (right === undefined || kindOf(a) !== kindOf(b)) throw typeError('a value comparable to the other', b);
  return orEqual ? left <= right : left < right;
}

function orderOf(value: Value): Long | undefined {
  if (isLong(value)) return value;
  return value instanceof Datetime || value instanceof Duration ? value.milliseconds : undefined;
}

function kindOf(value: Value): string {
  return value instanceof Datetime || value instanceof Duration ? value.typeName : 'long';
}

export const BINARY: ReadonlyMap<string, Binary> = new Map([
  ['==', relation(equals)],
  ['!=', relation((a, b) => !equals(a, b))],
  ['<', relation((a, b) => precedes(a, b, false))],
  ['<=', relation((a, b) => precedes(a, b, true))],
  // Defined through the others, so that errors agree with them.
  ['>', relation((a, b) => !precedes(a, b, true))],
  ['>=', relation((a, b) => !precedes(a, b, false))],
  ['+', arithmetic(add, 'add')],
  ['-', arithmetic(subtract, 'subtract')],
  ['*', arithmetic(multiply, 'multiply')],
  ['contains', relation((a, b) => asSet(a).has(b))],
  ['containsAll', relation((a, b) => asSet(a).includesAll(asSet(b)))],
  ['containsAny', relation((a, b) => asSet(a).includesAny(asSet(b)))],
]);
