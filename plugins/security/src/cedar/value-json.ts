/** Reads values from Cedar's JSON form, in entities, contexts and policy literals. */
import { readEntityUid } from './entity-uid.ts';
import { invalid, overLimit } from './errors.ts';
import { callExtension } from './extension/functions.ts';
import { isObject, type JsonObject } from './json.ts';
import { LIMITS } from './limits.ts';
import { longOf } from './long.ts';
import { checkName, checkString } from './names.ts';
import { CedarRecord, CedarSet, type Value } from './value.ts';

/** Counts values down over one entity or context. */
export class ValueReader {
  private left: number = LIMITS.valuesMax;

  /** Throws `CedarInputError`, or `EvaluationError` where an extension function refuses its arguments. */
  read(json: unknown, depth = 0): Value {
    this.left -= 1;
    if (this.left < 0) throw overLimit('too many values');
    switch (typeof json) {
      case 'string':
        return checkString(json);
      case 'boolean':
        return json;
      case 'number':
        if (Number.isSafeInteger(json)) return json + 0; // -0 is 0
        throw invalid(`not an exact integer: ${json}`);
      case 'bigint':
        return readBigint(json);
    }
    if (depth > LIMITS.depthMax) throw overLimit('a value is nested too deeply');
    if (Array.isArray(json)) return new CedarSet(this.readList(json, depth));
    if (isObject(json)) return this.readObject(json, depth);
    throw invalid(json === null ? 'null is not a Cedar value' : `a ${typeof json} is not a Cedar value`);
  }

  readFields(json: JsonObject, depth = 0): Map<string, Value> {
    const fields = new Map<string, Value>();
    for (const name of Object.keys(json)) fields.set(checkString(name), this.read(json[name], depth + 1));
    return fields;
  }

  private readList(json: readonly unknown[], depth: number): Value[] {
    const values: Value[] = [];
    for (const item of json) values.push(this.read(item, depth + 1));
    return values;
  }

  /** Objects with one member may be escapes; what only resembles one is a record, as in the official engine. */
  private readObject(json: JsonObject, depth: number): Value {
    const names = Object.keys(json);
    const name = names.length === 1 ? names[0] : undefined;
    if (name?.startsWith('__')) {
      const content = json[name];
      if (name === '__expr' && typeof content === 'string') throw invalid('the __expr escape is no longer part of Cedar');
      if (isObject(content)) {
        if (name === '__entity' && typeof content['type'] === 'string' && typeof content['id'] === 'string') {
          return readEntityUid(content, 'an __entity');
        }
        if (name === '__extn' && typeof content['fn'] === 'string') {
          const args = Object.hasOwn(content, 'arg') ? [content['arg']] : content['args'];
          if (Array.isArray(args)) {
            if (content['fn'] === 'unknown') throw invalid('unknown values (partial evaluation) are not supported');
            return callExtension(checkName(content['fn']), this.readList(args, depth));
          }
        }
      }
    }
    return new CedarRecord(this.readFields(json, depth));
  }
}

function readBigint(json: bigint): Value {
  const long = longOf(json);
  if (long === undefined) throw invalid(`not a 64-bit integer: ${json}`);
  return long;
}
