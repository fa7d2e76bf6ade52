/** What the kernel gives every plugin, in memory, for tests of plugin logic without a component. Each call can be made to fail. */

import type * as call from 'forge:kernel/call@0.1.0';
import type * as clock from 'forge:kernel/clock@0.1.0';
import type * as events from 'forge:kernel/events@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as random from 'forge:kernel/random@0.1.0';
import type * as state from 'forge:kernel/state@0.1.0';
import { Refusal } from '@forgeone/sdk';

/** Thrown where a test kills the plugin: no refusal, so nothing may catch it. */
export class Killed extends Error {}

/** Counts what reaches the outside, and kills at the nth of it. */
export class Killer {
  /** Effects so far. */
  effects = 0;
  /** Which effect does not happen, or happens and is not answered (`x.5`). */
  at = Number.POSITIVE_INFINITY;

  /** Runs an effect, unless the plugin dies before it; it may also die right after it. */
  effect<T>(run: () => T): T {
    this.effects += 1;
    if (this.effects === this.at) throw new Killed();
    const result = run();
    if (this.effects + 0.5 === this.at) throw new Killed();
    return result;
  }
}

export class FakeState {
  readonly entries = new Map<string, state.Entry>();
  /** A store may go on counting when a key is removed and made anew. */
  readonly #versions = new Map<string, number>();
  readonly killer: Killer;
  /** Refusals of the next `apply` calls, the first first. */
  readonly refusals: Refusal[] = [];
  /** Transactions so far. */
  applied = 0;

  constructor(killer = new Killer()) {
    this.killer = killer;
  }

  readonly api: typeof state = {
    get: (key) => this.entries.get(key) ?? null,
    scan: (prefix, after, limit) =>
      [...this.entries.values()]
        .filter(({ key }) => key.startsWith(prefix) && key > (after ?? ''))
        .sort((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, limit),
    apply: (changes) =>
      this.killer.effect(() => {
        const refusal = this.refusals.shift();
        if (refusal) throw refusal;
        const next = new Map(this.entries);
        for (const change of changes) {
          if (change.tag === 'delete') {
            next.delete(change.val);
            continue;
          }
          const { key, value, expect } = change.val;
          const version = next.get(key)?.version ?? 0;
          if (expect != null && expect !== version) throw new Refusal('conflict', `${key} has version ${version}, not ${expect}`);
          if (value.length > 1024 * 1024) throw new Refusal('limit', 'a value has at most 1 MiB');
          const count = Math.max(version, this.#versions.get(key) ?? 0) + 1;
          this.#versions.set(key, count);
          next.set(key, { key, value, version: count });
        }
        this.entries.clear();
        for (const [key, entry] of next) this.entries.set(key, entry);
        this.applied += 1;
      }),
  };

  json(key: string): unknown {
    const entry = this.entries.get(key);
    return entry && JSON.parse(new TextDecoder().decode(entry.value));
  }

  keys(): string[] {
    return [...this.entries.keys()].sort();
  }
}

export class FakeClock {
  ms = 1_700_000_000_000;
  monotonic = 5_000;

  readonly api: typeof clock = { nowMs: () => this.ms, monotonicNs: () => this.monotonic * 1e6 };

  pass(ms: number): void {
    this.ms += ms;
    this.monotonic += ms;
  }
}

export class FakeEvents {
  readonly published: { readonly topic: string; readonly payload: Readonly<Record<string, unknown>> }[] = [];
  readonly prefixes: string[] = [];
  /** What this plugin sends itself later: on the clock that does not step. */
  readonly scheduled: { readonly topic: string; readonly payload: string; readonly dueMs: number }[] = [];
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  readonly api: typeof events = {
    publish: (topic, payload) => void this.published.push({ topic, payload: JSON.parse(payload) as Record<string, unknown> }),
    schedule: (topic, payload, delayMs) => void this.scheduled.push({ topic, payload, dueMs: this.#clock.monotonic + delayMs }),
    subscribe: (prefix) => void this.prefixes.push(prefix),
  };

  /** Takes out what is due, the earliest first. */
  takeDue(): { readonly topic: string; readonly payload: string } | undefined {
    const next = [...this.scheduled].sort((a, b) => a.dueMs - b.dueMs)[0];
    if (!next || next.dueMs > this.#clock.monotonic) return undefined;
    this.scheduled.splice(this.scheduled.indexOf(next), 1);
    return next;
  }

  topics(): string[] {
    return this.published.map(({ topic }) => topic);
  }
}

export class FakeLog {
  readonly lines: string[] = [];
  readonly api: typeof log = { write: (level, message) => void this.lines.push(`${level}: ${message}`) };
}

/** Bytes that differ from call to call and are the same in every run. */
export const fakeRandom = (): typeof random => {
  let calls = 0;
  return {
    bytes(length) {
      calls += 1;
      return Uint8Array.from({ length }, (_, index) => (calls * 37 + index * 11) & 0xff);
    },
  };
};

/** Calls as if through these principals. */
export class FakeCall {
  chain = ['spiffe://local/user/alice', 'spiffe://local/plugin/api', 'spiffe://local/plugin/container-runtime'];
  readonly api: typeof call = { caller: () => ({ chain: this.chain, callId: '0'.repeat(32), remainingMs: 1_000 }) };
}

/** The refusal that running it throws; anything else fails the test. */
export function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}
