/**
 * What a container goes through (call path step 6). Each arrow is one transaction of the state store.
 *
 * ```
 *            start             ended: the policy says again
 *  created --------> running ------------------------------> restarting
 *     |              |  ^ ^                                   |      |
 *     |        ended |  | +------------ due ------------------+      | stop, kill
 *     |              v  | start                                      |
 *     |            stopped <-----------------------------------------+
 *     |              |
 *     +---remove-----+----> (none)          auto-remove: running --ended--> (none)
 * ```
 *
 * All functions here are pure: a record in, the next record out.
 */
import type { Container, State } from 'forge:container/runtime@0.1.0';
import type { Handle } from 'forge:types/handles@0.1.0';
import { type Ending, EXIT_CODE, type Exit } from './exit.ts';
import type { Plan } from './plan.ts';
import type { SpecJson } from './spec.ts';

/** What is held while it runs. Recorded, so that it is given back after a restart of this plugin too. */
export interface Run {
  readonly workload: string;
  /** The class it runs in, and why. */
  readonly isolation: string;
  /** From storage. */
  readonly mounts: readonly Handle[];
  /** From network. */
  readonly outbound: Handle | null;
  /** From forge:host/streams. */
  readonly streams: readonly Handle[];
}

export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly package: string;
  readonly image: string;
  readonly spec: SpecJson;
  readonly plan: Plan;
  readonly state: State;
  readonly createdMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly restarts: number;
  /** Ends in a row, each soon after its start; the back-off grows with them. */
  readonly failures: number;
  /** Of the last start; empty before the first. */
  readonly isolation: string;
  /** While running. */
  readonly run: Run | null;
  /** Someone asked for the end: no policy starts it again. */
  readonly ending: { readonly how: Ending; readonly graceMs: number } | null;
}

/** First wait before it is started again; doubled each time. */
const BACKOFF_MS = 100;
const BACKOFF_MS_MAX = 60_000;
/** Who ran for so long did not fail at the start: the next wait is the first again. */
const STEADY_MS = 10_000;

export const isActive = ({ state }: ContainerRecord): boolean => state === 'running' || state === 'restarting';

/** Started, by someone or `again` by the policy. */
export const begin = (record: ContainerRecord, run: Run, nowMs: number, again: boolean): ContainerRecord => ({
  ...record,
  state: 'running',
  startedMs: nowMs,
  endedMs: 0,
  exitCode: null,
  reason: null,
  restarts: record.restarts + (again ? 1 : 0),
  failures: again ? record.failures : 0,
  isolation: run.isolation,
  run,
  ending: null,
});

/** Its workload has ended. */
export function finish(record: ContainerRecord, exit: Exit, nowMs: number): ContainerRecord {
  const failures = nowMs - record.startedMs >= STEADY_MS ? 0 : record.failures;
  const over = { ...record, endedMs: nowMs, exitCode: exit.exitCode, reason: exit.reason, run: null, ending: null };
  if (!wantsRestart(record, exit)) return { ...over, state: 'stopped', failures };
  const { restartsMax } = record.plan;
  if (restartsMax > 0 && failures >= restartsMax) return { ...over, state: 'stopped', failures, reason: `${exit.reason}; given up after ${restartsMax} restarts` };
  return { ...over, state: 'restarting', failures: failures + 1 };
}

function wantsRestart({ plan, ending }: ContainerRecord, { exitCode }: Exit): boolean {
  if (ending || plan.restart === 'no') return false;
  return plan.restart === 'always' || exitCode !== 0;
}

/** How long a `restarting` container waits. */
export const backoffMs = ({ failures }: ContainerRecord): number => Math.min(BACKOFF_MS * 2 ** Math.max(0, failures - 1), BACKOFF_MS_MAX);

/** Called off while it waited, or it cannot be started any more. */
export const giveUp = (record: ContainerRecord, reason: string, nowMs: number): ContainerRecord => ({
  ...record,
  state: 'stopped',
  endedMs: record.endedMs || nowMs,
  exitCode: record.exitCode ?? EXIT_CODE.stopped,
  reason,
});

/** As `forge:container/runtime` shows it. */
export const toContainer = (record: ContainerRecord): Container => ({
  id: record.id,
  name: record.name,
  package: record.package,
  image: record.image,
  state: record.state,
  exitCode: record.state === 'stopped' ? record.exitCode : null,
  reason: record.state === 'stopped' ? record.reason : null,
  createdMs: record.createdMs,
  startedMs: record.startedMs,
  endedMs: record.endedMs,
  restarts: record.restarts,
  isolation: record.isolation,
  spec: JSON.stringify(record.spec),
});
