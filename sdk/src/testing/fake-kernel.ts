/** The fake of forge:kernel: a clock that moves when told, randomness that repeats, state and events in memory. */
import type { Caller } from '@forgeone/wit/generated/host/forge-types-identity.d.ts';
import { Refusal } from '../guest/refusal.ts';
import type { FakeInterfaces } from './harness-types.ts';

export interface LogLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface FakeEvent {
  readonly topic: string;
  readonly payload: string;
}

/** What `schedule` of forge:kernel/events promised. */
export interface ScheduledEvent extends FakeEvent {
  /** Unix time in milliseconds. */
  readonly dueMs: number;
  /** On whose authority: the caller when it was scheduled. */
  readonly caller: Caller;
}

export interface StoredEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly version: number;
}

const KEY_BYTES_MAX = 512;
const VALUE_BYTES_MAX = 1024 * 1024;
const RANDOM_BYTES_MAX = 4096;
const LOG_BYTES_MAX = 8192;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

export class FakeKernel {
  readonly log: LogLine[] = [];
  readonly config: Map<string, string>;
  readonly state = new Map<string, StoredEntry>();
  /** Published by the plugin, oldest first. */
  readonly published: FakeEvent[] = [];
  readonly subscriptions: string[] = [];
  /** Not delivered yet, in order of their time; `harness.advance` delivers them. */
  readonly scheduled: ScheduledEvent[] = [];
  caller: Caller = { chain: [], callId: '0'.repeat(32), remainingMs: 30_000 };
  /** Unix time in milliseconds. */
  nowMs = Date.UTC(2026, 0, 1);
  #monotonicNs = 1e9;
  #random = 0x9e3779b9;
  /** Versions go on after a delete, as in a store that never gives one twice. */
  readonly #versions = new Map<string, number>();

  constructor(config: Readonly<Record<string, string>>) {
    this.config = new Map(Object.entries(config));
  }

  /** Moves both clocks, and nothing else. */
  advance(ms: number): void {
    this.nowMs += ms;
    this.#monotonicNs += ms * 1e6;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length: Math.min(length, RANDOM_BYTES_MAX) }, () => {
      // xorshift32: repeats in every run, so that tests do.
      this.#random ^= this.#random << 13;
      this.#random ^= this.#random >>> 17;
      this.#random ^= this.#random << 5;
      return this.#random & 0xff;
    });
  }

  #apply(changes: readonly ({ tag: 'put'; val: { key: string; value: Uint8Array; expect?: number | null | undefined } } | { tag: 'delete'; val: string })[]): void {
    for (const change of changes) {
      if (change.tag !== 'put') continue;
      const { key, value, expect } = change.val;
      if (byteLength(key) > KEY_BYTES_MAX || value.length > VALUE_BYTES_MAX) throw new Refusal('limit', 'the key or the value is too long', { where: key });
      const version = this.state.get(key)?.version ?? 0;
      if (expect !== undefined && expect !== null && expect !== version) throw new Refusal('conflict', `version ${version}, not ${expect}`, { where: key });
    }
    for (const change of changes) {
      if (change.tag === 'delete') {
        this.state.delete(change.val);
        continue;
      }
      const { key, value } = change.val;
      const version = (this.#versions.get(key) ?? 0) + 1;
      this.#versions.set(key, version);
      this.state.set(key, { key, value, version });
    }
  }

  /** The interfaces, as the plugin imports them. */
  interfaces(): Pick<
    FakeInterfaces,
    | 'forge:kernel/log@0.1.0'
    | 'forge:kernel/config@0.1.0'
    | 'forge:kernel/clock@0.1.0'
    | 'forge:kernel/random@0.1.0'
    | 'forge:kernel/call@0.1.0'
    | 'forge:kernel/state@0.1.0'
    | 'forge:kernel/events@0.1.0'
  > {
    return {
      'forge:kernel/log@0.1.0': { write: (level, message, fields) => void this.log.push({ level, message: message.slice(0, LOG_BYTES_MAX), fields: Object.fromEntries(fields) }) },
      'forge:kernel/config@0.1.0': { get: (key) => this.config.get(key) ?? null },
      'forge:kernel/clock@0.1.0': { nowMs: () => this.nowMs, monotonicNs: () => this.#monotonicNs },
      'forge:kernel/random@0.1.0': { bytes: (length) => this.#bytes(length) },
      'forge:kernel/call@0.1.0': { caller: () => this.caller },
      'forge:kernel/state@0.1.0': {
        get: (key) => this.state.get(key) ?? null,
        scan: (prefix, after, limit) =>
          [...this.state.values()]
            .filter((entry) => entry.key.startsWith(prefix) && (after === null || after === undefined || entry.key > after))
            .sort((a, b) => (a.key < b.key ? -1 : 1))
            .slice(0, limit),
        apply: (changes) => this.#apply(changes),
      },
      'forge:kernel/events@0.1.0': {
        publish: (topic, payload) => void this.published.push({ topic, payload }),
        schedule: (topic, payload, delayMs) => {
          this.scheduled.push({ topic, payload, dueMs: this.nowMs + delayMs, caller: this.caller });
          this.scheduled.sort((a, b) => a.dueMs - b.dueMs);
        },
        subscribe: (prefix) => void this.subscriptions.push(prefix),
      },
    };
  }
}
