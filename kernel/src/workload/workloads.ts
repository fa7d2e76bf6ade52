/** Guests and their threads: a prewarmed pool, wall time, stopping, and the news of their end (call path step 8). */
import { Tinypool } from 'tinypool';
import type { WorkloadOrder, WorkloadOutcome, WorkloadStatus } from '../domain/kernel-services.ts';
import type { LoadedComponent } from '../domain/plugin-unit.ts';
import { Refusal } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { CallContext } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { WorkloadJournal } from './journal.ts';
import type { WorkloadTask, WorkloadThreadData } from './worker.ts';

export interface WorkloadsOptions {
  readonly host: Host;
  readonly workerUrl: URL;
  /** Threads kept ready. */
  readonly idle: number;
  /** Guests at once. */
  readonly max: number;
  /** Where V8 keeps compiled glue between processes. */
  readonly codeCache: string;
  readonly load: (digest: string) => LoadedComponent;
  /** Remembers which guests run, for whom, past the end of this process; undefined in a one-shot kernel. */
  readonly journal: WorkloadJournal | undefined;
  readonly ended: (id: string, outcome: WorkloadOutcome, context: CallContext) => void;
  readonly log: Logger;
}

interface Workload {
  readonly order: WorkloadOrder;
  readonly abort: AbortController;
  status: WorkloadStatus;
  /** Why the platform ended it, if it did. */
  reason: 'timed-out' | 'stopped' | undefined;
  wallTimer: NodeJS.Timeout | undefined;
  graceTimer: NodeJS.Timeout | undefined;
}

/** Ended guests whose outcome can still be asked for; their news has been delivered, so old ones are only a convenience. */
const ENDED_KEPT = 1_000;

/** After a guest's blocking calls were cancelled it unwinds at once, unless it computes: then its thread is ended. */
const UNWIND_MS = 50;

export class Workloads {
  readonly #options: WorkloadsOptions;
  readonly #pool: Tinypool;
  readonly #workloads = new Map<string, Workload>();
  readonly #ended: string[] = [];
  #closing = false;
  /** Ahead-of-time compilation in progress: a guest waits for it rather than compile the same in another thread. */
  #prepared: Promise<unknown> = Promise.resolve();

  constructor(options: WorkloadsOptions) {
    this.#options = options;
    this.#pool = new Tinypool({
      filename: options.workerUrl.href,
      runtime: 'worker_threads',
      minThreads: options.idle,
      maxThreads: Math.max(options.max, options.idle),
      concurrentTasksPerWorker: 1,
      idleTimeout: LIMITS.workerIdleMs,
      // Nothing of the user's environment reaches a guest's thread.
      env: { NODE_COMPILE_CACHE: options.codeCache },
      workerData: { codeCache: options.codeCache, use: options.journal ? 'daemon' : 'one-shot-guest' } satisfies WorkloadThreadData,
      resourceLimits: { stackSizeMb: LIMITS.guestStackMiB, maxOldGenerationSizeMb: LIMITS.guestHeapMiB },
    });
  }

  /** Has a thread compile a component before it is decided whether it may run. */
  prepare(component: LoadedComponent, memoryBytes: number): void {
    const task: WorkloadTask = { kind: 'prepare', component, memoryBytes };
    this.#prepared = this.#pool.run(task).catch((thrown: unknown) => this.#options.log.debug({ err: thrown }, 'a component was not compiled ahead'));
  }

  get running(): number {
    return [...this.#workloads.values()].filter(({ status }) => status.tag !== 'ended').length;
  }

  start(order: WorkloadOrder): void {
    if (this.running >= this.#options.max)
      throw new Refusal('limit', `${this.#options.max} guests run already`, { hint: 'stop one (forge ps), or raise workloads-max in config.toml of the state directory' });
    const component = this.#options.load(order.component);
    const workload: Workload = { order, abort: new AbortController(), status: { tag: 'running' }, reason: undefined, wallTimer: undefined, graceTimer: undefined };
    this.#workloads.set(order.id, workload);
    if (order.wallMs > 0) workload.wallTimer = setTimeout(() => this.#end(workload, 'timed-out', UNWIND_MS), order.wallMs);
    this.#options.journal?.begin(order.id, order.context);
    const { context, ...plain } = order;
    const task: WorkloadTask = { kind: 'run', order: plain, component };
    const run = this.#prepared.then(() => this.#pool.run(task, { signal: workload.abort.signal }) as Promise<WorkloadOutcome>);
    run.then(
      (outcome) => this.#finish(workload, outcome),
      (thrown: unknown) => this.#finish(workload, { tag: 'trapped', val: thrown instanceof Error ? thrown.message : String(thrown) }),
    );
    this.#options.log.debug({ callId: context.callId, step: 8, workload: order.id, component: order.component }, 'workload started');
  }

  /** Tells of guests that ran when the platform was killed, on the authority they were started with. */
  reportLost(): void {
    for (const [id, context] of this.#options.journal?.lost() ?? []) {
      this.#options.ended(id, { tag: 'lost' }, context);
      this.#options.journal?.end(id);
    }
  }

  status(id: string): WorkloadStatus {
    if (this.#options.journal?.isLost(id)) return { tag: 'running' };
    const workload = this.#workloads.get(id);
    if (!workload) throw new Refusal('not-found', `there is no workload ${id}`);
    return workload.status;
  }

  stop(id: string, graceMs: number): void {
    const workload = this.#workloads.get(id);
    if (!workload) throw new Refusal('not-found', `there is no workload ${id}`);
    if (workload.status.tag !== 'ended') this.#end(workload, 'stopped', graceMs);
  }

  /** Ends all guests and the pool. What is in the journal stays there: the next start tells that it was lost, and policies start it again. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const workload of this.#workloads.values()) if (workload.status.tag !== 'ended') this.#end(workload, 'stopped', 0);
    await this.#pool.destroy();
  }

  #end(workload: Workload, reason: 'timed-out' | 'stopped', graceMs: number): void {
    workload.reason ??= reason;
    this.#options.host.ownerCancel(workload.order.owner);
    clearTimeout(workload.graceTimer);
    workload.graceTimer = setTimeout(() => workload.abort.abort(), graceMs);
  }

  #finish(workload: Workload, outcome: WorkloadOutcome): void {
    clearTimeout(workload.wallTimer);
    clearTimeout(workload.graceTimer);
    const { order } = workload;
    // The thread may have been ended before it could give its handles back.
    this.#options.host.ownerDrop(order.owner);
    const final: WorkloadOutcome = workload.reason && outcome.tag !== 'exited' ? { tag: workload.reason } : outcome;
    workload.status = { tag: 'ended', val: final };
    this.#ended.push(order.id);
    while (this.#ended.length > ENDED_KEPT) this.#workloads.delete(this.#ended.shift() as string);
    this.#options.log.debug({ callId: order.context.callId, workload: order.id, outcome: final }, 'workload ended');
    if (this.#closing && this.#options.journal) return;
    // Delivered before it is forgotten: killed in between, it is delivered again as lost, and the plugin knows better.
    this.#options.ended(order.id, final, order.context);
    this.#options.journal?.end(order.id);
  }
}
