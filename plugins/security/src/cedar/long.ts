/**
 * Cedar's 64-bit integers: a `number` where that is exact, else a `bigint`. There is one form for each value,
 * so `===` compares them. Operations answer `undefined` on overflow, which Cedar makes an error.
 */
export type Long = number | bigint;

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

export function isLong(value: unknown): value is Long {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The one form of an exact integer, `undefined` outside 64 bits. */
export function longOf(exact: bigint): Long | undefined {
  if (exact < MIN || exact > MAX) return undefined;
  const near = Number(exact);
  return Number.isSafeInteger(near) ? near : exact;
}

// A sum or product of safe integers that rounds to a safe integer is exact: rounding never crosses 2^53 inwards.
// `+ 0` turns the -0 of `0 * -1` into 0.

export function add(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return longOf(BigInt(a) + BigInt(b));
}

export function subtract(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return longOf(BigInt(a) - BigInt(b));
}

export function multiply(a: Long, b: Long): Long | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return longOf(BigInt(a) * BigInt(b));
}

export function negate(a: Long): Long | undefined {
  return typeof a === 'number' ? 0 - a : longOf(-a);
}

/** Division that drops the remainder, as Rust's `/` does; `by` is positive, so it cannot overflow. */
export function divide(a: Long, by: number): Long {
  return typeof a === 'number' ? Math.trunc(a / by) + 0 : (longOf(a / BigInt(by)) ?? 0);
}

/** The remainder in `[0, by)`, as Rust's `rem_euclid` gives it. */
export function remainder(a: Long, by: number): number {
  const signed = typeof a === 'number' ? a % by : Number(a % BigInt(by));
  return signed < 0 ? signed + by : signed + 0;
}
