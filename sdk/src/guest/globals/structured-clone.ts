/** structuredClone (HTML, StructuredSerialize) for what a guest has: no transfer, no platform objects. */

const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

const refuse = (what: string): never => {
  throw new DOMException(`${what} cannot be cloned`, 'DataCloneError');
};

function cloneObject(value: object, seen: Map<object, object>): object {
  const known = seen.get(value);
  if (known) return known;
  const keep = <T extends object>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  const clone = (inner: unknown): unknown => cloneValue(inner, seen);

  if (Array.isArray(value)) {
    const copy = keep(new Array(value.length));
    for (const key of Object.keys(value)) copy[key as unknown as number] = clone(value[key as unknown as number]);
    return copy;
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of [...value]) copy.set(clone(key), clone(item));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(clone(item));
    return copy;
  }
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = clone(value.buffer) as ArrayBuffer;
    const View = value.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
    return keep(new View(buffer, value.byteOffset, value instanceof DataView ? value.byteLength : (value as Uint8Array).length));
  }
  if (Object.prototype.toString.call(value) === '[object Date]') return keep(new (value.constructor as DateConstructor)((value as Date).getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
  if (value instanceof Error) {
    const copy = keep(new (ERRORS[value.name as keyof typeof ERRORS] ?? Error)(value.message));
    if (value.stack !== undefined) Object.defineProperty(copy, 'stack', { value: value.stack, writable: true, configurable: true });
    if ('cause' in value) copy.cause = clone(value.cause);
    return copy;
  }
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef || value instanceof Promise) refuse(Object.prototype.toString.call(value));
  const copy: Record<string, unknown> = keep({});
  for (const key of Object.keys(value)) copy[key] = clone((value as Record<string, unknown>)[key]);
  return copy;
}

function cloneValue(value: unknown, seen: Map<object, object>): unknown {
  if (typeof value === 'function') return refuse('a function');
  if (typeof value === 'symbol') return refuse('a symbol');
  return typeof value === 'object' && value !== null ? cloneObject(value, seen) : value;
}

const guestStructuredClone = <T>(value: T): T => cloneValue(value, new Map()) as T;

Reflect.set(globalThis, 'structuredClone', guestStructuredClone);

export { guestStructuredClone as 'globalThis.structuredClone', guestStructuredClone as structuredClone };
