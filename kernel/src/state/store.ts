/** The state store: one namespace a plugin in SQLite, transactional; an acknowledged change survives `kill -9`. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Refusal } from '../errors.ts';
import { LIMITS } from '../limits.ts';

export interface StateEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly version: number;
}

export type StateChange =
  | { readonly tag: 'put'; readonly val: { readonly key: string; readonly value: Uint8Array; readonly expect?: number | undefined } }
  | { readonly tag: 'delete'; readonly val: string };

/** Raised with every change of the tables; a store written by a newer kernel is refused, not guessed at. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entry (
    namespace TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (namespace, key)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

const checkKey = (key: string): void => {
  if (key.length === 0 || Buffer.byteLength(key) > LIMITS.stateKeyBytesMax) {
    throw new Refusal('limit', `a key of the state store has 1 to ${LIMITS.stateKeyBytesMax} bytes`, { where: key.slice(0, 40) });
  }
};

const unusable = (path: string, what: 'opened' | 'read', cause: unknown): Refusal =>
  new Refusal('unavailable', `the state store cannot be ${what}: ${(cause as Error).message}`, {
    where: path,
    hint: 'restore it from a copy, or move it away to begin with an empty one',
  });

export class StateStore {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #scan: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;

  /** `:memory:` makes one that lives as long as this object. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#db = new DatabaseSync(path, { timeout: LIMITS.stateBusyMs });
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      const found = (this.#db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
      if (found > SCHEMA_VERSION) {
        throw new Refusal('unsupported', `the state store has format ${found}, this kernel knows ${SCHEMA_VERSION}`, {
          where: path,
          hint: 'run the newer forge again, or name another FORGE_HOME',
        });
      }
      if (found < SCHEMA_VERSION) this.#db.exec(SCHEMA);
    } catch (cause) {
      if (cause instanceof Refusal) throw cause;
      throw unusable(path, 'opened', cause);
    }
    this.#get = this.#db.prepare('SELECT key, value, version FROM entry WHERE namespace = ? AND key = ?');
    this.#scan = this.#db.prepare('SELECT key, value, version FROM entry WHERE namespace = ? AND key >= ? AND key > ? AND substr(key, 1, ?) = ? ORDER BY key LIMIT ?');
    this.#put = this.#db.prepare('INSERT INTO entry VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, version = excluded.version');
    this.#delete = this.#db.prepare('DELETE FROM entry WHERE namespace = ? AND key = ?');
  }

  get(namespace: string, key: string): StateEntry | undefined {
    return this.#read(() => this.#get.get(namespace, key) as StateEntry | undefined);
  }

  scan(namespace: string, prefix: string, after: string | undefined, limit: number): StateEntry[] {
    return this.#read(() => this.#scan.all(namespace, prefix, after ?? '', prefix.length, prefix, Math.min(limit, LIMITS.stateScanMax)) as unknown as StateEntry[]);
  }

  /** A damaged page is only found when it is read. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw unusable(this.#path, 'read', cause);
    }
  }

  /** All changes or none; durable when it returns. */
  apply(namespace: string, changes: readonly StateChange[]): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const change of changes) this.#applyOne(namespace, change);
      this.#db.exec('COMMIT');
    } catch (thrown) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      if (thrown instanceof Refusal) throw thrown;
      throw new Refusal('unavailable', `the state store cannot be written: ${(thrown as Error).message}`, { hint: 'free space on its file system' });
    }
  }

  #applyOne(namespace: string, change: StateChange): void {
    if (change.tag === 'delete') {
      this.#delete.run(namespace, change.val);
      return;
    }
    const { key, value, expect } = change.val;
    checkKey(key);
    if (value.byteLength > LIMITS.stateValueBytesMax) throw new Refusal('limit', `a value of the state store has at most ${LIMITS.stateValueBytesMax} bytes`, { where: key });
    const current = this.get(namespace, key)?.version ?? 0;
    if (expect !== undefined && expect !== current) throw new Refusal('conflict', `${key} has version ${current}, not ${expect}`, { where: key });
    this.#put.run(namespace, key, value, current + 1);
  }

  close(): void {
    this.#db.close();
  }
}
