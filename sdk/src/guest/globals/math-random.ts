/**
 * Math.random: sfc32 (Chris Doty-Humphrey's PractRand), seeded from the host at first use. QuickJS's own generator is
 * seeded at build time and would give every instance the same numbers.
 */
import { requireRunTime } from '../phase.ts';
import { randomBytes } from '../platform.ts';

let state: Int32Array | undefined;

function next(s: Int32Array): number {
  const [a = 0, b = 0, c = 0, counter = 0] = s;
  const sum = (a + b + counter) | 0;
  s[0] = b ^ (b >>> 9);
  s[1] = (c + (c << 3)) | 0;
  s[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
  s[3] = (counter + 1) | 0;
  return sum >>> 0;
}

function seed(): Int32Array {
  requireRunTime('Math.random()');
  const seeded = new Int32Array(4);
  new Uint8Array(seeded.buffer).set(randomBytes(16));
  // The authors' advice: the first outputs are still close to the seed.
  for (let i = 0; i < 12; i++) next(seeded);
  return seeded;
}

/** 53 bits, as V8: 27 high, 26 low. */
const guestRandom = (): number => {
  state ??= seed();
  return ((next(state) >>> 5) * 2 ** 26 + (next(state) >>> 6)) / 2 ** 53;
};

Math['random'] = guestRandom;

export { guestRandom as 'globalThis.Math.random', guestRandom as 'Math.random' };
