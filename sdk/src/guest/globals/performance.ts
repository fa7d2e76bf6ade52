/** performance.now: the host's monotonic clock, counted from the instance's first question. */
import { requireRunTime } from '../phase.ts';
import { monotonicMs, nowMs } from '../platform.ts';

let origin: { readonly monotonic: number; readonly unix: number } | undefined;

const start = () => {
  requireRunTime('performance.now()');
  origin ??= { monotonic: monotonicMs(), unix: nowMs() };
  return origin;
};

const guestPerformance = {
  now(): number {
    const { monotonic } = start();
    return monotonicMs() - monotonic;
  },
  get timeOrigin(): number {
    return start().unix;
  },
};

Reflect.set(globalThis, 'performance', guestPerformance);

export { guestPerformance as 'globalThis.performance', guestPerformance as performance };
