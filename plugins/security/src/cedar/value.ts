/** Cedar values as the evaluator holds them, and what it means that two of them are equal. */
import { EntityUid } from './entity-uid.ts';
import { isLong, type Long } from './long.ts';
import { spendText, spendWork } from './work.ts';

export type Value = boolean | Long | string | EntityUid | CedarSet | CedarRecord | ExtensionValue;

/** A value of an extension type. Two of one type are equal when their canonical arguments are. */
export interface ExtensionValue {
  /** As error messages and Cedar text name the type. */
  readonly typeName: 'ipaddr' | 'decimal' | 'datetime' | 'duration';
  /** One string for each value of the type. */
  readonly canonical: string;
}

export class CedarRecord {
  readonly fields: ReadonlyMap<string, Value>;
  /** Filled by `keyOf`. */
  key: string | undefined = undefined;

  constructor(fields: ReadonlyMap<string, Value>) {
    this.fields = fields;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

export class CedarSet {
  /** Without duplicates. */
  readonly elements: readonly Value[];
  /** Elements that JavaScript compares by value; its own `Set` finds them fastest. */
  readonly atoms: ReadonlySet<Value>;
  /** Keys of all other elements. */
  readonly keys: ReadonlySet<string>;
  /** Filled by `keyOf`. */
  key: string | undefined = undefined;

  constructor(elements: readonly Value[]) {
    spendWork(elements.length);
    if (elements.some((element) => typeof element === 'object')) {
      const atoms = new Set<Value>();
      const byKey = new Map<string, Value>();
      for (const element of elements) {
        if (typeof element === 'object') byKey.set(keyOf(element), element);
        else atoms.add(element);
      }
      this.elements = [...atoms, ...byKey.values()];
      this.atoms = atoms;
      this.keys = new Set(byKey.keys());
    } else {
      this.atoms = new Set(elements);
      this.elements = this.atoms.size === elements.length ? elements : [...this.atoms];
      this.keys = NO_KEYS;
    }
  }

  has(value: Value): boolean {
    if (typeof value !== 'object') return this.atoms.has(value);
    return this.keys.size > 0 && this.keys.has(keyOf(value));
  }

  includesAll(other: CedarSet): boolean {
    spendWork(other.elements.length);
    if (other.atoms.size > this.atoms.size || other.keys.size > this.keys.size) return false;
    for (const atom of other.atoms) if (!this.atoms.has(atom)) return false;
    for (const key of other.keys) if (!this.keys.has(key)) return false;
    return true;
  }

  includesAny(other: CedarSet): boolean {
    const [small, large] = other.elements.length < this.elements.length ? [other, this] : [this, other];
    spendWork(small.elements.length);
    for (const atom of small.atoms) if (large.atoms.has(atom)) return true;
    for (const key of small.keys) if (large.keys.has(key)) return true;
    return false;
  }
}

/** Cedar's `==`: values of different types differ, and no comparison is an error. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'string') {
    // Comparing strings of one length reads both.
    if (typeof b === 'string') spendText(a.length);
    return false;
  }
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof EntityUid) return b instanceof EntityUid && a.key === b.key;
  if (a instanceof CedarSet) return b instanceof CedarSet && a.elements.length === b.elements.length && a.includesAll(b);
  if (a instanceof CedarRecord) return b instanceof CedarRecord && sameFields(a, b);
  return !(b instanceof EntityUid || b instanceof CedarSet || b instanceof CedarRecord) && a.typeName === b.typeName && a.canonical === b.canonical;
}

function sameFields(a: CedarRecord, b: CedarRecord): boolean {
  if (a.fields.size !== b.fields.size) return false;
  spendWork(a.fields.size);
  for (const [name, field] of a.fields) {
    const other = b.fields.get(name);
    if (other === undefined || !equals(field, other)) return false;
  }
  return true;
}

/** One string for each value, so that sets of values are sets of strings. Kept, because policies share values. */
export function keyOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'T' : 'F';
    case 'number':
    case 'bigint':
      return `n${value}`;
    case 'string':
      return quote(value);
  }
  if (value instanceof EntityUid) return `e${quote(value.key)}`;
  if (value instanceof CedarSet || value instanceof CedarRecord) {
    value.key ??= value instanceof CedarSet ? join('[', value.elements.map(keyOf)) : join('{', Array.from(value.fields, keyOfField));
    return value.key;
  }
  return `x${value.typeName}:${value.canonical}`;
}

function keyOfField([name, field]: [string, Value]): string {
  return quote(name) + keyOf(field);
}

/** The length in front makes every key end where it says it does, whatever the text holds. */
function quote(text: string): string {
  return `s${text.length}:${text}`;
}

function join(open: string, keys: string[]): string {
  const key = `${open}${keys.sort().join(',')};`;
  spendWork(keys.length);
  spendText(key.length);
  return key;
}

/** A value's type, as error messages name it. */
export function typeNameOf(value: Value): string {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (isLong(value)) return 'long';
  if (value instanceof EntityUid) return `(entity of type \`${value.type}\`)`;
  if (value instanceof CedarSet) return 'set';
  if (value instanceof CedarRecord) return 'record';
  return value.typeName;
}
