/** The table of extension functions by name; a method call's receiver is its first argument. */
import { EvaluationError } from '../errors.ts';
import { divide, type Long } from '../long.ts';
import type { Value } from '../value.ts';
import { durationOf, durationSince, offsetBy, parseDatetime, parseDuration, toDate, toTime, UNITS } from './datetime.ts';
import { compareDecimals, parseDecimal } from './decimal.ts';
import { ipOf, parseIp } from './ip.ts';

type Argument = Value | undefined;

interface ExtensionFunction {
  readonly arity: 1 | 2;
  readonly call: (a: Argument, b: Argument) => Value;
}

function unary(call: (a: Argument) => Value): ExtensionFunction {
  return { arity: 1, call };
}

function binary(call: (a: Argument, b: Argument) => Value): ExtensionFunction {
  return { arity: 2, call };
}

function fromText(parse: (text: string) => Value): ExtensionFunction {
  return unary((text) => {
    if (typeof text !== 'string') throw new EvaluationError('type error: expected string');
    return parse(text);
  });
}

function inUnit(unit: number): ExtensionFunction {
  return unary((value): Long => divide(durationOf(value).milliseconds, unit));
}

const FUNCTIONS: ReadonlyMap<string, ExtensionFunction> = new Map([
  ['ip', fromText(parseIp)],
  ['isIpv4', unary((a) => ipOf(a).bits === 32)],
  ['isIpv6', unary((a) => ipOf(a).bits === 128)],
  ['isLoopback', unary((a) => ipOf(a).isLoopback())],
  ['isMulticast', unary((a) => ipOf(a).isMulticast())],
  ['isInRange', binary((a, b) => ipOf(a).isInRange(ipOf(b)))],
  ['decimal', fromText(parseDecimal)],
  ['lessThan', binary((a, b) => compareDecimals(a, b) < 0)],
  ['lessThanOrEqual', binary((a, b) => compareDecimals(a, b) <= 0)],
  ['greaterThan', binary((a, b) => compareDecimals(a, b) > 0)],
  ['greaterThanOrEqual', binary((a, b) => compareDecimals(a, b) >= 0)],
  ['datetime', fromText(parseDatetime)],
  ['duration', fromText(parseDuration)],
  ['offset', binary(offsetBy)],
  ['durationSince', binary(durationSince)],
  ['toDate', unary(toDate)],
  ['toTime', unary(toTime)],
  ['toMilliseconds', inUnit(1)],
  ['toSeconds', inUnit(UNITS.second)],
  ['toMinutes', inUnit(UNITS.minute)],
  ['toHours', inUnit(UNITS.hour)],
  ['toDays', inUnit(UNITS.day)],
]);

export function isExtensionFunction(name: string): boolean {
  return FUNCTIONS.has(name);
}

/** A wrong name or number of arguments is an error of the policy, not of its form: so says the official engine. */
export function callExtension(name: string, args: readonly Value[]): Value {
  const found = FUNCTIONS.get(name);
  if (found === undefined) throw new EvaluationError(`extension function \`${name}\` does not exist`);
  if (args.length !== found.arity) {
    throw new EvaluationError(`wrong number of arguments provided to extension function \`${name}\`: expected ${found.arity}, got ${args.length}`);
  }
  return found.call(args[0], args[1]);
}
