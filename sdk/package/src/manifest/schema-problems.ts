/** Turns what the schema validator found into problems a person can act on. */

import type { SchemaError } from '../generated/validate-manifest.js';
import { type Problem, problem, quote } from '../problems.ts';
import { nearestKey } from './nearest-key.ts';

/** `place` says where a JSON pointer stands in what the author wrote. */
export function schemaProblems(errors: readonly SchemaError[], place: (pointer: string) => string): Problem[] {
  const problems = new Map<string, Problem>();
  for (const error of errors) {
    const { pointer, message, hint } = explain(error);
    const where = place(pointer);
    // A key checked by two definitions fails twice with the same words.
    problems.set(`${where} ${message}`, problem('invalid', message, { where, hint }));
  }
  return [...problems.values()];
}

interface Explanation {
  readonly pointer: string;
  readonly message: string;
  readonly hint: string | undefined;
}

function explain(error: SchemaError): Explanation {
  const { instancePath: path, keyword, params, data, parentSchema } = error;
  const key = keyPath(path);
  const hint = parentSchema?.description;
  const explained = (message: string): Explanation => ({ pointer: path, message, hint });
  // An error inside propertyNames is about a key, and points at the table that holds it.
  if (error.propertyName !== undefined) {
    return { pointer: `${path}/${escapePointer(error.propertyName)}`, message: `${quote(error.propertyName)} cannot be a key of ${key}`, hint };
  }
  switch (keyword) {
    case 'additionalProperties':
      return explainUnknownKey(path, String(params['additionalProperty']), Object.keys(parentSchema?.properties ?? {}));
    case 'required': {
      const missing = String(params['missingProperty']);
      return { pointer: path, message: `${key} lacks the key ${quote(missing)}`, hint: parentSchema?.properties?.[missing]?.description ?? hint };
    }
    case 'type':
      return explained(`${key} is ${nameType(data)}; it must be ${listWords(params['type'])}`);
    case 'enum': {
      const allowed = (params['allowedValues'] as readonly unknown[]).map(String);
      const near = typeof data === 'string' ? nearestKey(data, allowed) : undefined;
      return {
        pointer: path,
        message: `${key} is ${quote(data)}; it must be one of ${allowed.map(quote).join(', ')}`,
        hint: near === undefined ? hint : `did you mean ${quote(near)}?`,
      };
    }
    case 'pattern':
      return explained(`${key} cannot be ${quote(data)}`);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
      return explained(`${key} is ${quote(data)}; it must be ${String(params['comparison'])} ${String(params['limit'])}`);
    case 'minLength':
    case 'minItems':
      return explained(`${key} is empty`);
    case 'maxLength':
      return explained(`${key} has more than ${String(params['limit'])} characters`);
    case 'maxItems':
    case 'maxProperties':
      return explained(`${key} has more than ${String(params['limit'])} entries`);
    case 'uniqueItems':
      return { pointer: `${path}/${String(params['i'])}`, message: `${key} names ${quote((data as readonly unknown[])[Number(params['i'])])} twice`, hint };
    case 'propertyNames':
      return { pointer: `${path}/${escapePointer(String(params['propertyName']))}`, message: `${quote(params['propertyName'])} cannot be a key of ${key}`, hint };
    default:
      return explained(`${key} ${error.message ?? `fails "${keyword}"`}`);
  }
}

function explainUnknownKey(path: string, unknown: string, known: readonly string[]): Explanation {
  const near = nearestKey(unknown, known);
  return {
    pointer: `${path}/${escapePointer(unknown)}`,
    message: `unknown key ${quote(unknown)} in ${keyPath(path)}`,
    hint: near === undefined ? `known keys: ${known.join(', ')}` : `did you mean ${quote(near)}?`,
  };
}

/** `/container/0/limits/cpu` as people say it: `container[0].limits.cpu`. */
export function keyPath(pointer: string): string {
  if (pointer === '') return 'the manifest';
  const parts = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const name = (part: string) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : quote(part));
  return parts.map((part, index) => (/^[0-9]+$/.test(part) ? `[${part}]` : `${index === 0 ? '' : '.'}${name(part)}`)).join('');
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a table',
  null: 'null',
};

function listWords(types: unknown): string {
  const names = Array.isArray(types) ? types : String(types).split(',');
  return names.map((name) => TYPE_WORDS[String(name)] ?? String(name)).join(' or ');
}

function nameType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  return TYPE_WORDS[typeof value] ?? typeof value;
}
