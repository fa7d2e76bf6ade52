/**
 * Collects what a container needs, starts its workload, and gives everything back (call path step 6): mounts from
 * storage, an allow-list from network, streams from the host. All or nothing.
 */

import type { Mount } from 'forge:container/runtime@0.1.0';
import type * as streams from 'forge:host/streams@0.1.0';
import type * as workloads from 'forge:host/workloads@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as outbound from 'forge:network/outbound@0.1.0';
import type * as scratch from 'forge:storage/scratch@0.1.0';
import type * as volumes from 'forge:storage/volumes@0.1.0';
import type { Handle } from 'forge:types/handles@0.1.0';
import { isRefusal } from '@forgeone/sdk';
import type { ContainerRecord, Run } from './life-cycle.ts';
import type { Plan } from './plan.ts';

/** What this module asks of the platform. */
export interface Platform {
  readonly volumes: typeof volumes;
  readonly scratch: typeof scratch;
  readonly outbound: typeof outbound;
  readonly streams: typeof streams;
  readonly workloads: typeof workloads;
  readonly log: typeof log;
}

interface Held {
  readonly mounts: Handle[];
  outbound: Handle | null;
  readonly streams: Handle[];
}

interface Stdio {
  readonly stdin: Handle | null;
  readonly stdout: Handle;
  readonly stderr: Handle;
}

export class Launcher {
  readonly #platform: Platform;
  /** Where a container's log rotates. */
  readonly #logBytesMax: () => number;

  constructor(platform: Platform, logBytesMax: () => number) {
    this.#platform = platform;
    this.#logBytesMax = logBytesMax;
  }

  /** Starts it, or throws and holds nothing. */
  launch({ id, name, plan }: ContainerRecord): Run {
    const held: Held = { mounts: [], outbound: null, streams: [] };
    try {
      const mounts = plan.mounts.map((mount) => ({ tree: this.#mount(mount, held), target: mount.target }));
      if (plan.allowedOutboundHosts.length > 0) held.outbound = this.#platform.outbound.prepare([...plan.allowedOutboundHosts]);
      const {
        id: workload,
        isolation,
        reason,
      } = this.#platform.workloads.start({
        component: plan.component,
        name,
        args: [...plan.args],
        env: plan.env.map(([key, value]) => [key, value]),
        mounts,
        ...this.#openStdio(id, plan, held),
        outbound: held.outbound,
        limits: { memoryBytes: plan.memoryBytes, wallMs: plan.wallMs },
        isolation: plan.isolation,
      });
      return { workload, isolation: `${isolation}: ${reason}`, ...held };
    } catch (thrown) {
      this.giveBack(held);
      throw thrown;
    }
  }

  /** Gives back what a run held. A provider that was restarted meanwhile has forgotten it already. */
  giveBack({ mounts, outbound, streams }: Omit<Run, 'workload' | 'isolation'>): void {
    for (const handle of mounts) this.#quietly('a mount', () => this.#platform.volumes.unmount(handle));
    if (outbound !== null) this.#quietly('an allow-list', () => this.#platform.outbound.release(outbound));
    for (const handle of streams) this.#platform.streams.close(handle);
  }

  removeLog(id: string): void {
    this.#quietly('a log', () => this.#platform.streams.removeLog(id));
  }

  #mount({ source, readOnly }: Mount, held: Held): Handle {
    const { volumes, scratch } = this.#platform;
    const access = readOnly ? 'read-only' : 'read-write';
    const open = (): Handle => {
      switch (source.tag) {
        case 'volume':
          return volumes.mount(source.val, access);
        case 'path':
          return volumes.mountPath(source.val, access);
        case 'memory':
        case 'disk':
          return scratch.create(source.tag, source.val);
      }
    };
    const handle = open();
    held.mounts.push(handle);
    return handle;
  }

  #openStdio(id: string, { stdio }: Plan, held: Held): Stdio {
    const { streams } = this.#platform;
    const hold = (handle: Handle): Handle => {
      held.streams.push(handle);
      return handle;
    };
    if (stdio === 'inherited') {
      return { stdin: hold(streams.inherit('stdin')), stdout: hold(streams.inherit('stdout')), stderr: hold(streams.inherit('stderr')) };
    }
    // What clients send to the container of this id goes into it.
    const stdin = stdio === 'interactive' ? hold(streams.pipe(id)) : null;
    const bytesMax = this.#logBytesMax();
    return { stdin, stdout: hold(streams.log(id, 'stdout', bytesMax)), stderr: hold(streams.log(id, 'stderr', bytesMax)) };
  }

  #quietly(what: string, giveBack: () => void): void {
    try {
      giveBack();
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.#platform.log.write('warn', `${what} could not be given back: ${thrown.message}`, []);
    }
  }
}
