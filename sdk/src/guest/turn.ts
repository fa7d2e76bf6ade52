/**
 * What is left to do when a called function has returned: there is no event loop between calls, so continuations of
 * promises run until none is left, then timers that are due, at the end of every call. Promises and timers register
 * here when a guest uses them; without them nothing of this costs anything.
 */
import { sleepMs } from './platform.ts';

export interface PromiseQueue {
  /** Runs continuations until none is left. */
  drain(): void;
  /** What became of a promise; undefined for anything else. */
  outcome(value: unknown): { readonly state: 'pending' | 'fulfilled' | 'rejected'; readonly value: unknown } | undefined;
}

export interface TimerQueue {
  /** Runs one timer that is due, if there is one. */
  runOne(): boolean;
  /** Milliseconds until the next one is due. */
  nextMs(): number | undefined;
}

let promises: PromiseQueue | undefined;
let timers: TimerQueue | undefined;

export function usePromises(queue: PromiseQueue): void {
  promises = queue;
}

export function useTimers(queue: TimerQueue): void {
  timers = queue;
}

/** Runs what can run now. */
export function finishTurn(): void {
  promises?.drain();
  while (timers?.runOne()) promises?.drain();
}

/** The value of an asynchronous function's promise. What cannot settle within this call is an error. */
export function settle(result: unknown): unknown {
  if (!promises?.outcome(result)) return result;
  finishTurn();
  for (;;) {
    const { state, value } = promises.outcome(result) ?? { state: 'fulfilled', value: result };
    if (state === 'fulfilled') return value;
    if (state === 'rejected') throw value;
    const nextMs = timers?.nextMs();
    if (nextMs === undefined || !sleepMs) {
      throw new Error(nextMs === undefined ? 'its promise waits for something that will never happen' : 'its promise waits for a timer, but a call cannot wait: its caller does');
    }
    sleepMs(nextMs);
    finishTurn();
  }
}

/** For apps: waits for every timer that is still set. */
export function runUntilIdle(): void {
  finishTurn();
  for (let nextMs = timers?.nextMs(); nextMs !== undefined && sleepMs; nextMs = timers?.nextMs()) {
    sleepMs(nextMs);
    finishTurn();
  }
}
