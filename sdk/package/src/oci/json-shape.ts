/** Reads fields of untrusted JSON documents with a type, and says which field was wrong. */

import { isJsonObject, type JsonObject, type JsonValue } from '../json/parse-json.ts';
import { quote, refuse } from '../problems.ts';

/** A JSON object and the name it has in problems. */
export class JsonShape {
  readonly what: string;
  readonly #fields: JsonObject;

  constructor(value: JsonValue | undefined, what: string) {
    if (!isJsonObject(value)) refuse('invalid', 'is no JSON object', { where: what });
    this.what = what;
    this.#fields = value;
  }

  string(key: string): string | undefined {
    const value = this.#get(key);
    return value === undefined || typeof value === 'string' ? value : this.#wrong(key, 'a string');
  }

  /** A size or count: a whole number from 0. */
  whole(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return value;
    return this.#wrong(key, 'a whole number');
  }

  object(key: string): JsonShape | undefined {
    const value = this.#get(key);
    return value === undefined ? undefined : new JsonShape(value, `${this.what}/${key}`);
  }

  objects(key: string): JsonShape[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return this.#wrong(key, 'a list');
    return value.map((item, index) => new JsonShape(item, `${this.what}/${key}/${index}`));
  }

  strings(key: string): string[] | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return this.#wrong(key, 'a list of strings');
    return value;
  }

  /** An object whose values are strings, such as annotations. */
  stringMap(key: string): Readonly<Record<string, string>> {
    const value = this.#get(key) ?? {};
    if (!isJsonObject(value) || !Object.values(value).every((item) => typeof item === 'string')) return this.#wrong(key, 'an object of strings');
    return value as Record<string, string>;
  }

  /** `null` is what Go writes for an empty list, so it means absent. */
  #get(key: string): JsonValue | undefined {
    return Object.hasOwn(this.#fields, key) ? (this.#fields[key] ?? undefined) : undefined;
  }

  #wrong(key: string, expected: string): never {
    return refuse('invalid', `${quote(key)} must be ${expected}`, { where: this.what });
  }
}
