import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { breakChannel, Caller, type ChannelMemory, newBell, newChannel, resetChannel } from '../../../kernel/src/domain/channel.ts';
import { monotonicMs } from '../../../kernel/src/identity.ts';
import { LIMITS } from '../../../kernel/src/limits.ts';

const CHANNEL = new URL('../../../kernel/src/domain/channel.ts', import.meta.url).href;

/** A thread that serves one channel: echoes, sleeps, or never answers, as it is told. */
const SERVER = `
  import { workerData } from 'node:worker_threads';
  const { Server } = await import('${CHANNEL}');
  new Server(workerData.bell, [workerData.memory]).serve((message) => {
    if (message.sleepMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, message.sleepMs);
    if (message.spin) for (;;);
    return { echo: message };
  }, () => true);
`;

const workers: Worker[] = [];

async function serve(): Promise<{ memory: ChannelMemory; worker: Worker }> {
  const bell = newBell();
  const memory = newChannel(bell);
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SERVER)}`), { workerData: { bell, memory } });
  workers.push(worker);
  await new Promise((resolve) => worker.once('online', resolve));
  // From here on it serves: a call that nobody takes would be withdrawn instead.
  new Caller(memory).callSync('there?', soon());
  return { memory, worker };
}

const soon = (ms = 5_000): number => monotonicMs() + ms;

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

describe('a channel between domains', () => {
  test('carries values there and back, to a caller that waits and to one that does not', async () => {
    const { memory } = await serve();
    const message = { text: 'grüß', bytes: new Uint8Array([1, 2, 3]), big: 5n, none: undefined };
    expect(await new Caller(memory).call(message, soon())).toEqual({ echo: message });
    expect(new Caller(memory).callSync(message, soon())).toEqual({ echo: message });
  });

  test('grows for a large message, and refuses one over the limit', async () => {
    const { memory } = await serve();
    const caller = new Caller(memory);
    const large = new Uint8Array(LIMITS.channelBytes * 3).fill(7);
    expect(caller.callSync(large, soon())).toEqual({ echo: large });
    expect(() => caller.callSync(new Uint8Array(LIMITS.channelBytesMax + 1), soon())).toThrow(/over the limit/);
    expect(caller.callSync('after', soon())).toEqual({ echo: 'after' });
  });

  test('a caller gets its own answers when several ask at once', async () => {
    const { memory } = await serve();
    const caller = new Caller(memory);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => caller.call(n, soon())));
    expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => ({ echo: n })));
  });

  test('a late answer ends the call at its deadline, and the channel until it is reset', async () => {
    const { memory } = await serve();
    const caller = new Caller(memory);
    const began = monotonicMs();
    expect(() => caller.callSync({ sleepMs: 400 }, soon(100))).toThrow(/deadline/);
    expect(monotonicMs() - began).toBeLessThan(300);
    expect(() => caller.callSync('next', soon())).toThrow(/ended/);
    await new Promise((resolve) => setTimeout(resolve, 400));
    resetChannel(memory);
    expect(caller.callSync('again', soon())).toEqual({ echo: 'again' });
  });

  test('a call that nobody takes is withdrawn at its deadline, and the channel stays usable', async () => {
    const { memory } = await serve();
    const busy = newChannel(memory.bell);
    expect(() => new Caller(busy).callSync('to nobody', soon(50))).toThrow(/busy/);
    expect(() => new Caller(busy).callSync('to nobody', soon(50))).toThrow(/busy/);
    expect(new Caller(memory).callSync('to somebody', soon())).toEqual({ echo: 'to somebody' });
  });

  test('a late answer is never taken for the answer of a later call', async () => {
    const { memory } = await serve();
    expect(() => new Caller(memory).callSync({ sleepMs: 200 }, soon(50))).toThrow(/deadline/);
    resetChannel(memory);
    // The callee is still in the old call; the new one waits for it and gets its own answer.
    expect(new Caller(memory).callSync('mine', soon())).toEqual({ echo: 'mine' });
  });

  test('whoever waits wakes when the callee ends', async () => {
    const { memory, worker } = await serve();
    const pending = new Caller(memory).call({ spin: true }, soon(20_000));
    setTimeout(() => void worker.terminate().then(() => breakChannel(memory)), 50);
    await expect(pending).rejects.toThrow(/ended/);
  });
});
