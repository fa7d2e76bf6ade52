/** News between plugins and to parked requests: published anywhere, dispatched here on the main thread, in order. */
import type { CallContext } from './identity.ts';

export interface EventBusOptions {
  /** Delivers to a plugin's listener; resolves when it has been handled. */
  readonly deliver: (plugin: string, topic: string, payload: string, context: CallContext | undefined) => Promise<void>;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #prefixes = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  /** One queue a plugin: events reach it in the order they were published. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  subscribe(plugin: string, prefix: string): void {
    const prefixes = this.#prefixes.get(plugin) ?? new Set();
    prefixes.add(prefix);
    this.#prefixes.set(plugin, prefixes);
  }

  hasSubscriber(topic: string): boolean {
    return [...this.#prefixes.values()].some((prefixes) => [...prefixes].some((prefix) => topic.startsWith(prefix)));
  }

  publish(topic: string, payload: string, context: CallContext | undefined): void {
    for (const [plugin, prefixes] of this.#prefixes) {
      if (![...prefixes].some((prefix) => topic.startsWith(prefix))) continue;
      const queue = (this.#queues.get(plugin) ?? Promise.resolve()).then(() => this.#options.deliver(plugin, topic, payload, context));
      this.#queues.set(plugin, queue);
    }
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const wake of waiting ?? []) wake();
  }

  /** Resolves when the topic is published, or the signal aborts. Take it before asking for the state it tells about. */
  next(topic: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(topic) ?? new Set();
      const done = (): void => {
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0 && this.#waiting.get(topic) === waiting) this.#waiting.delete(topic);
        resolve();
      };
      waiting.add(done);
      this.#waiting.set(topic, waiting);
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }

  /** All deliveries so far have been handled. */
  async settled(): Promise<void> {
    await Promise.all(this.#queues.values());
  }
}
