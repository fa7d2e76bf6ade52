/**
 * The supervisor: places plugins in domains, watches them, and ends and restarts a domain that hangs or dies.
 *
 * It lives on the main thread and never blocks. A plugin that traps is restarted inside its domain (domain.ts); what
 * reaches this file is a whole thread that hung past its deadline, ran out of memory, or ended.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { breakChannel, Caller, ChannelBroken, type ChannelMemory, newBell, newChannel, resetChannel, ringBell } from './domain/channel.ts';
import { LIFECYCLE, LISTENER, type PluginCall, type PluginReply, type PluginState, UNAVAILABLE } from './domain/domain.ts';
import { answerLine } from './domain/kernel-line.ts';
import type { PluginUnit } from './domain/plugin-unit.ts';
import { serves } from './domain/plugin-unit.ts';
import type { DomainThreadData } from './domain/worker.ts';
import { Refusal } from './errors.ts';
import type { Host } from './host/host.ts';
import { type CallContext, monotonicMs, newCallId } from './identity.ts';
import { LIMITS } from './limits.ts';
import type { Logger } from './log.ts';

/** What the main thread does for domains: the methods of {@link answerLine}. */
export type KernelHandler = (method: string, args: readonly unknown[]) => unknown;

export interface SupervisorOptions {
  readonly plugins: readonly PluginUnit[];
  readonly host: Host;
  readonly workerUrl: URL;
  readonly threadData: Pick<DomainThreadData, 'mintKey' | 'codeCache' | 'ingressOwner' | 'roots' | 'stateFile' | 'oneShot' | 'auditFile' | 'log'>;
  readonly handle: KernelHandler;
  readonly log: Logger;
}

export interface PluginReport {
  readonly name: string;
  readonly state: PluginState;
  readonly generation: number;
  readonly domain: string;
}

interface DomainThread {
  readonly name: string;
  readonly bell: SharedArrayBuffer;
  readonly stop: SharedArrayBuffer;
  /** Channels into it, by caller; `kernel` is the main thread. */
  readonly incoming: Map<string, ChannelMemory>;
  readonly restarts: number[];
  caller: Caller;
  worker: Worker | undefined;
  quarantined: boolean;
  stopping: boolean;
  /** The thread has ended. */
  ended: Promise<void>;
}

const KERNEL = 'kernel';

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #domains = new Map<string, DomainThread>();
  readonly #owners: SharedArrayBuffer;
  readonly #reports = new Map<string, PluginReport>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#owners = new SharedArrayBuffer(Math.max(1, options.plugins.length) * Float64Array.BYTES_PER_ELEMENT);
    const names = [...new Set(options.plugins.map(({ domain }) => domain))];
    for (const name of names) {
      const bell = newBell();
      // A domain may be called by the kernel and by every other; order is checked by the linker, call by call.
      const incoming = new Map([KERNEL, ...names.filter((other) => other !== name)].map((caller) => [caller, newChannel(bell)]));
      this.#domains.set(name, {
        name,
        bell,
        stop: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
        incoming,
        restarts: [],
        caller: new Caller(incoming.get(KERNEL) as ChannelMemory),
        worker: undefined,
        quarantined: false,
        stopping: false,
        ended: Promise.resolve(),
      });
    }
    for (const { name, domain } of options.plugins) this.#reports.set(name, { name, state: 'declared', generation: 0, domain });
  }

  /** Starts all domains; plugins start with their first call. */
  start(): void {
    for (const domain of this.#domains.values()) this.#spawn(domain);
  }

  /** Starts every plugin now, in the order of the composition. */
  async startPlugins(): Promise<void> {
    for (const unit of this.#options.plugins) await this.#startPlugin(unit);
  }

  /** A start has a time of its own, so that no call pays for it, or takes a plugin that starts for one that hangs. */
  async #startPlugin(unit: PluginUnit): Promise<void> {
    const context = this.#ownContext(LIMITS.pluginStartMs + LIMITS.pluginHealthMs);
    await this.#callWithin({ plugin: unit.name, interface: LIFECYCLE, function: 'health', args: [], context }, unit.domain);
  }

  reports(): PluginReport[] {
    return [...this.#reports.values()];
  }

  stateChanged(plugin: string, state: PluginState, generation: number): void {
    const report = this.#reports.get(plugin);
    if (report) this.#reports.set(plugin, { ...report, state, generation });
  }

  provider(wanted: string): PluginUnit {
    const unit = this.#options.plugins.find(({ provides }) => provides.some((provided) => serves(provided, wanted)));
    if (!unit) throw new Refusal('unavailable', `no plugin provides ${wanted}`, { where: wanted });
    return unit;
  }

  /** Calls a plugin from the main thread. Throws a Refusal. */
  async call(unit: PluginUnit, interfaceName: string, name: string, args: readonly unknown[], context: CallContext, question?: PluginCall['question']): Promise<unknown> {
    const now = monotonicMs();
    const within = { ...context, deadlineMs: Math.min(Math.max(context.deadlineMs, now + LIMITS.callFairMs), now + unit.deadlineMs) };
    return this.#callWithin({ plugin: unit.name, interface: interfaceName, function: name, args, context: within, ...(question ? { question } : {}) }, unit.domain);
  }

  async #callWithin(call: PluginCall, home: string): Promise<unknown> {
    const domain = this.#domains.get(home) as DomainThread;
    if (domain.quarantined) throw this.#unavailable(call.plugin, 'is quarantined: its domain failed too often');
    const { deadlineMs, callId } = call.context;
    let reply: PluginReply;
    try {
      reply = (await domain.caller.call(call, deadlineMs)) as PluginReply;
    } catch (thrown) {
      if (!(thrown instanceof ChannelBroken)) throw thrown;
      if (thrown.why === 'timeout') this.overran(domain.name, callId);
      throw this.#unavailable(call.plugin, UNAVAILABLE[thrown.why]);
    }
    if ('ok' in reply) return reply.ok;
    throw new Refusal(reply.refusal.tag, reply.refusal.val.message, reply.refusal.val);
  }

  /** Delivers an event; a listener that fails is logged, and the event is not repeated. */
  async deliver(plugin: string, topic: string, payload: string, context: CallContext | undefined): Promise<void> {
    const unit = this.#options.plugins.find(({ name }) => name === plugin);
    if (!unit) return;
    const own = this.#ownContext(LIMITS.callDeadlineMs);
    try {
      await this.call(unit, LISTENER, 'deliver', [topic, payload], context ? { ...context, deadlineMs: own.deadlineMs } : own);
    } catch (thrown) {
      this.#options.log.error({ callId: context?.callId, plugin, topic, err: thrown }, 'an event was not handled');
    }
  }

  /** A call into the domain was not answered in time: whatever it does, it does no longer. */
  overran(name: string, callId: string): void {
    const domain = this.#domains.get(name);
    if (!domain?.worker || domain.stopping) return;
    this.#options.log.error({ callId, domain: name }, 'a plugin overran its deadline; its domain is ended and started again');
    void domain.worker.terminate();
  }

  /** Stops all plugins, the last of the composition first, and ends their threads. */
  async stop(): Promise<void> {
    for (const domain of [...this.#domains.values()].reverse()) {
      domain.stopping = true;
      Atomics.store(new Int32Array(domain.stop), 0, 1);
      ringBell(domain.bell);
      const timer = setTimeout(() => void domain.worker?.terminate(), LIMITS.pluginStopMs);
      await domain.ended;
      clearTimeout(timer);
    }
  }

  #spawn(domain: DomainThread): void {
    const { plugins, threadData, workerUrl, handle, log } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const answered = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    answerLine(port1, answered, handle, (thrown) => log.error({ domain: domain.name, err: thrown }, 'a bug in the kernel'));
    const outgoing = Object.fromEntries(
      [...this.#domains.values()].flatMap((other) => {
        const memory = other.incoming.get(domain.name);
        return memory ? [[other.name, memory]] : [];
      }),
    );
    const data: DomainThreadData = {
      ...threadData,
      name: domain.name,
      plugins,
      bell: domain.bell,
      incoming: [...domain.incoming.values()],
      outgoing,
      owners: this.#owners,
      line: port2,
      answered,
      stop: domain.stop,
    };
    const worker = new Worker(workerUrl, {
      workerData: data,
      transferList: [port2],
      // Nothing of the user's environment reaches a domain.
      env: { NODE_COMPILE_CACHE: this.#options.threadData.codeCache },
      stdout: false,
      stderr: false,
      resourceLimits: { stackSizeMb: LIMITS.guestStackMiB, maxOldGenerationSizeMb: LIMITS.guestHeapMiB },
    });
    domain.worker = worker;
    worker.on('error', (thrown) => log.error({ domain: domain.name, err: thrown }, 'a domain failed'));
    domain.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        port1.close();
        if (domain.worker === worker) domain.worker = undefined;
        resolve();
        if (!domain.stopping) this.#restart(domain, outgoing);
      });
    });
  }

  #restart(domain: DomainThread, outgoing: Readonly<Record<string, ChannelMemory>>): void {
    const now = monotonicMs();
    while (domain.restarts[0] !== undefined && domain.restarts[0] < now - LIMITS.restartWindowMs) domain.restarts.shift();
    domain.restarts.push(now);
    const channels = [...domain.incoming.values(), ...Object.values(outgoing)];
    if (domain.restarts.length > LIMITS.restartsMax) {
      domain.quarantined = true;
      for (const memory of domain.incoming.values()) breakChannel(memory);
      for (const { name, domain: home } of this.#options.plugins) if (home === domain.name) this.stateChanged(name, 'quarantined', 0);
      this.#options.log.error({ domain: domain.name }, `a domain ended ${LIMITS.restartsMax} times in ${LIMITS.restartWindowMs / 1_000} s and is quarantined`);
      return;
    }
    for (const memory of channels) resetChannel(memory);
    domain.caller = new Caller(domain.incoming.get(KERNEL) as ChannelMemory);
    this.#spawn(domain);
    for (const unit of this.#options.plugins) {
      if (unit.domain !== domain.name) continue;
      this.#startPlugin(unit).catch((thrown: unknown) => this.#options.log.error({ plugin: unit.name, err: thrown }, 'a plugin did not start again'));
    }
  }

  #ownContext(deadlineMs: number): CallContext {
    return { callId: newCallId(this.#options.host), chain: [], deadlineMs: monotonicMs() + deadlineMs, local: false, consents: [] };
  }

  #unavailable(plugin: string, why: string): Refusal {
    return new Refusal('unavailable', `plugin ${plugin} ${why}`, { where: plugin, hint: 'it is restarted by itself; the log says why it failed' });
  }
}
