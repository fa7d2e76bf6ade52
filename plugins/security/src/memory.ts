/** Remembers what a pure function answered (call path step 7). QuickJS takes 20 us for one match of an expression, so what is asked again is looked up. */

/** Longer keys are rare, and a memory is bounded in bytes too. */
const KEY_LENGTH_MAX = 2048;

export class Memory<T> {
  readonly #entries = new Map<string, T>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** What `compute` answered for this key, now or before. What it throws is not remembered. */
  recall(key: string, compute: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const value = compute();
    if (key.length > KEY_LENGTH_MAX) return value;
    // Simpler than forgetting the oldest, and as good: a full memory is refilled in a few milliseconds.
    if (this.#entries.size >= this.#entriesMax) this.#entries.clear();
    this.#entries.set(key, value);
    return value;
  }
}
