/**
 * Containers as they are recorded (call path step 6). A change is in the state store, compare-and-set, before anyone
 * is told of it; reads are answered from memory, because this plugin alone writes here.
 *
 * Keys: `container/ID` is the record, `name/NAME` its id, and `gone/ID` what was removed as it ended, kept for a
 * moment so that whoever waits for the end still learns the exit code.
 */

import type * as log from 'forge:kernel/log@0.1.0';
import type * as state from 'forge:kernel/state@0.1.0';
import type { Change, Entry } from 'forge:kernel/state@0.1.0';
import { isRefusal, refuse } from '@forgeone/sdk';
import type { ContainerRecord } from './life-cycle.ts';

/** What this module asks of the platform. */
export interface Platform {
  readonly state: typeof state;
  readonly log: typeof log;
}

interface Stored {
  readonly record: ContainerRecord;
  readonly version: number;
}

const CONTAINER = 'container/';
const NAME = 'name/';
const GONE = 'gone/';
/** Entries of one `scan`. A record has a few KiB, so a page stays far below the largest message between two domains. */
const PAGE = 128;
/** Tries of one compare-and-set: nobody else writes here but an older instance of this plugin, during a swap. */
const TRIES = 3;
/** Long enough for a client to ask again after `container.ended.ID`. */
export const GONE_MS = 60_000;
/** Below the state store's 1 MiB a value, with room for what a run adds: what can be created can also be started. */
const RECORD_BYTES_MAX = 960 * 1024;
const PREFIX = /^[0-9a-f]{4,31}$/;

export class ContainerStore {
  readonly #platform: Platform;
  readonly #stored = new Map<string, Stored>();
  readonly #ids = new Map<string, string>();
  readonly #gone = new Map<string, ContainerRecord>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Reads everything; what cannot be read is named in the log and left alone. */
  load(): void {
    for (const map of [this.#stored, this.#ids, this.#gone]) map.clear();
    for (const entry of this.#scan(CONTAINER)) this.#remember(entry);
    for (const entry of this.#scan(GONE)) {
      const record = this.#decode(entry);
      if (record) this.#gone.set(record.id, record);
    }
  }

  get size(): number {
    return this.#stored.size;
  }

  /** Those that exist, oldest first. */
  all(): ContainerRecord[] {
    const records = [...this.#stored.values()].map(({ record }) => record);
    return records.sort((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1));
  }

  get(id: string): ContainerRecord | undefined {
    return this.#stored.get(id)?.record;
  }

  /** By id, by name, or by the beginning of an id. Throws `not-found`, or `invalid` when several begin so. */
  find(reference: string): ContainerRecord {
    const record = this.get(reference) ?? this.get(this.#ids.get(reference) ?? '') ?? this.#byPrefix(reference);
    if (record) return record;
    throw refuse.notFound(`there is no container ${JSON.stringify(reference.slice(0, 80))}`, { where: 'id', hint: 'forge ps -a' });
  }

  /** The same, and also those that were removed as they ended a moment ago. */
  findOrGone(reference: string): ContainerRecord {
    const gone = this.#gone.get(reference) ?? [...this.#gone.values()].findLast(({ name }) => name === reference);
    try {
      return this.find(reference);
    } catch (thrown) {
      if (gone) return gone;
      throw thrown;
    }
  }

  /** Records a new one. Throws `conflict` when its name is taken. */
  insert(record: ContainerRecord): void {
    const taken = this.#ids.get(record.name);
    if (taken !== undefined) throw nameTaken(record.name, taken);
    if (encode(record).length > RECORD_BYTES_MAX) throw refuse.limit(`arguments, environment and labels take more than ${RECORD_BYTES_MAX} bytes as a record`, { where: 'args' });
    try {
      this.#platform.state.apply([put(CONTAINER + record.id, record, 0), { tag: 'put', val: { key: NAME + record.name, value: encode(record.id), expect: 0 } }]);
    } catch (thrown) {
      if (isRefusal(thrown, 'conflict')) throw nameTaken(record.name, 'another');
      throw thrown;
    }
    this.#keep(record, 1);
  }

  /** Changes one record; `change` answers undefined to leave it. Returns the new record, or undefined when it was left or is not there. */
  update(id: string, change: (record: ContainerRecord) => ContainerRecord | undefined): ContainerRecord | undefined {
    for (let attempt = 1; ; attempt++) {
      const stored = this.#stored.get(id);
      const next = stored && change(stored.record);
      if (!stored || !next) return undefined;
      try {
        this.#platform.state.apply([put(CONTAINER + id, next, stored.version)]);
        this.#keep(next, stored.version + 1);
        return next;
      } catch (thrown) {
        if (!isRefusal(thrown, 'conflict') || attempt === TRIES) throw thrown;
        this.#reload(id);
      }
    }
  }

  /** Removes one. */
  remove(record: ContainerRecord): void {
    this.#platform.state.apply(removal(record));
    this.#drop(record);
  }

  /** Removes one that has just ended, and remembers for a moment how. */
  bury(record: ContainerRecord): void {
    this.#platform.state.apply([...removal(record), put(GONE + record.id, record, undefined)]);
    this.#drop(record);
    this.#gone.set(record.id, record);
  }

  get hasGone(): boolean {
    return this.#gone.size > 0;
  }

  /** Forgets what is long gone and returns it. A clock that was set back a year does not keep it for a year. */
  forgetGone(nowMs: number): ContainerRecord[] {
    const old = [...this.#gone.values()].filter(({ endedMs }) => Math.abs(nowMs - endedMs) >= GONE_MS);
    if (old.length > 0) this.#platform.state.apply(old.map(({ id }) => ({ tag: 'delete', val: GONE + id })));
    for (const { id } of old) this.#gone.delete(id);
    return old;
  }

  #byPrefix(prefix: string): ContainerRecord | undefined {
    if (!PREFIX.test(prefix)) return undefined;
    const ids = [...this.#stored.keys()].filter((id) => id.startsWith(prefix));
    if (ids.length > 1) throw refuse.invalid(`${ids.length} containers have an id that begins with ${prefix}`, { where: 'id', hint: 'give more digits' });
    return this.get(ids[0] ?? '');
  }

  #reload(id: string): void {
    const entry = this.#platform.state.get(CONTAINER + id);
    if (entry) this.#remember(entry);
    else this.#stored.delete(id);
  }

  #remember(entry: Entry): void {
    const record = this.#decode(entry);
    if (record) this.#keep(record, entry.version);
  }

  #keep(record: ContainerRecord, version: number): void {
    this.#stored.set(record.id, { record, version });
    this.#ids.set(record.name, record.id);
  }

  #drop({ id, name }: ContainerRecord): void {
    this.#stored.delete(id);
    this.#ids.delete(name);
  }

  #decode({ key, value }: Entry): ContainerRecord | undefined {
    try {
      const record = JSON.parse(new TextDecoder().decode(value)) as Partial<ContainerRecord> | null;
      // Only this plugin writes here, through `put`; what is looked at tells a record of another version or a damaged one.
      if (typeof record?.id === 'string' && key.endsWith(`/${record.id}`) && record.plan && record.spec) return record as ContainerRecord;
    } catch {
      // Said below.
    }
    this.#platform.log.write('error', `the record ${key} is damaged: restore the state store from a backup, or remove the container`, [['key', key]]);
    return undefined;
  }

  #scan(prefix: string): Entry[] {
    const all: Entry[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Entry[] = this.#platform.state.scan(prefix, after, PAGE);
      all.push(...page);
      after = page.at(-1)?.key ?? null;
      if (page.length < PAGE) return all;
    }
  }
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const put = (key: string, record: ContainerRecord, expect: number | undefined): Change => ({ tag: 'put', val: { key, value: encode(record), expect } });

const removal = ({ id, name }: ContainerRecord): Change[] => [
  { tag: 'delete', val: CONTAINER + id },
  { tag: 'delete', val: NAME + name },
];

const nameTaken = (name: string, id: string): Error =>
  refuse.conflict(`the name ${name} is taken by container ${id.slice(0, 12)}`, { where: 'name', hint: `forge rm ${name}, or choose another name` });
