/** Reads how many (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';

/** What a WIT `u32` can say. */
const COUNT_MAX = 2 ** 32 - 1;

export function parseCount(word: string, where: string): number {
  const count = /^[0-9]{1,10}$/.test(word) ? Number(word) : Number.NaN;
  if (count <= COUNT_MAX) return count;
  throw new Refusal('invalid', `${JSON.stringify(word)} is no whole number`, { where, hint: `from 0 to ${COUNT_MAX}` });
}
