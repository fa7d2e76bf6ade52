/**
 * The seam between two domains (call path step 5): one call at a time, from a thread that waits to a thread that serves.
 *
 * A channel is shared memory: control words, then the message. The caller writes a request and rings the callee's
 * bell; both sides spin briefly, then sleep on a futex. Nothing here knows what is called. A transport to another
 * process implements {@link Caller} and {@link Server} over a socketpair and mapped memory.
 *
 * ```
 * idle -> request -> taken -> reply -> idle
 *            \________\_________________> dead   (set by the supervisor when the callee ends)
 * ```
 */
import { deserialize, serialize } from 'node:v8';
import { Refusal } from '../errors.ts';
import { monotonicMs } from '../identity.ts';
import { LIMITS } from '../limits.ts';

const STATE = 0;
const GENERATION = 1;
const REQUEST_LENGTH = 2;
const REPLY_LENGTH = 3;
const CONTROL_WORDS = 4;

const IDLE = 0;
const REQUEST = 1;
const TAKEN = 2;
const REPLY = 3;
const DEAD = 4;

/** What both ends of a channel hold; posts to a worker without copying. */
export interface ChannelMemory {
  readonly control: SharedArrayBuffer;
  /** Requests and replies have memory of their own, so that a late callee cannot write into its caller's next request. */
  readonly request: SharedArrayBuffer;
  readonly reply: SharedArrayBuffer;
  /** The callee's bell, shared by all of its channels. */
  readonly bell: SharedArrayBuffer;
}

export const newBell = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

const messageMemory = (): SharedArrayBuffer => new SharedArrayBuffer(LIMITS.channelBytes, { maxByteLength: LIMITS.channelBytesMax });

export const newChannel = (bell: SharedArrayBuffer): ChannelMemory => ({
  control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
  request: messageMemory(),
  reply: messageMemory(),
  bell,
});

function writeMessage(memory: SharedArrayBuffer, message: unknown): number {
  const bytes = serialize(message);
  if (bytes.byteLength > LIMITS.channelBytesMax) {
    throw new Refusal('limit', `a message of ${bytes.byteLength} bytes between plugins is over the limit of ${LIMITS.channelBytesMax}`);
  }
  if (memory.byteLength < bytes.byteLength) memory.grow(bytes.byteLength);
  new Uint8Array(memory, 0, bytes.byteLength).set(bytes);
  return bytes.byteLength;
}

// Copied out before it is parsed: the other side must not change bytes under the parser.
const readMessage = (memory: SharedArrayBuffer, length: number): unknown => deserialize(Buffer.from(new Uint8Array(memory, 0, length)));

function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

/** Wakes a serving thread so that it looks at its control port. */
export const ringBell = (bell: SharedArrayBuffer): void => ring(new Int32Array(bell));

/** Why a call over a channel brought no reply: the callee ended, took it and did not answer in time, or never took it. */
export type ChannelFailure = 'dead' | 'timeout' | 'busy';

const FAILURES: Readonly<Record<ChannelFailure, string>> = {
  dead: 'the other side ended',
  timeout: 'no answer before the deadline',
  busy: 'busy with other calls until the deadline',
};

export class ChannelBroken extends Error {
  readonly why: ChannelFailure;
  constructor(why: ChannelFailure) {
    super(FAILURES[why]);
    this.why = why;
  }
}

/** Ends a channel whose callee is gone; whoever waits in it wakes. */
export function breakChannel(memory: ChannelMemory): void {
  const control = new Int32Array(memory.control);
  Atomics.add(control, GENERATION, 1);
  Atomics.store(control, STATE, DEAD);
  Atomics.notify(control, STATE);
}

/** Makes a channel usable again, after the thread on one of its ends was replaced. Calls from before are lost. */
export function resetChannel(memory: ChannelMemory): void {
  breakChannel(memory);
  Atomics.store(new Int32Array(memory.control), STATE, IDLE);
}

/** The calling end. One call at a time. */
export class Caller {
  readonly #memory: ChannelMemory;
  readonly #control: Int32Array;
  readonly #bell: Int32Array;
  /** Async callers queue here: the channel carries one call at a time. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(memory: ChannelMemory) {
    this.#memory = memory;
    this.#control = new Int32Array(memory.control);
    this.#bell = new Int32Array(memory.bell);
  }

  /** Calls and blocks this thread. */
  callSync(message: unknown, deadlineMs: number): unknown {
    const generation = this.#send(message);
    const spinUntil = monotonicMs() + LIMITS.spinUs / 1_000;
    for (;;) {
      const state = this.#stateOf(generation);
      if (state === REPLY) return this.#receive();
      const now = monotonicMs();
      if (now < spinUntil) continue;
      if (now >= deadlineMs) throw this.#abandon();
      Atomics.wait(this.#control, STATE, state, deadlineMs - now);
    }
  }

  /** Calls without blocking this thread; calls are sent in the order they were made. */
  call(message: unknown, deadlineMs: number): Promise<unknown> {
    const result = this.#tail.then(() => this.#callNow(message, deadlineMs));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #callNow(message: unknown, deadlineMs: number): Promise<unknown> {
    const generation = this.#send(message);
    for (;;) {
      const state = this.#stateOf(generation);
      if (state === REPLY) return this.#receive();
      const leftMs = deadlineMs - monotonicMs();
      if (leftMs <= 0) throw this.#abandon();
      const wait = Atomics.waitAsync(this.#control, STATE, state, leftMs);
      if (wait.async) await wait.value;
    }
  }

  #send(message: unknown): number {
    if (Atomics.load(this.#control, STATE) !== IDLE) throw new ChannelBroken('dead');
    const generation = Atomics.load(this.#control, GENERATION);
    this.#control[REQUEST_LENGTH] = writeMessage(this.#memory.request, message);
    Atomics.store(this.#control, STATE, REQUEST);
    ring(this.#bell);
    return generation;
  }

  #stateOf(generation: number): number {
    const state = Atomics.load(this.#control, STATE);
    if (state === DEAD || Atomics.load(this.#control, GENERATION) !== generation) throw new ChannelBroken('dead');
    return state;
  }

  #receive(): unknown {
    const message = readMessage(this.#memory.reply, this.#control[REPLY_LENGTH] ?? 0);
    Atomics.store(this.#control, STATE, IDLE);
    return message;
  }

  /**
   * A call that nobody took is withdrawn: its callee starts, or serves another within that one's deadline. A callee that
   * took it may still answer, so nothing more goes through until the supervisor has reset the channel.
   */
  #abandon(): ChannelBroken {
    if (Atomics.compareExchange(this.#control, STATE, REQUEST, IDLE) === REQUEST) return new ChannelBroken('busy');
    Atomics.store(this.#control, STATE, DEAD);
    return new ChannelBroken('timeout');
  }
}

/** The serving end: all channels into one domain. */
export class Server {
  readonly #bell: Int32Array;
  readonly #channels: { memory: ChannelMemory; control: Int32Array }[];

  constructor(bell: SharedArrayBuffer, channels: readonly ChannelMemory[]) {
    this.#bell = new Int32Array(bell);
    this.#channels = channels.map((memory) => ({ memory, control: new Int32Array(memory.control) }));
  }

  /**
   * Serves calls on this thread until `poll`, asked whenever the bell rang for no call, answers false. `handle` must
   * not throw: what it returns is the reply, and `refuse` makes one that fits in place of a reply that is too long.
   */
  serve(handle: (message: unknown) => unknown, poll: () => boolean, refuse: (thrown: unknown) => unknown): void {
    for (;;) {
      const seen = Atomics.load(this.#bell, 0);
      let worked = false;
      for (const { memory, control } of this.#channels) {
        if (Atomics.compareExchange(control, STATE, REQUEST, TAKEN) !== REQUEST) continue;
        worked = true;
        const reply = handle(readMessage(memory.request, control[REQUEST_LENGTH] ?? 0));
        try {
          control[REPLY_LENGTH] = writeMessage(memory.reply, reply);
        } catch (thrown) {
          control[REPLY_LENGTH] = writeMessage(memory.reply, refuse(thrown));
        }
        // Fails when the caller gave up or was replaced: nobody wants this reply.
        Atomics.compareExchange(control, STATE, TAKEN, REPLY);
        Atomics.notify(control, STATE);
      }
      if (worked) continue;
      if (!poll()) return;
      const spinUntil = monotonicMs() + LIMITS.spinUs / 1_000;
      while (Atomics.load(this.#bell, 0) === seen && monotonicMs() < spinUntil);
      if (Atomics.load(this.#bell, 0) === seen) Atomics.wait(this.#bell, 0, seen);
    }
  }
}
