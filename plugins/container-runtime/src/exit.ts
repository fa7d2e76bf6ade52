/** How a workload ended, as a shell and a person would put it (call path step 6). */
import type { Outcome } from 'forge:host/workloads@0.1.0';

export interface Exit {
  readonly exitCode: number;
  /** One sentence. */
  readonly reason: string;
}

/** As podman and docker report them: 128 and the signal's number (abort, kill, terminate), or what timeout(1) says. */
export const EXIT_CODE = { timedOut: 124, trapped: 134, killed: 137, stopped: 143 } as const;

/** A trap's text comes from the engine and may quote the guest. */
const REASON_LENGTH_MAX = 512;

/** What `container-runtime` asked of a workload before it ended. */
export type Ending = 'stop' | 'kill';

export function exitOf(outcome: Outcome, ending: Ending | undefined): Exit {
  switch (outcome.tag) {
    case 'exited':
      return { exitCode: outcome.val, reason: outcome.val === 0 ? 'it finished' : `it exited with code ${outcome.val}` };
    case 'trapped':
      return { exitCode: EXIT_CODE.trapped, reason: `it trapped: ${outcome.val}`.slice(0, REASON_LENGTH_MAX) };
    case 'timed-out':
      return { exitCode: EXIT_CODE.timedOut, reason: 'its wall time was over' };
    case 'stopped':
      if (ending === 'kill') return { exitCode: EXIT_CODE.killed, reason: 'it was killed' };
      return { exitCode: EXIT_CODE.stopped, reason: ending === 'stop' ? 'it was stopped' : 'the platform stopped it' };
    case 'lost':
      return LOST;
  }
}

/** It ended with the process that ran it: the kernel says so, or knows nothing of it any more. */
export const LOST: Exit = { exitCode: EXIT_CODE.killed, reason: 'the platform stopped while it ran' };

/** The payload of `workload.ended.ID`, or undefined when it is none. */
export function readOutcome(payload: string): Outcome | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  const { tag, val } = (typeof value === 'object' && value !== null ? value : {}) as { tag?: unknown; val?: unknown };
  if (tag === 'exited' && typeof val === 'number') return { tag, val };
  if (tag === 'trapped' && typeof val === 'string') return { tag, val };
  return tag === 'timed-out' || tag === 'stopped' || tag === 'lost' ? { tag } : undefined;
}
