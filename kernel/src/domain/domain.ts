/**
 * A domain: plugin instances of one thread with the linker and the gate beside them (call path steps 5 to 7).
 *
 * The linker is `#link`: it turns each interface a plugin imports into functions that check order, deadline and state
 * of the provider and then call it, directly in this domain or over a channel in another. Life of a plugin here:
 *
 * ```
 * declared -> starting -> serving -> draining -> stopped
 *                 ^          |
 *                 +- faulted-+-> quarantined
 * ```
 */
import { asRefusal, type ErrorPayload, Fault, Refusal } from '../errors.ts';
import { Gate, type GateOptions, type Question } from '../gate/gate.ts';
import { hostImports } from '../gate/host-imports.ts';
import type { Owner } from '../host/host.ts';
import { type CallContext, extendContext, monotonicMs, newCallId, pluginId } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Instance, Instantiator } from '../loader/instantiate.ts';
import type { Logger } from '../log.ts';
import { Caller, ChannelBroken, type ChannelFailure, type ChannelMemory } from './channel.ts';
import { kernelImports } from './kernel-imports.ts';
import type { KernelServices } from './kernel-services.ts';
import { type PluginUnit, serves, withoutVersion } from './plugin-unit.ts';

export const LIFECYCLE = 'forge:plugin/lifecycle@0.1.0';
export const LISTENER = 'forge:plugin/listener@0.1.0';

export type PluginState = 'declared' | 'starting' | 'serving' | 'draining' | 'stopped' | 'faulted' | 'quarantined';

/** One plugin in this domain. */
export interface Slot {
  readonly unit: PluginUnit;
  readonly id: string;
  state: PluginState;
  /** Raised by every start; handles and owners of an older one are dead. */
  generation: number;
  owner: Owner;
  instance: Instance | undefined;
  /** When it was restarted, for the restart budget. */
  readonly restarts: number[];
  /** The call it is serving. */
  context: CallContext | undefined;
}

/** A call into a plugin, as it crosses a channel. */
export interface PluginCall {
  readonly plugin: string;
  readonly interface: string;
  readonly function: string;
  readonly args: readonly unknown[];
  readonly context: CallContext;
  /** What the gate must allow first: the ingress asks whether its user may use the API at all. */
  readonly question?: Question;
}

export type PluginReply = { readonly ok: unknown } | { readonly refusal: ErrorPayload };

export interface DomainOptions {
  readonly name: string;
  /** All plugins of the composition, in order; those whose `domain` is this one run here. */
  readonly plugins: readonly PluginUnit[];
  /** Channels to the other domains, by name. */
  readonly channels: Readonly<Record<string, ChannelMemory>>;
  readonly services: KernelServices;
  readonly instantiator: Instantiator;
  readonly gate: Omit<GateOptions, 'authorizer' | 'appraiser' | 'log'>;
  readonly log: Logger;
}

/** What a caller reads. */
export const UNAVAILABLE: Readonly<Record<ChannelFailure, string>> = {
  dead: 'ended during the call',
  timeout: 'did not answer before the deadline',
  busy: 'starts, or was busy until the deadline',
};

const unavailable = (plugin: string, why: string): Refusal =>
  new Refusal('unavailable', `plugin ${plugin} ${why}`, { where: plugin, hint: 'it is restarted by itself; the log says why it failed' });

export class Domain {
  readonly #options: DomainOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #callers = new Map<string, Caller>();
  readonly #providers = new Map<string, { readonly provider: PluginUnit | undefined; readonly provided: string }>();
  readonly #gate: Gate;
  #depth = 0;

  constructor(options: DomainOptions) {
    this.#options = options;
    for (const unit of options.plugins) {
      if (unit.domain !== options.name) continue;
      this.#slots.set(unit.name, {
        unit,
        id: pluginId(unit.name),
        state: 'declared',
        generation: 0,
        owner: 0,
        instance: undefined,
        restarts: [],
        context: undefined,
      });
    }
    for (const [name, memory] of Object.entries(options.channels)) this.#callers.set(name, new Caller(memory));
    this.#gate = new Gate({
      ...options.gate,
      log: options.log,
      authorizer: (request, context) => this.#callInterface('forge:security/authorizer@0.1.0', 'authorize', [request], context, LIMITS.decisionDeadlineMs),
      appraiser: (identity, syscall, evidence, context) =>
        this.#callInterface('forge:security/trust@0.1.0', 'validateTrust', [identity, syscall, evidence], context, LIMITS.decisionDeadlineMs),
    });
  }

  /** Serves one call that came over a channel or from the kernel of the same thread; never throws. */
  serve(call: PluginCall): PluginReply {
    try {
      if (call.question) this.#gate.decide(call.context, call.question);
      return { ok: this.invoke(call) };
    } catch (thrown) {
      return { refusal: this.#refusalOf(thrown, call.plugin, call.context).payload };
    }
  }

  /** Calls a plugin of this domain. Throws a Refusal; faults have become `unavailable`. */
  invoke(call: PluginCall): unknown {
    const slot = this.#slots.get(call.plugin);
    if (!slot) throw new Refusal('not-found', `no plugin ${call.plugin} in domain ${this.#options.name}`);
    const instance = this.#serving(slot);
    const target = instance[call.interface] as Record<string, (...args: unknown[]) => unknown> | undefined;
    const run = target && Object.hasOwn(target, call.function) ? target[call.function] : undefined;
    if (!run) throw new Refusal('unsupported', `plugin ${call.plugin} has no ${call.interface}.${call.function}`);
    if (monotonicMs() >= call.context.deadlineMs) throw new Refusal('timeout', `the deadline passed before ${call.plugin} was called`);
    return this.#run(slot, call.context, `${call.interface}.${call.function}`, () => run(...call.args));
  }

  /** Runs code of the plugin; whatever is not a declared error ends the instance. */
  #run(slot: Slot, context: CallContext, what: string, run: () => unknown): unknown {
    if (this.#depth >= LIMITS.callDepthMax) throw new Refusal('limit', `calls are nested deeper than ${LIMITS.callDepthMax}`);
    const log = this.#options.log;
    const began = log.isLevelEnabled('debug') ? monotonicMs() : 0;
    const before = slot.context;
    slot.context = context;
    this.#depth += 1;
    try {
      return run();
    } catch (thrown) {
      const refusal = refusalFromGuest(thrown);
      if (refusal) throw refusal;
      this.#fault(slot, thrown, context);
      throw unavailable(slot.unit.name, 'failed during the call');
    } finally {
      this.#depth -= 1;
      slot.context = before;
      if (began) {
        log.debug({ callId: context.callId, step: stepOf(what), plugin: slot.unit.name, chain: context.chain, us: Math.round((monotonicMs() - began) * 1_000) }, what);
      }
    }
  }

  /** The instance of a plugin, started now if it is not. Lazy, because `forge run` needs only some of them. */
  #serving(slot: Slot): Instance {
    if (slot.state === 'serving' && slot.instance) return slot.instance;
    if (slot.state === 'quarantined') throw unavailable(slot.unit.name, `is quarantined: it failed ${LIMITS.restartsMax} times in ${LIMITS.restartWindowMs / 1_000} s`);
    if (slot.state === 'starting') throw unavailable(slot.unit.name, 'is starting');
    if (slot.state === 'draining' || slot.state === 'stopped') throw unavailable(slot.unit.name, 'is stopped');
    return this.#start(slot);
  }

  #start(slot: Slot): Instance {
    const { host } = this.#options.gate;
    slot.state = 'starting';
    slot.generation += 1;
    // Also what a thread that was ended held: its owner is only known outside of it.
    host.ownerRelease(this.#options.services.ownerOf(slot.unit.order));
    slot.owner = host.ownerCreate(`plugin/${slot.unit.name}#${slot.generation}`);
    this.#options.services.setOwner(slot.unit.order, slot.owner);
    const context: CallContext = {
      callId: newCallId(host),
      chain: [slot.id],
      deadlineMs: monotonicMs() + LIMITS.pluginStartMs,
      local: false,
      consents: [],
    };
    try {
      slot.instance = this.#options.instantiator.instantiate(slot.unit.component, this.#imports(slot), slot.unit.memoryBytesMax);
      const lifecycle = slot.instance[LIFECYCLE] as { start(): void } | undefined;
      if (!lifecycle) throw new Fault(slot.unit.name, `it does not export ${LIFECYCLE}`);
      this.#run(slot, context, 'lifecycle.start', () => lifecycle.start());
    } catch (thrown) {
      if (slot.state === 'starting') this.#fault(slot, thrown, context);
      throw unavailable(slot.unit.name, 'could not start');
    }
    slot.state = 'serving';
    this.#options.services.stateChanged(slot.unit.name, slot.state, slot.generation);
    return slot.instance;
  }

  /** Ends a faulty instance: what it held is closed, and the next call starts a new one while the budget lasts. */
  #fault(slot: Slot, thrown: unknown, context: CallContext): void {
    const { host } = this.#options.gate;
    const now = monotonicMs();
    slot.instance = undefined;
    // What it gave to workloads lives on: they keep running.
    host.ownerRelease(slot.owner);
    while (slot.restarts[0] !== undefined && slot.restarts[0] < now - LIMITS.restartWindowMs) slot.restarts.shift();
    slot.restarts.push(now);
    slot.state = slot.restarts.length > LIMITS.restartsMax ? 'quarantined' : 'faulted';
    this.#options.log.error({ callId: context.callId, plugin: slot.unit.name, generation: slot.generation, err: thrown, state: slot.state }, 'a plugin failed');
    this.#options.services.stateChanged(slot.unit.name, slot.state, slot.generation);
  }

  /** Stops all plugins of this domain, the last of the composition first. */
  stop(): void {
    for (const slot of [...this.#slots.values()].reverse()) {
      if (slot.state === 'serving' && slot.instance) {
        slot.state = 'draining';
        const lifecycle = slot.instance[LIFECYCLE] as { stop(): void };
        const context: CallContext = { callId: newCallId(this.#options.gate.host), chain: [slot.id], deadlineMs: monotonicMs() + LIMITS.pluginStopMs, local: false, consents: [] };
        try {
          this.#run(slot, context, 'lifecycle.stop', () => lifecycle.stop());
        } catch (thrown) {
          this.#options.log.warn({ plugin: slot.unit.name, err: thrown }, 'a plugin did not stop cleanly');
        }
      }
      if (slot.owner) this.#options.gate.host.ownerDrop(slot.owner);
      slot.instance = undefined;
      slot.state = 'stopped';
    }
  }

  /** All imports of a plugin, by the unversioned names that the glue reads. */
  #imports(slot: Slot): Record<string, unknown> {
    const imports: Record<string, unknown> = {};
    for (const wanted of slot.unit.component.imports) {
      const name = withoutVersion(wanted);
      if (name.startsWith('forge:types/')) imports[name] = {};
      else if (name.startsWith('forge:kernel/')) imports[name] = kernelImports(name, slot, this.#options);
      else if (name.startsWith('forge:host/')) imports[name] = hostImports(name, slot, this.#gate, this.#options.services);
      else imports[name] = this.#link(slot, wanted);
    }
    return imports;
  }

  /** The linker: an interface as functions that call its provider. */
  #link(slot: Slot, wanted: string): unknown {
    return new Proxy(Object.create(null) as object, {
      get: (_, name) => {
        if (typeof name !== 'string') return undefined;
        return (...args: unknown[]) => {
          const parent = slot.context;
          if (!parent) throw new Refusal('unavailable', 'a call outside of any call');
          return this.#callInterface(wanted, name, args, extendContext(parent, slot.id, LIMITS.callDeadlineMs), LIMITS.callDeadlineMs, slot);
        };
      },
    });
  }

  /** Found once: the composition does not change while the domain lives. */
  #providerOf(wanted: string): { readonly provider: PluginUnit | undefined; readonly provided: string } {
    let found = this.#providers.get(wanted);
    if (!found) {
      const provider = this.#options.plugins.find((unit) => unit.provides.some((provided) => serves(provided, wanted)));
      found = { provider, provided: provider?.provides.find((candidate) => serves(candidate, wanted)) ?? wanted };
      this.#providers.set(wanted, found);
    }
    return found;
  }

  #callInterface(wanted: string, name: string, args: readonly unknown[], context: CallContext, deadlineMs: number, caller?: Slot): unknown {
    const { provider, provided } = this.#providerOf(wanted);
    if (!provider) {
      throw new Refusal('unavailable', `no plugin provides ${wanted}`, { where: wanted, hint: `install a plugin whose forge.toml says provides = ["${wanted}"]` });
    }
    if (caller && provider.order >= caller.unit.order) {
      throw new Refusal('denied', `${caller.unit.name} may not call ${provider.name}: calls go up the composition`, {
        where: wanted,
        hint: `put [[plugin]] ${provider.name} above ${caller.unit.name} in the composition file`,
      });
    }
    if (context.deadlineMs - monotonicMs() < LIMITS.callFairMs) {
      throw new Refusal('timeout', `too little time was left to ask ${provider.name}`, { where: wanted });
    }
    const call: PluginCall = {
      plugin: provider.name,
      interface: provided,
      function: name,
      args,
      context: { ...context, deadlineMs: Math.min(context.deadlineMs, monotonicMs() + Math.min(deadlineMs, provider.deadlineMs)) },
    };
    if (provider.domain === this.#options.name) return this.invoke(call);
    return this.#callRemote(provider, call);
  }

  #callRemote(provider: PluginUnit, call: PluginCall): unknown {
    const remote = this.#callers.get(provider.domain);
    if (!remote) throw unavailable(provider.name, 'cannot be reached from here');
    let reply: PluginReply;
    try {
      reply = remote.callSync(call, call.context.deadlineMs) as PluginReply;
    } catch (thrown) {
      if (!(thrown instanceof ChannelBroken)) throw thrown;
      if (thrown.why === 'timeout') this.#options.services.overran(provider.domain, call.context.callId);
      throw unavailable(provider.name, UNAVAILABLE[thrown.why]);
    }
    if ('ok' in reply) return reply.ok;
    throw new Refusal(reply.refusal.tag, reply.refusal.val.message, reply.refusal.val);
  }

  #refusalOf(thrown: unknown, plugin: string, context: CallContext): Refusal {
    const refusal = asRefusal(thrown);
    if (refusal) return refusal;
    this.#options.log.error({ callId: context.callId, plugin, err: thrown }, 'a bug in the kernel');
    return new Refusal('other', 'internal error', { where: context.callId, hint: 'the log has it under this call id' });
  }
}

/** Guests throw declared errors as ComponentError with a payload; anything else, also a RangeError of the engine, is a fault. */
function refusalFromGuest(thrown: unknown): Refusal | undefined {
  if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) return undefined;
  return asRefusal(thrown);
}

/** Where on the call path a call stands (ARCHITECTURE.md, "One picture"). */
const stepOf = (what: string): number => (what.startsWith('forge:api/') ? 4 : what.startsWith('forge:security/') ? 7 : 6);
