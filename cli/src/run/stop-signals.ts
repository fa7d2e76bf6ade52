/** Ctrl-C and SIGTERM in steps: the first asks, the second insists, the third does not wait any longer. A hang-up asks only. */
import type { StopSignal } from '../exit-code.ts';

/**
 * One Ctrl-C can arrive several times: the terminal tells every process in the foreground, and `npx` and our own
 * launcher pass it on too. Nobody presses twice within this time.
 */
const ECHO_MS = 250;

const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export interface StopSignals {
  /** The first that came. */
  readonly first: () => StopSignal | undefined;
  /** Aborted by the first. */
  readonly asked: AbortSignal;
  /** Aborted by the second. */
  readonly insisted: AbortSignal;
  /** Aborted by the third: even the platform does not answer. */
  readonly impatient: AbortSignal;
  close(): void;
}

/** `emitter` is the process; `nowMs` a clock that only goes forward. */
export function hearStopSignals(emitter: Pick<NodeJS.Process, 'on' | 'off'> = process, nowMs: () => number = () => performance.now()): StopSignals {
  const asked = new AbortController();
  const insisted = new AbortController();
  const impatient = new AbortController();
  let first: StopSignal | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const hear = (signal: StopSignal): void => {
    const now = nowMs();
    const echo = now - lastMs < ECHO_MS;
    lastMs = now;
    if (!first) {
      first = signal;
      asked.abort();
    } else if (!echo && signal !== 'SIGHUP') (insisted.signal.aborted ? impatient : insisted).abort();
  };
  for (const signal of SIGNALS) emitter.on(signal, hear);
  return {
    first: () => first,
    asked: asked.signal,
    insisted: insisted.signal,
    impatient: impatient.signal,
    close: () => {
      for (const signal of SIGNALS) emitter.off(signal, hear);
    },
  };
}
