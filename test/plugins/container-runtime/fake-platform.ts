/** Everything that container-runtime calls, in memory: packages, workloads, streams, storage and network. */

import type { Spec } from 'forge:container/runtime@0.1.0';
import type * as packages from 'forge:host/packages@0.1.0';
import type * as workloads from 'forge:host/workloads@0.1.0';
import { Refusal } from '@forgeone/sdk';
import { ContainerStore } from '../../../plugins/container-runtime/src/container-store.ts';
import { Containers } from '../../../plugins/container-runtime/src/containers.ts';
import { Launcher, type Platform as LaunchPlatform } from '../../../plugins/container-runtime/src/launcher.ts';
import { FakeClock, FakeEvents, FakeLog, FakeState, fakeRandom, Killer } from '../fake-kernel.ts';

export const PACKAGE = `sha256:${'a'.repeat(64)}`;
export const COMPONENT = `sha256:${'b'.repeat(64)}`;

/** A spec that asks for nothing. */
export const specOf = (changes: Partial<Spec> = {}): Spec => ({
  package: PACKAGE,
  args: [],
  env: [],
  mounts: [],
  memoryBytes: 0,
  wallMs: 0,
  stdio: 'detached',
  autoRemove: false,
  labels: [],
  ...changes,
});

export class FakePlatform {
  readonly killer = new Killer();
  readonly state = new FakeState(this.killer);
  readonly clock = new FakeClock();
  readonly events = new FakeEvents(this.clock);
  readonly log = new FakeLog();
  readonly random = fakeRandom();

  /** Manifest tables by container name. */
  manifests: Record<string, unknown> = { web: {} };
  /** What runs, by workload id. */
  readonly workloads = new Map<string, { readonly spec: workloads.Spec; state: workloads.State }>();
  readonly stops: string[] = [];
  /** What is held of storage, network and streams, by handle. */
  readonly held = new Map<string, string>();
  readonly logs = new Set<string>();
  /** Throws it in place of the named call, once. */
  readonly refusals = new Map<string, Refusal>();
  containersMax = 100;
  #handles = 0;
  #workloads = 0;

  containers!: Containers;

  constructor() {
    this.restart();
  }

  /** A new instance of the plugin. What runs goes on, unless `platform` stopped with it. */
  restart(platform = false): Containers {
    if (platform) {
      this.events.scheduled.length = 0;
      this.workloads.clear();
      this.held.clear();
    }
    const { state, clock, events, log, random } = this;
    const store = new ContainerStore({ state: state.api, log: log.api });
    const launcher = new Launcher({ ...this.#providers, streams: this.#streams, workloads: this.#workloadsApi, log: log.api }, () => 4096);
    const host = { packages: this.#packages, workloads: this.#workloadsApi };
    this.containers = new Containers({ ...host, clock: clock.api, events: events.api, random, log: log.api }, store, launcher, () => this.containersMax);
    this.containers.recover();
    return this.containers;
  }

  /** Ends a workload as the kernel does: the news comes later, once. */
  end(workload: string, outcome: workloads.Outcome): void {
    const found = this.workloads.get(workload);
    if (!found || found.state.tag === 'ended') return;
    found.state = { tag: 'ended', val: outcome };
    this.tell(workload, outcome);
  }

  tell(workload: string, outcome: workloads.Outcome): void {
    this.containers.deliver(`workload.ended.${workload}`, JSON.stringify(outcome));
  }

  /** Lets time pass, and delivers what was scheduled for it. */
  advance(ms: number): void {
    this.clock.pass(ms);
    for (let due = this.events.takeDue(); due; due = this.events.takeDue()) this.containers.deliver(due.topic, due.payload);
  }

  /** Ids of workloads that have not ended. */
  running(): string[] {
    return [...this.workloads].filter(([, { state }]) => state.tag !== 'ended').map(([id]) => id);
  }

  only(): string {
    const [id = '', ...more] = this.running();
    if (more.length > 0) throw new Error('several workloads run');
    return id;
  }

  readonly #packages: typeof packages = {
    resolve: (digest) => {
      this.#refuse('resolve');
      if (digest !== PACKAGE) throw new Refusal('not-found', 'no such package');
      const containers = Object.entries(this.manifests).map(([name, manifest]) => ({ name, component: COMPONENT, manifest: JSON.stringify(manifest) }));
      return { digest, name: 'demo', version: '1.2.0', containers };
    },
  };

  readonly #workloadsApi: typeof workloads = {
    start: (spec) =>
      this.killer.effect(() => {
        this.#refuse('start');
        this.#workloads += 1;
        const id = `w${this.#workloads}`;
        this.workloads.set(id, { spec, state: { tag: 'running' } });
        return { id, isolation: 'worker' as const, reason: 'built here' };
      }),
    status: (id) => {
      this.#refuse('status');
      const found = this.workloads.get(id);
      if (!found) throw new Refusal('not-found', 'no such workload');
      return found.state;
    },
    stop: (id, graceMs) => {
      this.#refuse('stop');
      if (!this.workloads.has(id)) throw new Refusal('not-found', 'no such workload');
      this.stops.push(`${id} ${graceMs}`);
    },
  };

  readonly #streams: LaunchPlatform['streams'] = {
    inherit: (stream) => this.#hold(`inherit ${stream}`),
    pipe: (name) => this.#hold(`pipe ${name}`),
    log: (name, stream, bytesMax) => {
      this.logs.add(name);
      return this.#hold(`log ${name} ${stream} ${bytesMax}`);
    },
    removeLog: (name) => void this.logs.delete(name),
    close: (handle) => void this.held.delete(handle),
  };

  readonly #providers: Pick<LaunchPlatform, 'volumes' | 'scratch' | 'outbound'> = {
    volumes: {
      create: () => fail(),
      get: () => fail(),
      list: () => fail(),
      remove: () => fail(),
      mount: (name, access) => this.#hold(`volume ${name} ${access}`),
      mountPath: (path, access) => this.#hold(`path ${path} ${access}`),
      unmount: (handle) => {
        this.#refuse('unmount');
        this.held.delete(handle);
      },
    },
    scratch: { create: (medium, bytesMax) => this.#hold(`scratch ${medium} ${bytesMax}`) },
    outbound: { prepare: (allowed) => this.#hold(`outbound ${allowed.join()}`), release: (handle) => void this.held.delete(handle) },
  };

  #hold(what: string): string {
    this.#refuse(what.split(' ')[0] ?? '');
    this.#handles += 1;
    const handle = this.#handles.toString(16).padStart(14, '0');
    this.held.set(handle, what);
    return handle;
  }

  #refuse(name: string): void {
    const refusal = this.refusals.get(name);
    this.refusals.delete(name);
    if (refusal) throw refusal;
  }
}

const fail = (): never => {
  throw new Error('container-runtime does not call this');
};
