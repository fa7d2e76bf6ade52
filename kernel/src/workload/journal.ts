/** Which guests run, and on whose authority: kept in the state store, so that a killed platform finds them again. */
import type { CallContext } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { StateStore } from '../state/store.ts';

/** The kernel's own namespace; no plugin can be called so, for the composition allows no upper case. */
const NAMESPACE = 'KERNEL';
const PREFIX = 'workload/';

export class WorkloadJournal {
  readonly #store: StateStore;
  readonly #lost = new Map<string, CallContext>();

  /** Reads what an earlier process left. */
  constructor(store: StateStore) {
    this.#store = store;
    for (let after: string | undefined; ; ) {
      const entries = store.scan(NAMESPACE, PREFIX, after, LIMITS.stateScanMax);
      for (const { key, value } of entries) this.#lost.set(key.slice(PREFIX.length), JSON.parse(Buffer.from(value).toString('utf8')) as CallContext);
      if (entries.length < LIMITS.stateScanMax) return;
      after = entries.at(-1)?.key;
    }
  }

  begin(id: string, context: CallContext): void {
    this.#store.apply(NAMESPACE, [{ tag: 'put', val: { key: PREFIX + id, value: Buffer.from(JSON.stringify(context)) } }]);
  }

  end(id: string): void {
    this.#lost.delete(id);
    this.#store.apply(NAMESPACE, [{ tag: 'delete', val: PREFIX + id }]);
  }

  isLost(id: string): boolean {
    return this.#lost.has(id);
  }

  /** Guests of an earlier process whose end has not been told yet. */
  lost(): [string, CallContext][] {
    return [...this.#lost];
  }
}
