/** `forge:kernel/*` as a plugin imports it: what needs no decision, because it does not reach the machine. */
import { Refusal } from '../errors.ts';
import { CLOCK } from '../host/host.ts';
import { monotonicMs } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { StateChange, StateEntry } from '../state/store.ts';
import type { DomainOptions, Slot } from './domain.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
type Context = { readonly slot: Slot; readonly options: DomainOptions };

const TOPIC = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** What only the kernel may tell: a plugin that says `workload.ended.ID` would end what others run (attack 28). */
const KERNEL_TOPIC = /^workload\./;

function checkEvent(topic: string, payload: string): void {
  if (!TOPIC.test(topic)) throw new Refusal('invalid', 'a topic is lower case words joined by dots', { where: topic.slice(0, 80) });
  if (payload.length > LIMITS.eventBytesMax) throw new Refusal('limit', `an event has at most ${LIMITS.eventBytesMax} bytes`, { where: topic });
}

function logImports({ slot, options }: Context) {
  let second = 0;
  let lines = 0;
  return {
    write(level: Level, message: string, fields: readonly (readonly [string, string])[]): void {
      const now = Math.floor(monotonicMs() / 1_000);
      if (now !== second) {
        if (lines > LIMITS.pluginLogLinesPerSecond) {
          options.log.warn({ plugin: slot.unit.name, dropped: lines - LIMITS.pluginLogLinesPerSecond }, 'log lines were dropped');
        }
        second = now;
        lines = 0;
      }
      lines += 1;
      if (lines > LIMITS.pluginLogLinesPerSecond) return;
      const cut = (text: string): string => text.slice(0, LIMITS.pluginLogBytesMax);
      const kept = Object.fromEntries(fields.slice(0, 32).map((field) => field.map(cut)));
      options.log[level]({ callId: slot.context?.callId, plugin: slot.unit.name, fields: kept }, cut(message));
    },
  };
}

const INTERFACES: Readonly<Record<string, (context: Context) => Record<string, (...args: never[]) => unknown>>> = {
  'forge:kernel/log': logImports,
  'forge:kernel/config': ({ slot }) => ({ get: (key: string): string | undefined => slot.unit.config[key] }),
  'forge:kernel/clock': ({ options }) => ({
    nowMs: (): bigint => BigInt(Date.now()),
    monotonicNs: (): bigint => options.gate.host.clockNow(CLOCK.monotonic),
  }),
  'forge:kernel/random': ({ options }) => ({
    bytes(length: number): Uint8Array {
      const bytes = new Uint8Array(Math.min(length, LIMITS.pluginRandomBytesMax));
      if (options.gate.host.randomFill(bytes, 0, bytes.length) < 0) throw new Error('the random generator failed');
      return bytes;
    },
  }),
  'forge:kernel/call': ({ slot }) => ({
    caller() {
      const { chain, callId, deadlineMs } = slot.context ?? { chain: [], callId: '', deadlineMs: 0 };
      return { chain, callId, remainingMs: Math.max(0, Math.floor(deadlineMs - monotonicMs())) };
    },
  }),
  'forge:kernel/state': ({ slot, options: { services } }) => ({
    get: (key: string): StateEntry | undefined => services.stateOf(slot.unit).get(slot.unit.name, key),
    scan: (prefix: string, after: string | undefined, limit: number): StateEntry[] => services.stateOf(slot.unit).scan(slot.unit.name, prefix, after, limit),
    apply: (changes: readonly StateChange[]): void => services.stateOf(slot.unit).apply(slot.unit.name, changes),
  }),
  'forge:kernel/events': ({ slot, options: { services } }) => ({
    publish(topic: string, payload: string): void {
      checkEvent(topic, payload);
      if (KERNEL_TOPIC.test(topic)) throw new Refusal('denied', 'only the kernel tells of workloads', { where: topic, hint: 'publish under a word of your own' });
      services.publish(topic, payload, slot.context);
    },
    schedule(topic: string, payload: string, delayMs: number): void {
      checkEvent(topic, payload);
      services.schedule(slot.unit.name, topic, payload, delayMs, slot.context);
    },
    subscribe: (prefix: string): void => services.subscribe(slot.unit.name, prefix),
  }),
};

export const KERNEL_INTERFACES: readonly string[] = Object.keys(INTERFACES);

export function kernelImports(name: string, slot: Slot, options: DomainOptions): unknown {
  const make = INTERFACES[name];
  if (!make) throw new Refusal('unsupported', `this kernel has no ${name}`);
  return make({ slot, options });
}
