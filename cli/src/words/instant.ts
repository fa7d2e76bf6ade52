/** Reads a point in time as `logs --since` takes it: how long ago, an RFC 3339 time, or seconds since the epoch (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';
import { parseDuration } from './duration.ts';

const RFC_3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?$/;
/** Seconds since the epoch have ten digits until the year 2286; fewer are seconds ago. */
const EPOCH_SECONDS = /^[0-9]{10}(?:\.[0-9]+)?$/;

/** Milliseconds since the Unix epoch. */
export function parseInstant(text: string, nowMs: number, where: string): number {
  if (EPOCH_SECONDS.test(text)) return Math.round(Number(text) * 1_000);
  if (RFC_3339.test(text)) {
    const ms = Date.parse(text.replace(/[ t]/, 'T').replace(/z$/, 'Z'));
    if (!Number.isNaN(ms)) return ms;
  } else if (/^[0-9.]+(?:ms|s|m|h|d|$)/.test(text)) return nowMs - parseDuration(text, where);
  throw new Refusal('invalid', `${JSON.stringify(text)} is no point in time`, { where, hint: 'how long ago (10m, 2h) or a time (2026-01-31T12:00:00Z)' });
}
