/**
 * setTimeout and setInterval, as far as they make sense without an event loop: a timer runs at the end of the first
 * call that ends at or after its time. An app waits for its timers before it ends; a plugin is called by others, and
 * nothing happens between calls.
 */
import { requireRunTime } from '../phase.ts';
import { logLine, monotonicMs } from '../platform.ts';
import { useTimers } from '../turn.ts';

interface Timer {
  readonly id: number;
  readonly run: () => void;
  readonly repeatMs: number | undefined;
  dueMs: number;
}

const timers = new Map<number, Timer>();
let lastId = 0;

const nextTimer = (): Timer | undefined => {
  let first: Timer | undefined;
  for (const timer of timers.values()) if (!first || timer.dueMs < first.dueMs) first = timer;
  return first;
};

function add(callback: (...args: never[]) => void, delayMs: unknown, args: unknown[], repeats: boolean): number {
  requireRunTime('A timer');
  if (typeof callback !== 'function') throw new TypeError('the callback is not a function');
  const delay = Math.max(0, Number(delayMs) || 0);
  const id = ++lastId;
  timers.set(id, { id, run: () => callback(...(args as never[])), repeatMs: repeats ? Math.max(1, delay) : undefined, dueMs: monotonicMs() + delay });
  return id;
}

const guestSetTimeout = (callback: (...args: never[]) => void, delayMs?: number, ...args: unknown[]): number => add(callback, delayMs, args, false);
const guestSetInterval = (callback: (...args: never[]) => void, delayMs?: number, ...args: unknown[]): number => add(callback, delayMs, args, true);
const guestClear = (id?: number): void => {
  if (id !== undefined) timers.delete(id);
};

useTimers({
  runOne() {
    const timer = nextTimer();
    const now = timer ? monotonicMs() : 0;
    if (!timer || timer.dueMs > now) return false;
    if (timer.repeatMs === undefined) timers.delete(timer.id);
    else timer.dueMs = now + timer.repeatMs;
    try {
      timer.run();
    } catch (thrown) {
      logLine('error', `uncaught in a timer: ${thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${thrown.stack ?? ''}` : String(thrown)}`);
    }
    return true;
  },
  nextMs() {
    const timer = nextTimer();
    return timer && Math.max(0, timer.dueMs - monotonicMs());
  },
});

Reflect.set(globalThis, 'setTimeout', guestSetTimeout);
Reflect.set(globalThis, 'setInterval', guestSetInterval);
Reflect.set(globalThis, 'clearTimeout', guestClear);
Reflect.set(globalThis, 'clearInterval', guestClear);

export {
  guestClear as clearInterval,
  guestClear as clearTimeout,
  guestClear as 'globalThis.clearInterval',
  guestClear as 'globalThis.clearTimeout',
  guestSetInterval as 'globalThis.setInterval',
  guestSetInterval as setInterval,
  guestSetTimeout as 'globalThis.setTimeout',
  guestSetTimeout as setTimeout,
};
