/** Ctrl-C in steps: ask, insist, leave. */
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { hearStopSignals } from '../../cli/src/run/stop-signals.ts';

function hear() {
  const emitter = new EventEmitter();
  let now = 10_000;
  const signals = hearStopSignals(emitter as unknown as NodeJS.Process, () => now);
  const send = (signal: NodeJS.Signals, afterMs = 1_000): [boolean, boolean, boolean] => {
    now += afterMs;
    emitter.emit(signal, signal);
    return [signals.asked.aborted, signals.insisted.aborted, signals.impatient.aborted];
  };
  return { emitter, signals, send };
}

it('the first asks, the second insists, the third leaves', () => {
  const { signals, send } = hear();
  expect(send('SIGINT')).toEqual([true, false, false]);
  expect(send('SIGINT')).toEqual([true, true, false]);
  expect(send('SIGTERM')).toEqual([true, true, true]);
  expect(signals.first()).toBe('SIGINT');
});

it('one Ctrl-C that arrives several times, from the terminal, npx and the launcher, counts once', () => {
  const { send } = hear();
  send('SIGINT');
  expect(send('SIGINT', 2)).toEqual([true, false, false]);
  expect(send('SIGINT', 200)).toEqual([true, false, false]);
  expect(send('SIGINT', 300)).toEqual([true, true, false]);
});

it('a closed terminal asks, and never insists', () => {
  const { signals, send } = hear();
  expect(send('SIGHUP')).toEqual([true, false, false]);
  expect(send('SIGHUP')).toEqual([true, false, false]);
  expect(signals.first()).toBe('SIGHUP');
});

it('nothing is heard any more after close', () => {
  const { emitter, signals } = hear();
  signals.close();
  expect(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => emitter.listenerCount(signal))).toEqual([0, 0, 0]);
});
