/** Reads a length of time as people type it (`30s`, `5m`, `1h30m`, `500ms`, or seconds) into milliseconds (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a WIT `u32` of milliseconds can say: 49 days. */
export const DURATION_MS_MAX = 2 ** 32 - 1;

const WHOLE = /^(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+$/;
const PART = /([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/g;

/** Whole milliseconds from 0 to {@link DURATION_MS_MAX}; a bare number is seconds, as in podman. */
export function parseDuration(text: string, where: string): number {
  const plain = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? `${text}s` : text;
  if (!WHOLE.test(plain)) throw new Refusal('invalid', `${JSON.stringify(text)} is no length of time`, { where, hint: 'a number and a unit: 30s, 5m, 1h30m, 500ms' });
  let ms = 0;
  for (const [, digits, unit = 's'] of plain.matchAll(PART)) ms += Number(digits) * (UNIT_MS[unit] ?? 0);
  if (ms > DURATION_MS_MAX) throw new Refusal('invalid', `${JSON.stringify(text)} is too long`, { where, hint: 'at most 49 days' });
  return Math.round(ms);
}

/** The same, but nothing is not a time limit. */
export function parseTimeLimit(text: string, where: string): number {
  const ms = parseDuration(text, where);
  if (ms >= 1) return ms;
  throw new Refusal('invalid', 'a time limit is at least 1 ms', { where, hint: 'leave the option out for no limit' });
}
