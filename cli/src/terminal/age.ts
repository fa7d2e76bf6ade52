/** Times for people. */

const STEPS = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [7, 'day'],
  [Number.POSITIVE_INFINITY, 'week'],
] as const;

/** `3 minutes`; what lies ahead (a clock that was set back) is `0 seconds`. */
export function printAge(thenMs: number, nowMs: number): string {
  let value = Math.max(0, Math.floor((nowMs - thenMs) / 1_000));
  for (const [length, unit] of STEPS) {
    if (value < length) return `${value} ${unit}${value === 1 ? '' : 's'}`;
    value = Math.floor(value / length);
  }
  return '';
}

export const printTime = (ms: number): string => (ms > 0 ? new Date(ms).toISOString() : '-');
