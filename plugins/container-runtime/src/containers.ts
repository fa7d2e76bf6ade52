/** The life of containers from creation to removal (call path step 6): each step is recorded before it is answered. */

import type { Container, Spec } from 'forge:container/runtime@0.1.0';
import type * as packages from 'forge:host/packages@0.1.0';
import type * as workloads from 'forge:host/workloads@0.1.0';
import type * as clock from 'forge:kernel/clock@0.1.0';
import type * as events from 'forge:kernel/events@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as random from 'forge:kernel/random@0.1.0';
import { isRefusal, refuse } from '@forgeone/sdk';
import { type ContainerStore, GONE_MS } from './container-store.ts';
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
/** What this plugin sends itself, later. */
const RESTART = 'container.restart.';
const FORGET = 'container.forget';
const ID_BYTES = 16;
/** Longer than anyone waits for a container to end. */
const GRACE_MS_MAX = 2 ** 31 - 1;
/** Between two tries to record an end while the state store cannot be written. */
const RETRY_MS = 1_000;

export class Containers {
  readonly #platform: Platform;
  readonly #store: ContainerStore;
  readonly #launcher: Launcher;
  readonly #containersMax: () => number;
  /** Container by workload, of those that run. */
  readonly #running = new Map<string, string>();
  /** A timer runs for what is gone. */
  #forgetting = false;

  constructor(platform: Platform, store: ContainerStore, launcher: Launcher, containersMax: () => number) {
    this.#platform = platform;
    this.#store = store;
    this.#launcher = launcher;
    this.#containersMax = containersMax;
  }

  /** After each start of this plugin: reads the records and holds them to what really runs. */
  recover(): void {
    this.#running.clear();
    this.#store.load();
    this.#platform.events.subscribe(WORKLOAD_ENDED);
    for (const record of this.#store.all()) {
      if (record.run) this.#adopt(record, record.run.workload);
      else if (record.state === 'restarting') this.#startLater(record);
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
      isolation: '',
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
    return toContainer(this.#launch(record, false));
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

  /** The kernel's news of workloads, and what this plugin has scheduled for itself. */
  deliver(topic: string, payload: string): void {
    if (topic.startsWith(WORKLOAD_ENDED)) this.#hearEnd(topic.slice(WORKLOAD_ENDED.length), payload);
    else if (topic.startsWith(RESTART)) this.#startAgain(topic.slice(RESTART.length), payload);
    else if (topic === FORGET) this.#forgetGone();
  }

  // --- ends ---------------------------------------------------------------------------------------------------

  #hearEnd(workload: string, payload: string): void {
    const outcome = readOutcome(payload);
    const record = this.#store.get(this.#running.get(workload) ?? '');
    if (!outcome || !record) return;
    try {
      this.#settle(workload, exitOf(outcome, record.ending?.how));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      // The kernel tells it once, so it is told again until it is recorded.
      this.#platform.log.write('error', `the end of container ${record.name} could not be recorded: ${thrown.message}`, [['container', record.id]]);
      this.#schedule(WORKLOAD_ENDED + workload, payload, RETRY_MS);
    }
  }

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

  /** Records an end, in one transaction. Twice is harmless: only the run that this workload belongs to is ended. */
  #settle(workload: string, exit: Exit): void {
    const before = this.#store.get(this.#running.get(workload) ?? '');
    if (before?.run?.workload !== workload) return;
    const over = finish(before, exit, this.#platform.clock.nowMs());
    if (before.spec.autoRemove) this.#store.bury(over);
    else this.#store.update(before.id, (now) => (now.run?.workload === workload ? finish(now, exit, over.endedMs) : undefined));
    this.#running.delete(workload);
    this.#launcher.giveBack(before.run);
    if (before.spec.autoRemove) this.#forgetLater();
    if (over.state === 'restarting') this.#startLater(over);
    this.#announce(over);
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
    this.#forgetLater();
    this.#announce({ ...over, state: 'stopped' });
  }

  #giveUp(record: ContainerRecord, reason: string): ContainerRecord {
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
    const exit = this.#exitOf(record, workload);
    if (exit) this.#settle(workload, exit);
  }

  /** Undefined while it runs, and while nobody knows: then its end is still to be told. */
  #exitOf(record: ContainerRecord, workload: string): Exit | undefined {
    try {
      const state = this.#platform.workloads.status(workload);
      return state.tag === 'ended' ? exitOf(state.val, record.ending?.how) : undefined;
    } catch (thrown) {
      if (isRefusal(thrown, 'not-found')) return LOST;
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('warn', `whether container ${record.name} runs is not known: ${thrown.message}`, [['container', record.id]]);
      return undefined;
    }
  }

  // --- later --------------------------------------------------------------------------------------------------

  /** On the authority of the call in progress: of whoever started what has just ended, or of this plugin alone. */
  #startLater(record: ContainerRecord): void {
    this.#schedule(RESTART + record.id, tokenOf(record), backoffMs(record));
  }

  #startAgain(id: string, token: string): void {
    const record = this.#store.get(id);
    // Meanwhile it may have been started, stopped or removed, and may wait for another time.
    if (record?.state !== 'restarting' || tokenOf(record) !== token) return;
    try {
      this.#launch(record, true);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      // A provider that is restarting will be back; what policy or the store refuses stays refused.
      if (thrown.code === 'unavailable' || thrown.code === 'timeout' || thrown.code === 'limit') {
        const next = this.#store.update(id, (now) => (now.state === 'restarting' ? { ...now, failures: now.failures + 1 } : undefined));
        if (next) this.#startLater(next);
      } else this.#giveUp(record, `it could not be started again: ${thrown.message}`);
    }
  }

  /** One timer for all that is gone, however much that is. */
  #forgetLater(): void {
    if (this.#forgetting || !this.#store.hasGone) return;
    this.#forgetting = true;
    this.#schedule(FORGET, '{}', GONE_MS);
  }

  #forgetGone(): void {
    for (const { id } of this.#store.forgetGone(this.#platform.clock.nowMs())) this.#launcher.removeLog(id);
    this.#forgetting = false;
    this.#forgetLater();
  }

  /** What cannot be scheduled is done after the next start of this plugin: the record asks for it. */
  #schedule(topic: string, payload: string, delayMs: number): void {
    try {
      this.#platform.events.schedule(topic, payload, delayMs);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('error', `${topic} could not be scheduled: ${thrown.message}`, []);
    }
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

/** Tells one wait from another of the same container. */
const tokenOf = ({ failures, endedMs }: ContainerRecord): string => JSON.stringify({ failures, endedMs });

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
