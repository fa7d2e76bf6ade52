/** Named volumes: what exists, how large it may grow, and that it survives a `kill -9` at any instant (call path step 6). */

import type * as dirs from 'forge:host/dirs@0.1.0';
import type * as clock from 'forge:kernel/clock@0.1.0';
import type * as log from 'forge:kernel/log@0.1.0';
import type * as state from 'forge:kernel/state@0.1.0';
import type { Entry } from 'forge:kernel/state@0.1.0';
import type { Volume } from 'forge:storage/volumes@0.1.0';
import { type ErrorCode, isRefusal, Refusal, refuse } from '@forgeone/sdk';
import { checkName, checkQuota, decodeRecord, encodeRecord, KEY_PREFIX, toVolume, type VolumeRecord } from './volume-record.ts';

/** What this plugin asks of the platform. */
export interface Platform {
  readonly dirs: typeof dirs;
  readonly state: typeof state;
  readonly clock: typeof clock;
  readonly log: typeof log;
}

/** A record and the version it was read at: writes are compare-and-set. */
interface Stored {
  readonly record: VolumeRecord;
  readonly version: number;
}

/** Entries of one `scan`: a page stays far below the largest message between two domains. */
const PAGE = 256;

/** After these nothing was made, so nothing is to be remembered. After others the directory may be there. */
const CERTAIN: ReadonlySet<ErrorCode> = new Set(['invalid', 'denied', 'not-found', 'limit', 'unsupported']);

export class Volumes {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Finishes what was interrupted. One volume that cannot be mended does not keep the others from being served. */
  recover(): void {
    for (const stored of this.#scan()) {
      if (stored.record.phase === 'ready') continue;
      try {
        if (stored.record.phase === 'creating') this.#finishCreate(stored);
        else this.#finishRemove(stored);
      } catch (thrown) {
        if (!isRefusal(thrown)) throw thrown;
        this.#platform.log.write('warn', `volume ${stored.record.name} stays ${stored.record.phase}: ${thrown.message}`, [['volume', stored.record.name]]);
      }
    }
  }

  /** Idempotent: the same request again gives the same volume. */
  create(name: string, bytesMax: number, entriesMax: number): Volume {
    checkQuota(bytesMax, entriesMax);
    const stored = this.#find(checkName(name));
    if (stored?.record.phase === 'removing') throw refuse.conflict(`volume ${name} is being removed`, { where: name, hint: 'try again when it is gone' });
    if (stored && (stored.record.bytesMax !== bytesMax || stored.record.entriesMax !== entriesMax)) {
      throw refuse.conflict(`volume ${name} exists with other quotas`, { where: name, hint: `forge volume inspect ${name}` });
    }
    if (stored?.record.phase === 'ready') return toVolume(stored.record);
    return this.#finishCreate(stored ?? this.#put({ name, createdMs: this.#platform.clock.nowMs(), bytesMax, entriesMax, phase: 'creating' }, 0));
  }

  /** The volume, made with no quota when there is none. */
  ensure(name: string): Volume {
    const stored = this.#find(checkName(name));
    if (!stored) return this.create(name, 0, 0);
    if (stored.record.phase === 'ready') return toVolume(stored.record);
    return this.create(name, stored.record.bytesMax, stored.record.entriesMax);
  }

  get(name: string): Volume {
    const { record } = this.#require(name);
    if (record.phase !== 'ready') throw noSuchVolume(name);
    return toVolume(record);
  }

  list(): Volume[] {
    return this.#scan()
      .filter(({ record }) => record.phase === 'ready')
      .map(({ record }) => toVolume(record));
  }

  /** Removes it with all it holds. Whether it is in use, the caller has looked. */
  remove(name: string): void {
    const { record, version } = this.#require(name);
    this.#finishRemove(record.phase === 'removing' ? { record, version } : this.#put({ ...record, phase: 'removing' }, version));
  }

  #finishCreate({ record, version }: Stored): Volume {
    try {
      this.#platform.dirs.create(record.name);
    } catch (thrown) {
      // It was made before the interruption; nothing else makes directories there.
      if (!isRefusal(thrown, 'conflict')) {
        if (isRefusal(thrown) && CERTAIN.has(thrown.code)) this.#forget(record);
        throw thrown;
      }
    }
    return toVolume(this.#put({ ...record, phase: 'ready' }, version).record);
  }

  #finishRemove({ record }: Stored): void {
    try {
      this.#platform.dirs.remove(record.name);
    } catch (thrown) {
      if (!isRefusal(thrown, 'not-found')) throw thrown;
    }
    this.#forget(record);
  }

  #forget(record: VolumeRecord): void {
    this.#platform.state.apply([{ tag: 'delete', val: KEY_PREFIX + record.name }]);
  }

  #require(name: string): Stored {
    const stored = this.#find(checkName(name));
    if (!stored) throw noSuchVolume(name);
    return stored;
  }

  #find(name: string): Stored | undefined {
    const entry = this.#platform.state.get(KEY_PREFIX + name);
    return entry ? { record: decodeRecord(entry.key, entry.value), version: entry.version } : undefined;
  }

  #put(record: VolumeRecord, expect: number): Stored {
    this.#platform.state.apply([{ tag: 'put', val: { key: KEY_PREFIX + record.name, value: encodeRecord(record), expect } }]);
    // Read again, because a name that was removed and made anew may go on counting its versions.
    return { record, version: this.#find(record.name)?.version ?? 0 };
  }

  /** All records. A damaged one is named in the log and left out: it is one volume's trouble. */
  #scan(): Stored[] {
    const all: Stored[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Entry[] = this.#platform.state.scan(KEY_PREFIX, after, PAGE);
      for (const { key, value, version } of page) {
        try {
          all.push({ record: decodeRecord(key, value), version });
        } catch (thrown) {
          if (!isRefusal(thrown)) throw thrown;
          this.#platform.log.write('error', thrown.message, [['key', key]]);
        }
      }
      after = page.at(-1)?.key ?? null;
      if (page.length < PAGE) return all;
    }
  }
}

const noSuchVolume = (name: string): Error => new Refusal('not-found', `there is no volume ${name}`, { where: name, hint: 'forge volume ls' });
