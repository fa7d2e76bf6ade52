/**
 * Promise with a queue that can be run to its end. In a synchronous component QuickJS never runs its own queue, so
 * nothing would come after the first `await`. The build rewrites async functions to generators over this class.
 */
// biome-ignore-all lint/complexity/noThisInStatic: a subclass makes promises of its own class (ECMAScript 27.2.4).
import { isBuilding } from '../phase.ts';
import { logLine } from '../platform.ts';
import { usePromises } from '../turn.ts';

type Job = () => void;
type Executor<T> = (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void;

const jobs: Job[] = [];
/** Rejected while nobody listened; reported when the queue is empty, as an event loop would. */
const unhandled = new Set<{ outcome(): { readonly value: unknown } }>();

const describe = (thrown: unknown): string => (thrown instanceof Error ? `${thrown.name}: ${thrown.message}\n${thrown.stack ?? ''}` : String(thrown));

const report = (what: string, thrown: unknown): void => {
  if (!isBuilding()) logLine('error', `${what}: ${describe(thrown)}`);
};

function runJobs(): void {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    try {
      job();
    } catch (thrown) {
      report('uncaught in a microtask', thrown);
    }
  }
  for (const promise of [...unhandled]) report('rejected, and nobody handles it', promise.outcome().value);
}

class GuestPromise<T> implements PromiseLike<T> {
  #state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  #value: unknown;
  #reactions: Job[] = [];
  #handled = false;

  constructor(executor: Executor<T>) {
    if (typeof executor !== 'function') throw new TypeError('Promise resolver is not a function');
    const [resolve, reject] = this.#resolvers();
    try {
      executor(resolve, reject);
    } catch (thrown) {
      reject(thrown);
    }
  }

  /** Whoever asks also answers for it: no report that nobody handled it. */
  outcome() {
    this.#handled = true;
    unhandled.delete(this);
    return { state: this.#state, value: this.#value };
  }

  #settle(state: 'fulfilled' | 'rejected', value: unknown): void {
    this.#state = state;
    this.#value = value;
    if (state === 'rejected' && !this.#handled) unhandled.add(this);
    jobs.push(...this.#reactions);
    this.#reactions = [];
  }

  /** Of several calls the first counts; a promise resolved with another takes its fate (ECMAScript 27.2.1.3). */
  #resolvers(): [(value: T | PromiseLike<T>) => void, (reason?: unknown) => void] {
    let called = false;
    const once = (work: (value: unknown) => void) => (value: unknown) => {
      if (called) return;
      called = true;
      work(value);
    };
    const resolve = once((value) => {
      if (value === this) return this.#settle('rejected', new TypeError('a promise cannot be resolved with itself'));
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return this.#settle('fulfilled', value);
      let then: unknown;
      try {
        then = (value as { then?: unknown }).then;
      } catch (thrown) {
        return this.#settle('rejected', thrown);
      }
      if (typeof then !== 'function') return this.#settle('fulfilled', value);
      jobs.push(() => {
        const [resolveAgain, rejectAgain] = this.#resolvers();
        try {
          then.call(value, resolveAgain, rejectAgain);
        } catch (thrown) {
          rejectAgain(thrown);
        }
      });
    });
    return [resolve, once((reason) => this.#settle('rejected', reason))];
  }

  // biome-ignore lint/suspicious/noThenProperty: this is Promise.
  then<A = T, B = never>(onFulfilled?: ((value: T) => A | PromiseLike<A>) | null, onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): GuestPromise<A | B> {
    const Species = this.constructor as typeof GuestPromise;
    return new Species<A | B>((resolve, reject) => {
      const react = (): void => {
        const handler = this.#state === 'fulfilled' ? onFulfilled : onRejected;
        if (typeof handler !== 'function') {
          if (this.#state === 'fulfilled') resolve(this.#value as A);
          else reject(this.#value);
          return;
        }
        try {
          resolve((handler as (value: unknown) => A | B)(this.#value));
        } catch (thrown) {
          reject(thrown);
        }
      };
      this.#handled = true;
      unhandled.delete(this);
      if (this.#state === 'pending') this.#reactions.push(react);
      else jobs.push(react);
    });
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): GuestPromise<T | B> {
    return this.then(undefined, onRejected);
  }

  finally(work?: (() => void) | null): GuestPromise<T> {
    if (typeof work !== 'function') return this.then();
    const Species = this.constructor as typeof GuestPromise;
    return this.then(
      (value) => Species.resolve(work()).then(() => value),
      (reason) =>
        Species.resolve(work()).then(() => {
          throw reason;
        }),
    );
  }

  get [Symbol.toStringTag](): string {
    return 'Promise';
  }

  static resolve<T>(value?: T | PromiseLike<T>): GuestPromise<T> {
    if (value instanceof GuestPromise && value.constructor === this) return value as GuestPromise<T>;
    return new this<T>((resolve) => resolve(value as T));
  }

  static reject(reason?: unknown): GuestPromise<never> {
    return new this<never>((_, reject) => reject(reason));
  }

  static withResolvers<T>(): { promise: GuestPromise<T>; resolve: (value: T | PromiseLike<T>) => void; reject: (reason?: unknown) => void } {
    let functions: Parameters<Executor<T>> | undefined;
    const promise = new this<T>((...given) => {
      functions = given;
    });
    const [resolve, reject] = functions as unknown as Parameters<Executor<T>>;
    return { promise, resolve, reject };
  }

  static try<T>(work: (...args: unknown[]) => T | PromiseLike<T>, ...args: unknown[]): GuestPromise<T> {
    return new this<T>((resolve) => resolve(work(...args)));
  }

  /** Waits for all items; `onEach` gets every outcome, `onEnd` the number of items. */
  static #collect(
    Species: typeof GuestPromise,
    items: Iterable<unknown>,
    work: (item: GuestPromise<unknown>, index: number, done: (value: unknown) => void, resolve: (value: unknown) => void, reject: (reason?: unknown) => void) => void,
    onEnd: (values: unknown[], resolve: (value: unknown) => void, reject: (reason?: unknown) => void) => void,
  ): GuestPromise<never> {
    return new Species<unknown>((resolve, reject) => {
      const values: unknown[] = [];
      let left = 1;
      const end = (): void => {
        if (--left === 0) onEnd(values, resolve, reject);
      };
      let index = 0;
      for (const item of items) {
        const at = index++;
        left++;
        values.push(undefined);
        work(
          Species.resolve(item),
          at,
          (value) => {
            values[at] = value;
            end();
          },
          resolve,
          reject,
        );
      }
      end();
    }) as unknown as GuestPromise<never>;
  }

  static all(items: Iterable<unknown>): GuestPromise<never> {
    return this.#collect(
      this,
      items,
      (item, _, done, __, reject) => item.then(done, reject),
      (values, resolve) => resolve(values),
    );
  }

  static allSettled(items: Iterable<unknown>): GuestPromise<never> {
    return this.#collect(
      this,
      items,
      (item, _, done) =>
        item.then(
          (value) => done({ status: 'fulfilled', value }),
          (reason) => done({ status: 'rejected', reason }),
        ),
      (values, resolve) => resolve(values),
    );
  }

  static any(items: Iterable<unknown>): GuestPromise<never> {
    return this.#collect(
      this,
      items,
      (item, _, done, resolve) => item.then(resolve, done),
      (reasons, _, reject) => reject(new AggregateError(reasons, 'All promises were rejected')),
    );
  }

  static race(items: Iterable<unknown>): GuestPromise<never> {
    return this.#collect(
      this,
      items,
      (item, _, __, resolve, reject) => item.then(resolve, reject),
      () => undefined,
    );
  }
}
Object.defineProperty(GuestPromise, 'name', { value: 'Promise' });

const guestQueueMicrotask = (callback: Job): void => {
  if (typeof callback !== 'function') throw new TypeError('queueMicrotask: the callback is not a function');
  jobs.push(callback);
};

usePromises({ drain: runJobs, outcome: (value) => (value instanceof GuestPromise ? value.outcome() : undefined) });
Reflect.set(globalThis, 'Promise', GuestPromise);
Reflect.set(globalThis, 'queueMicrotask', guestQueueMicrotask);

export { GuestPromise as 'globalThis.Promise', GuestPromise as Promise, guestQueueMicrotask as 'globalThis.queueMicrotask', guestQueueMicrotask as queueMicrotask };
