/** What the globals need of the host of an app; takes the place of ../guest/platform.ts in `buildApp`. */
import { now, subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.12';
import { now as wallNow } from 'wasi:clocks/wall-clock@0.2.12';
import { getRandomBytes } from 'wasi:random/random@0.2.12';
import { stderr, stdout } from './stdio.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

export function nowMs(): number {
  const { seconds, nanoseconds } = wallNow();
  return seconds * 1000 + nanoseconds / 1e6;
}

export const monotonicMs = (): number => now() / 1e6;

export const randomBytes = (length: number): Uint8Array => getRandomBytes(length);

/** As in Node: warnings, errors and traces to standard error, the rest to standard output. */
export function logLine(level: Level, text: string): void {
  const output = level === 'warn' || level === 'error' || level === 'trace' ? stderr : stdout;
  output.write(`${text}\n`);
}

/** Waits: an app has nobody who waits for it. */
export function sleepMs(ms: number): void {
  const pollable = subscribeDuration(Math.round(ms * 1e6));
  pollable.block();
  pollable[Symbol.dispose]();
}
