/**
 * The line from a domain's thread to the kernel's main thread: requests that wait for an answer, and news that do not.
 *
 * The domain blocks on a futex until the main thread has answered; the main thread never waits for a domain.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { asRefusal, type ErrorPayload, Refusal } from '../errors.ts';
import { LIMITS } from '../limits.ts';

interface LineMessage {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly waits: boolean;
}
type LineReply = { readonly ok: unknown } | { readonly refusal: ErrorPayload };

export class KernelLine {
  readonly #port: MessagePort;
  readonly #answered: Int32Array;

  constructor(port: MessagePort, answered: SharedArrayBuffer) {
    this.#port = port;
    this.#answered = new Int32Array(answered);
  }

  tell(method: string, ...args: readonly unknown[]): void {
    this.#port.postMessage({ method, args, waits: false } satisfies LineMessage);
  }

  ask(method: string, ...args: readonly unknown[]): unknown {
    const seen = Atomics.load(this.#answered, 0);
    this.#port.postMessage({ method, args, waits: true } satisfies LineMessage);
    if (Atomics.wait(this.#answered, 0, seen, LIMITS.callDeadlineMs) === 'timed-out') throw new Refusal('timeout', 'the kernel did not answer');
    const reply = receiveMessageOnPort(this.#port)?.message as LineReply | undefined;
    if (!reply) throw new Refusal('unavailable', 'the kernel did not answer');
    if ('ok' in reply) return reply.ok;
    throw new Refusal(reply.refusal.tag, reply.refusal.val.message, reply.refusal.val);
  }
}

/** The main thread's end. */
export function answerLine(port: MessagePort, answered: SharedArrayBuffer, handle: (method: string, args: readonly unknown[]) => unknown, onBug: (thrown: unknown) => void): void {
  const flag = new Int32Array(answered);
  port.on('message', ({ method, args, waits }: LineMessage) => {
    let reply: LineReply;
    try {
      reply = { ok: handle(method, args) };
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (!refusal) onBug(thrown);
      reply = { refusal: (refusal ?? new Refusal('other', 'internal error')).payload };
    }
    if (!waits) return;
    port.postMessage(reply);
    Atomics.add(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
}
