/** The life of containers from creation to removal (call path step 6): each step is recorded before it is answered. */

import type { Container, Spec } from 'forge:container/runtime@0.1.0';
import type * as packages from 'forge:host/packages@0.1.0';
import type * as workloads from 'forge:host/workloads@0.1.0';
import type * as clock from 'forge:kernel/clock@0.1.0';
import type * as events from 'forge:kernel/events@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as random from 'forge:kernel/random@0.1.0';
import { isRefusal, refuse } from '@forgeone/sdk';
import type { ContainerStore } from './container-store.ts';
import { type Ending, type Exit, exitOf, LOST, readOutcome } from './exit.ts';
import type { Launcher } from './launcher.ts';
import { backoffMs, begin, type ContainerRecord, finish, giveUp, isActive, toContainer } from './life-cycle.ts';
import { readManifest } from './manifest.ts';
import { planContainer } from './plan.ts';
import { checkSpec, toSpecJson } from './spec.ts';

/** What this module asks of the platform. */
export interface Platform {
  readonly packages: typeof packages;
  readonly workloads: typeof workloads;
  readonly clock: typeof clock;
  readonly events: typeof events;
  readonly random: typeof random;
  readonly log: typeof log;
}

const WORKLOAD_ENDED = 'workload.ended.';
const CLOCK = 'clock.';
const ID_BYTES = 16;
/** Longer than anyone waits for a container to end. */
const GRACE_MS_MAX = 2 ** 31 - 1;
/** One tick starts what is due for so long; the rest waits for the next, well inside the deadline of a call. */
const TICK_BUDGET_MS = 500;

export class Containers {
  readonly #platform: Platform;
  readonly #store: ContainerStore;
  readonly #launcher: Launcher;
  readonly #containersMax: () => number;
  /** Container by workload, of those that run. */
  readonly #running = new Map<string, string>();
  /** When those that are `restarting` are due, on the monotonic clock: the other one may step. */
  readonly #due = new Map<string, number>();
  /** Ends that could not be recorded yet, by workload. */
  readonly #unsettled = new Map<string, Exit>();
  #hearsClock = false;

  constructor(platform: Platform, store: ContainerStore, launcher: Launcher, containersMax: () => number) {
    this.#platform = platform;
    this.#store = store;
    this.#launcher = launcher;
    this.#containersMax = containersMax;
  }

  /** After each start of this plugin: reads the records and holds them to what really runs. */
  recover(): void {
    for (const map of [this.#running, this.#due, this.#unsettled]) map.clear();
    this.#store.load();
    this.#platform.events.subscribe(WORKLOAD_ENDED);
    for (const record of this.#store.all()) {
      if (record.run) this.#adopt(record, record.run.workload);
      else if (record.state === 'restarting') this.#await(record);
    }
    this.#forgetGone();
  }

  create(spec: Spec): Container {
    checkSpec(spec);
    const containersMax = this.#containersMax();
    if (this.#store.size >= containersMax)
      throw refuse.limit(`there are ${containersMax} containers already`, {
        where: 'containers-max',
        hint: 'remove some (forge rm), or raise containers-max of container-runtime in the composition file',
      });
    const found = this.#platform.packages.resolve(spec.package);
    const container = chooseContainer(found, spec.container ?? undefined);
    const where = `${found.name}/${container.name}`;
    const id = this.#newId();
    const name = spec.name ?? `${container.name.slice(0, 54)}-${id.slice(0, 8)}`;
    const record: ContainerRecord = {
      id,
      name,
      package: spec.package,
      image: `${found.name}:${found.version}`,
      spec: toSpecJson(spec, container.name, name),
      plan: planContainer(container.component, container.name, readManifest(container.manifest, where), spec),
      state: 'created',
      createdMs: this.#platform.clock.nowMs(),
      startedMs: 0,
      endedMs: 0,
      exitCode: null,
      reason: null,
      restarts: 0,
      failures: 0,
      run: null,
      ending: null,
    };
    this.#store.insert(record);
    this.#publish('container.state', record);
    return toContainer(record);
  }

  start(reference: string): Container {
    const record = this.#store.find(reference);
    if (record.state === 'running') throw refuse.conflict(`container ${record.name} runs already`, { where: record.id });
    this.#due.delete(record.id);
    try {
      return toContainer(this.#launch(record, false));
    } catch (thrown) {
      if (record.state === 'restarting') this.#await(record);
      throw thrown;
    }
  }

  stop(reference: string, graceMs: number): Container {
    // A u32 above 2^31 - 1 arrives negative in QuickJS guests (componentize-qjs 0.4.5).
    return this.#end(this.#store.findOrGone(reference), 'stop', graceMs < 0 ? GRACE_MS_MAX : graceMs);
  }

  kill(reference: string): Container {
    return this.#end(this.#store.findOrGone(reference), 'kill', 0);
  }

  remove(reference: string, force: boolean): void {
    const record = this.#store.find(reference);
    if (isActive(record)) {
      if (!force) throw refuse.conflict(`container ${record.name} is ${record.state}`, { where: record.id, hint: `forge stop ${record.name}, or remove it with force` });
      this.#end(record, 'kill', 0);
      this.#bury(this.#store.get(record.id));
      return;
    }
    // First the log: interrupted in between, the container is still there to be removed again.
    this.#launcher.removeLog(record.id);
    this.#store.remove(record);
  }

  inspect(reference: string): Container {
    return toContainer(this.#store.findOrGone(reference));
  }

  list(all: boolean): Container[] {
    return this.#store
      .all()
      .filter((record) => all || isActive(record))
      .map(toContainer);
  }

  logName(reference: string): string {
    const { id, name, plan } = this.#store.findOrGone(reference);
    if (plan.stdio === 'inherited') throw refuse.unsupported(`container ${name} has no log: its output went to the terminal`, { where: id, hint: 'run it detached' });
    return id;
  }

  /** News that `recover` and the back-off asked for. */
  deliver(topic: string, payload: string): void {
    if (topic.startsWith(CLOCK)) this.#tick();
    if (!topic.startsWith(WORKLOAD_ENDED)) return;
    const workload = topic.slice(WORKLOAD_ENDED.length);
    const outcome = readOutcome(payload);
    const record = this.#store.get(this.#running.get(workload) ?? '');
    if (!outcome || !record) return;
    this.#settle(workload, exitOf(outcome, record.ending?.how));
  }

  // --- ends ---------------------------------------------------------------------------------------------------

  /** Asks for the end. It arrives as an event, so the answer may still say `running`. */
  #end(record: ContainerRecord, how: Ending, graceMs: number): Container {
    if (record.state === 'restarting') return toContainer(this.#giveUp(record, how === 'kill' ? 'it was killed' : 'it was stopped'));
    if (!record.run) return toContainer(record);
    const { workload } = record.run;
    if (!record.ending || (how === 'kill' && record.ending.how !== 'kill') || graceMs < record.ending.graceMs) {
      // Recorded first: a policy must not start it again, even when the platform is killed right after its workload.
      this.#store.update(record.id, (now) => (now.run?.workload === workload ? { ...now, ending: { how, graceMs } } : undefined));
      try {
        this.#platform.workloads.stop(workload, graceMs);
      } catch (thrown) {
        if (isRefusal(thrown, 'not-found')) this.#settle(workload, LOST);
        else {
          this.#store.update(record.id, (now) => (now.run?.workload === workload ? { ...now, ending: record.ending } : undefined));
          throw thrown;
        }
      }
    }
    return toContainer(this.#store.findOrGone(record.id));
  }

  /** Records an end. Twice is harmless: only the run that this workload belongs to is ended. */
  #settle(workload: string, exit: Exit): void {
    const before = this.#store.get(this.#running.get(workload) ?? '');
    const after = before?.run?.workload === workload ? this.#record(before, workload, exit) : undefined;
    if (this.#unsettled.has(workload)) return;
    this.#running.delete(workload);
    if (!before?.run || !after) return;
    this.#launcher.giveBack(before.run);
    if (after.state === 'restarting') this.#await(after);
    if (after.spec.autoRemove) this.#hearClock();
    this.#announce(after);
  }

  /** One transaction; when it fails, the end is kept and tried again at the next tick. */
  #record(record: ContainerRecord, workload: string, exit: Exit): ContainerRecord | undefined {
    try {
      const over = finish(record, exit, this.#platform.clock.nowMs());
      if (record.spec.autoRemove) this.#store.bury(over);
      const after = record.spec.autoRemove ? over : this.#store.update(record.id, (now) => (now.run?.workload === workload ? finish(now, exit, over.endedMs) : undefined));
      this.#unsettled.delete(workload);
      return after;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('error', `the end of container ${record.name} could not be recorded: ${thrown.message}`, [['container', record.id]]);
      this.#unsettled.set(workload, exit);
      this.#hearClock();
      return undefined;
    }
  }

  /** Removes one that was ended, also when its workload still has to notice. */
  #bury(record: ContainerRecord | undefined): void {
    if (!record) return;
    const over = record.run ? finish(record, { ...LOST, reason: 'it was killed' }, this.#platform.clock.nowMs()) : record;
    this.#store.bury({ ...over, state: 'stopped' });
    if (record.run) {
      this.#running.delete(record.run.workload);
      this.#launcher.giveBack(record.run);
    }
    this.#due.delete(record.id);
    this.#hearClock();
    this.#announce({ ...over, state: 'stopped' });
  }

  #giveUp(record: ContainerRecord, reason: string): ContainerRecord {
    this.#due.delete(record.id);
    const after = this.#store.update(record.id, (now) => (now.state === 'restarting' ? giveUp(now, reason, this.#platform.clock.nowMs()) : undefined));
    if (after) this.#announce(after);
    return after ?? record;
  }

  // --- starts -------------------------------------------------------------------------------------------------

  #launch(record: ContainerRecord, again: boolean): ContainerRecord {
    const run = this.#launcher.launch(record);
    try {
      const startedMs = this.#platform.clock.nowMs();
      const after = this.#store.update(record.id, (now) => (now.run ? undefined : begin(now, run, startedMs, again)));
      if (!after) throw refuse.conflict(`container ${record.name} was started or removed by someone else`, { where: record.id });
      this.#running.set(run.workload, record.id);
      this.#announce(after);
      return after;
    } catch (thrown) {
      // What is not recorded must not run: nobody would know whose it is.
      this.#abandon(run.workload);
      this.#launcher.giveBack(run);
      throw thrown;
    }
  }

  #abandon(workload: string): void {
    try {
      this.#platform.workloads.stop(workload, 0);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('error', `a workload without a record could not be stopped: ${thrown.message}`, [['workload', workload]]);
    }
  }

  /** Takes over what runs from before a restart of this plugin, or records how it ended meanwhile. */
  #adopt(record: ContainerRecord, workload: string): void {
    this.#running.set(workload, record.id);
    try {
      const state = this.#platform.workloads.status(workload);
      if (state.tag === 'ended') this.#settle(workload, exitOf(state.val, record.ending?.how));
    } catch (thrown) {
      if (isRefusal(thrown, 'not-found')) this.#settle(workload, LOST);
      else if (isRefusal(thrown)) this.#platform.log.write('warn', `whether container ${record.name} runs is not known: ${thrown.message}`, [['container', record.id]]);
      else throw thrown;
    }
  }

  // --- time ---------------------------------------------------------------------------------------------------

  #await(record: ContainerRecord): void {
    this.#due.set(record.id, this.#monotonicMs() + backoffMs(record));
    this.#hearClock();
  }

  /** Asked for at the first need: an idle node is not woken every second. */
  #hearClock(): void {
    if (this.#hearsClock) return;
    this.#hearsClock = true;
    this.#platform.events.subscribe(CLOCK);
  }

  #tick(): void {
    for (const [workload, exit] of [...this.#unsettled]) this.#settle(workload, exit);
    const began = this.#monotonicMs();
    for (const [id, due] of [...this.#due]) {
      const now = this.#monotonicMs();
      if (now - began > TICK_BUDGET_MS) break;
      if (due <= now) this.#startAgain(id);
    }
    this.#forgetGone();
  }

  #startAgain(id: string): void {
    this.#due.delete(id);
    const record = this.#store.get(id);
    if (record?.state !== 'restarting') return;
    try {
      this.#launch(record, true);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      // A provider that is restarting will be back; what policy or the store refuses stays refused.
      if (thrown.code === 'unavailable' || thrown.code === 'timeout' || thrown.code === 'limit') {
        const next = this.#store.update(id, (now) => (now.state === 'restarting' ? { ...now, failures: now.failures + 1 } : undefined));
        if (next) this.#await(next);
      } else this.#giveUp(record, `it could not be started again: ${thrown.message}`);
    }
  }

  #forgetGone(): void {
    if (!this.#store.hasGone) return;
    for (const { id } of this.#store.forgetGone(this.#platform.clock.nowMs())) this.#launcher.removeLog(id);
    if (this.#store.hasGone) this.#hearClock();
  }

  #monotonicMs(): number {
    return this.#platform.clock.monotonicNs() / 1e6;
  }

  // --- news ---------------------------------------------------------------------------------------------------

  #announce(record: ContainerRecord): void {
    this.#publish('container.state', record);
    if (record.state === 'stopped') this.#publish('container.ended', record);
  }

  /** The record is the truth; news of it that cannot be told is only logged. */
  #publish(topic: string, { id, name, state, exitCode, reason }: ContainerRecord): void {
    try {
      this.#platform.events.publish(`${topic}.${id}`, JSON.stringify({ id, name, state, exitCode, reason }));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('warn', `${topic}.${id} could not be published: ${thrown.message}`, []);
    }
  }

  #newId(): string {
    return [...this.#platform.random.bytes(ID_BYTES)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}

function chooseContainer({ name, containers }: packages.Package, wanted: string | undefined): packages.Container {
  const names = containers.map((container) => container.name).join(', ');
  const [only] = containers;
  if (wanted === undefined) {
    if (only && containers.length === 1) return only;
    throw refuse.invalid(only ? `package ${name} has several containers` : `package ${name} has no container`, {
      where: 'container',
      hint: only ? `name one of ${names}` : 'a plugin package is installed, not run',
    });
  }
  const found = containers.find((container) => container.name === wanted);
  if (!found) throw refuse.notFound(`package ${name} has no container ${JSON.stringify(wanted.slice(0, 80))}`, { where: 'container', hint: `it has ${names}` });
  return found;
}
