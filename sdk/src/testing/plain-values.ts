/**
 * Values as tests and guests write them: jco's glue has BigInt for 64-bit integers and undefined for none, QuickJS
 * guests have numbers and null.
 */

export function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
}
