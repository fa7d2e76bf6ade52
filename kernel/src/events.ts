/** News between plugins and to parked requests: published anywhere, dispatched here on the main thread, in order. */
import type { CallContext } from './identity.ts';
import { LIMITS } from './limits.ts';

export interface EventBusOptions {
  /** Delivers to a plugin's listener; resolves when it has been handled. */
  readonly deliver: (plugin: string, topic: string, payload: string, context: CallContext | undefined) => Promise<void>;
}

export class EventBus {
  readonly #options: EventBusOptions;
  readonly #prefixes = new Map<string, Set<string>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Counts publications; the last of each topic, so that news between a question and its answer is not missed. */
  #clock = 0;
  readonly #published = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
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

  publish(topic: string, payload: string, context: CallContext | undefined): void {
    for (const [plugin, prefixes] of this.#prefixes) {
      if (![...prefixes].some((prefix) => topic.startsWith(prefix))) continue;
      this.#deliver(plugin, topic, payload, context);
    }
    this.#clock += 1;
    this.#published.delete(topic);
    this.#published.set(topic, this.#clock);
    if (this.#published.size > LIMITS.topicsRemembered) this.#published.delete(this.#published.keys().next().value as string);
    const waiting = this.#waiting.get(topic);
    this.#waiting.delete(topic);
    for (const wake of waiting ?? []) wake();
  }

  /** Delivers to one plugin later, on the authority of the call that asked for it. */
  schedule(plugin: string, topic: string, payload: string, delayMs: number, context: CallContext | undefined): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#deliver(plugin, topic, payload, context);
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Nothing that was scheduled comes any more. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #deliver(plugin: string, topic: string, payload: string, context: CallContext | undefined): void {
    this.#queues.set(
      plugin,
      (this.#queues.get(plugin) ?? Promise.resolve()).then(() => this.#options.deliver(plugin, topic, payload, context)),
    );
  }

  /** A moment, for {@link next}: take it before asking for the state that a topic tells about. */
  now(): number {
    return this.#clock;
  }

  /** Resolves when the topic is published after that moment, or the signal aborts. */
  next(topic: string, since: number, signal: AbortSignal): Promise<void> {
    if ((this.#published.get(topic) ?? 0) > since || signal.aborted) return Promise.resolve();
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
      signal.addEventListener('abort', done);
    });
  }

  /** All deliveries so far have been handled. */
  async settled(): Promise<void> {
    await Promise.all(this.#queues.values());
  }
}
