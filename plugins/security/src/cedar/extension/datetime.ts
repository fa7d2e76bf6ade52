/** Cedar's `datetime` and `duration`: 64-bit counts of milliseconds, since the Unix epoch and as such. */
import { EvaluationError } from '../errors.ts';
import { add, type Long, longOf, remainder, subtract } from '../long.ts';
import type { ExtensionValue, Value } from '../value.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export class Datetime implements ExtensionValue {
  readonly typeName = 'datetime';
  readonly canonical: string;
  readonly milliseconds: Long;

  constructor(milliseconds: Long) {
    this.milliseconds = milliseconds;
    this.canonical = String(milliseconds);
  }
}

export class Duration implements ExtensionValue {
  readonly typeName = 'duration';
  readonly canonical: string;
  readonly milliseconds: Long;

  constructor(milliseconds: Long) {
    this.milliseconds = milliseconds;
    this.canonical = String(milliseconds);
  }
}

const DURATION = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/;

export function parseDuration(text: string): Duration {
  const parts = text === '' || text === '-' ? null : DURATION.exec(text);
  if (parts === null) throw new EvaluationError('invalid duration pattern');
  const units = [DAY, HOUR, MINUTE, SECOND, 1];
  const size = units.reduce((sum, unit, index) => sum + BigInt(parts[index + 2] ?? 0) * BigInt(unit), 0n);
  const milliseconds = longOf(parts[1] === '-' ? -size : size);
  if (milliseconds === undefined) throw new EvaluationError('Duration overflows internal representation');
  return new Duration(milliseconds);
}

const DATETIME = /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2})))?$/;

/** `YYYY-MM-DD`, alone or with `Thh:mm:ss`, `.SSS` if wanted, and `Z` or an offset such as `+0200`. */
export function parseDatetime(text: string): Datetime {
  const parts = DATETIME.exec(text);
  if (parts === null) throw new EvaluationError('invalid datetime pattern');
  const part = (index: number): number => Number(parts[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw new EvaluationError(`invalid date: ${text}`);
  const [hour, minute, second] = [part(4), part(5), part(6)];
  if (hour > 23 || minute > 59 || second > 59) throw new EvaluationError(`invalid hour/minute/second: ${text}`);
  if (part(9) > 23 || part(10) > 59) throw new EvaluationError(`invalid offset range: ${text}`);
  const offset = (part(9) * HOUR + part(10) * MINUTE) * (parts[8] === '-' ? -1 : 1);
  const time = hour * HOUR + minute * MINUTE + second * SECOND + part(7);
  return new Datetime(daysSinceEpoch(year, month, day) * DAY + time - offset);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (MONTH_DAYS[month - 1] ?? 0);
}

/** The proleptic Gregorian calendar from year 0; `Date.UTC` would take years below 100 for 19xx. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  let days = year * 365 + leapDays + day - 1;
  for (let earlier = 1; earlier < month; earlier += 1) days += daysInMonth(year, earlier);
  return days - 719_527; // the same sum for 1970-01-01
}

export function offsetBy(value: Value | undefined, by: Value | undefined): Datetime {
  const sum = add(datetimeOf(value).milliseconds, durationOf(by).milliseconds);
  if (sum === undefined) throw new EvaluationError('overflows when adding an offset');
  return new Datetime(sum);
}

export function durationSince(value: Value | undefined, since: Value | undefined): Duration {
  const difference = subtract(datetimeOf(value).milliseconds, datetimeOf(since).milliseconds);
  if (difference === undefined) throw new EvaluationError('overflows when computing a duration');
  return new Duration(difference);
}

/** Midnight of the same day. */
export function toDate(value: Value | undefined): Datetime {
  const { milliseconds } = datetimeOf(value);
  const midnight = subtract(milliseconds, remainder(milliseconds, DAY));
  if (midnight === undefined) throw new EvaluationError('overflows when computing the date');
  return new Datetime(midnight);
}

/** The time since midnight. */
export function toTime(value: Value | undefined): Duration {
  return new Duration(remainder(datetimeOf(value).milliseconds, DAY));
}

function datetimeOf(value: Value | undefined): Datetime {
  if (value instanceof Datetime) return value;
  throw new EvaluationError('type error: expected datetime');
}

export function durationOf(value: Value | undefined): Duration {
  if (value instanceof Duration) return value;
  throw new EvaluationError('type error: expected duration');
}

export const UNITS = { day: DAY, hour: HOUR, minute: MINUTE, second: SECOND } as const;
