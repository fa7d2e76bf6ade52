import { describe, expect, test } from 'vitest';
import { WasiCancelled } from '../../../kernel/src/wasi/index.ts';
import { BareGuest, DESCRIPTOR, givePreopen, INPUT, OUTPUT, POLLABLE, setUp } from './bare-glue.ts';

interface LiftedInput {
  read(length: bigint): Uint8Array;
  blockingRead(length: bigint): Uint8Array;
  skip(length: bigint): bigint;
  blockingSkip(length: bigint): bigint;
  subscribe(): { ready(): boolean; block(): void };
}
interface LiftedOutput {
  checkWrite(): bigint;
  write(bytes: Uint8Array): void;
  blockingWriteAndFlush(bytes: Uint8Array): void;
  flush(): void;
  writeZeroes(length: bigint): void;
  blockingWriteZeroesAndFlush(length: bigint): void;
  splice(source: LiftedInput, length: bigint): bigint;
  blockingSplice(source: LiftedInput, length: bigint): bigint;
  subscribe(): { ready(): boolean };
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const payloadOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (thrown) {
    return (thrown as { payload?: unknown }).payload ?? thrown;
  }
  return 'no error';
};

const open = (options: Parameters<typeof setUp>[0] = {}) => {
  const setup = setUp(options);
  const guest = new BareGuest(setup.wasi);
  return {
    ...setup,
    guest,
    stdin: () => (guest.member('wasi:cli/stdin#getStdin') as () => LiftedInput)(),
    stdout: () => (guest.member('wasi:cli/stdout#getStdout') as () => LiftedOutput)(),
  };
};

describe('input streams, lifted', () => {
  test('give what is there, wait for it, and end closed', () => {
    const { host, stdin } = open();
    const input = stdin();
    expect(input.read(10n)).toHaveLength(0);
    host.feedStdin('hello world');
    expect(text(input.read(5n))).toBe('hello');
    expect(input.skip(1n)).toBe(1n);
    expect(text(input.blockingRead(100n))).toBe('world');
    expect(input.blockingRead(0n)).toHaveLength(0);
    host.endStdin();
    expect(payloadOf(() => input.read(1n))).toEqual({ tag: 'closed' });
    expect(payloadOf(() => input.blockingSkip(1n))).toEqual({ tag: 'closed' });
  });

  test('of a guest without standard input are at their end', () => {
    expect(payloadOf(() => open({ stdio: false }).stdin().blockingRead(1n))).toEqual({ tag: 'closed' });
  });

  test('a failed read carries an error that can be asked, and closes the stream', () => {
    const { guest, stdin } = open();
    const input = stdin();
    const failure = payloadOf(() => input.blockingRead(1n)) as { tag: string; val: { toDebugString(): string } };
    expect(failure.tag).toBe('last-operation-failed');
    expect(failure.val.toDebugString()).toBe('read: EDEADLK');
    expect((guest.member('wasi:filesystem/types#filesystemErrorCode') as (error: object) => string)(failure.val)).toBe('deadlock');
    expect(payloadOf(() => input.read(1n))).toEqual({ tag: 'closed' });
  });
});

describe('output streams, lifted', () => {
  test('take what check-write permits and trap beyond', () => {
    const { host, stdout } = open();
    const output = stdout();
    expect(() => output.write(new Uint8Array(1))).toThrow(WebAssembly.RuntimeError);
    const permit = output.checkWrite();
    expect(permit).toBeGreaterThanOrEqual(4096n);
    output.write(new TextEncoder().encode('abc'));
    expect(() => output.write(new Uint8Array(Number(permit)))).toThrow(WebAssembly.RuntimeError);
    output.blockingWriteAndFlush(new TextEncoder().encode('def'));
    output.flush();
    expect(host.stdout.text).toBe('abcdef');
  });

  test('write zeroes and splice', () => {
    const { host, stdin, stdout } = open();
    const output = stdout();
    output.checkWrite();
    output.writeZeroes(3n);
    output.blockingWriteZeroesAndFlush(100_000n);
    expect(host.stdout.bytes).toHaveLength(100_003);
    host.feedStdin('spliced');
    expect(output.splice(stdin(), 4n)).toBe(4n);
    expect(output.blockingSplice(stdin(), 100n)).toBe(3n);
    expect(output.splice(stdin(), 4n)).toBe(0n);
    expect(host.stdout.text.slice(100_003)).toBe('spliced');
  });

  test('of a guest without standard output are closed, so that nothing is lost in silence', () => {
    const output = open({ stdio: false }).stdout();
    expect(payloadOf(() => output.checkWrite())).toEqual({ tag: 'closed' });
    expect(payloadOf(() => output.blockingWriteAndFlush(new Uint8Array(1)))).toEqual({ tag: 'closed' });
    expect(payloadOf(() => output.flush())).toEqual({ tag: 'closed' });
  });

  test('to a reader that is gone fail with pipe', () => {
    const first = setUp();
    const [reader, writer] = first.host.pipeCreate(first.owner, first.grant('pipe.create'));
    first.host.close(first.owner, reader);
    const { guest, stdout } = open({ wasi: { host: first.host, owner: first.owner, stdout: writer } });
    const failure = payloadOf(() => stdout().blockingWriteAndFlush(new Uint8Array(1))) as { tag: string; val: object };
    expect(failure.tag).toBe('last-operation-failed');
    expect((guest.member('wasi:filesystem/types#filesystemErrorCode') as (error: object) => string)(failure.val)).toBe('pipe');
  });
});

describe('streams, lowered', () => {
  const lowered = (options: Parameters<typeof setUp>[0] = {}) => {
    const setup = open(options);
    const { guest } = setup;
    return {
      ...setup,
      input: guest.give('input', setup.stdin()),
      output: guest.give('output', setup.stdout()),
      read: guest.lower(`${INPUT}#read`, 'error', 'input'),
      blockingRead: guest.lower(`${INPUT}#blockingRead`, 'error', 'input'),
      write: guest.lower(`${OUTPUT}#write`, 'error', 'output'),
      checkWrite: guest.lower(`${OUTPUT}#checkWrite`, 'error', 'output'),
    };
  };

  test('read stores pointer and length of fresh memory', () => {
    const { host, guest, input, read } = lowered();
    host.feedStdin('hello');
    read(input, 100n, 0);
    expect(guest.view.getUint8(0)).toBe(0);
    expect(guest.text(guest.view.getUint32(4, true), guest.view.getUint32(8, true))).toBe('hello');
    read(input, 100n, 0);
    expect([guest.view.getUint8(0), guest.view.getUint32(8, true)]).toEqual([0, 0]);
    host.endStdin();
    read(input, 100n, 0);
    expect([guest.view.getUint8(0), guest.view.getUint8(4)]).toEqual([1, 1]);
  });

  test('read(2^31) and read(2^64 - 1) ask the allocator for no more than the limit', () => {
    const { host, guest, input, blockingRead } = lowered({ limits: { readBytesMax: 1000 } });
    host.feedStdin(new Uint8Array(5000));
    const asked: number[] = [];
    const { realloc } = guest;
    guest.realloc = (...args) => {
      asked.push(args[3]);
      return realloc(...args);
    };
    blockingRead(input, 1n << 31n, 0);
    blockingRead(input, -1n, 0);
    expect(asked).toEqual([1000, 1000]);
  });

  test('check-write and write keep the permit', () => {
    const { host, guest, output, write, checkWrite } = lowered();
    guest.put(1024, 'abc');
    expect(() => write(output, 1024, 3, 0)).toThrow(WebAssembly.RuntimeError);
    checkWrite(output, 0);
    const permit = Number(guest.view.getBigUint64(8, true));
    expect(permit).toBeGreaterThanOrEqual(4096);
    write(output, 1024, 3, 0);
    expect(host.stdout.text).toBe('abc');
  });

  test('a failed call gives the guest an error of its own', () => {
    const { guest, input, blockingRead } = lowered();
    blockingRead(input, 1n, 0);
    expect([guest.view.getUint8(0), guest.view.getUint8(4)]).toEqual([1, 0]);
    const error = guest.view.getUint32(8, true);
    guest.lower('wasi:filesystem/types#filesystemErrorCode', 'error')(error, 0);
    expect([guest.view.getUint8(0), guest.view.getUint8(1)]).toEqual([1, 5]);
    guest.drop('error', error, 'wasi:io/error#Error');
    expect(() => guest.lower('wasi:filesystem/types#filesystemErrorCode', 'error')(error, 0)).toThrow(WebAssembly.RuntimeError);
  });

  test('tables are told apart in whatever order the glue passes them', () => {
    const { guest, input, host } = lowered();
    const read = guest.lower(`${INPUT}#blockingRead`, 'input', 'error');
    host.feedStdin('x');
    read(input, 1n, 0);
    expect(guest.view.getUint8(0)).toBe(0);
    read(input, 1n, 0);
    expect([guest.view.getUint8(0), guest.view.getUint8(4)]).toEqual([1, 0]);
  });

  test('what a guest may hold is bounded', () => {
    const { guest, stdin } = open({ limits: { streamsMax: 3, pollablesMax: 2 } });
    const handle = guest.give('input', stdin());
    stdin();
    stdin();
    expect(() => stdin()).toThrow(WebAssembly.RuntimeError);
    const subscribe = guest.lower(`${INPUT}#subscribe`, 'pollable', 'input');
    const pollable = Number(subscribe(handle));
    subscribe(handle);
    expect(() => subscribe(handle)).toThrow(WebAssembly.RuntimeError);
    guest.drop('pollable', pollable, 'wasi:io/poll#Pollable');
    expect(subscribe(handle)).toBe(pollable);
  });

  test('a million errors do not pile up', () => {
    const { guest, stdin } = open({ limits: { streamsMax: 100 } });
    const blockingRead = guest.lower(`${INPUT}#blockingRead`, 'error', 'input');
    const fail = () => {
      const handle = guest.give('input', stdin());
      blockingRead(handle, 1n, 0);
      guest.drop('input', handle, 'wasi:io/streams#InputStream');
    };
    for (let i = 0; i < 100; i++) fail();
    expect(fail).toThrow(WebAssembly.RuntimeError);
  });
});

describe('waiting', () => {
  test('poll returns the ready ones in order, and sleeps for timers', () => {
    const { host, guest, stdin } = open();
    const timer = guest.lower('wasi:clocks/monotonic-clock#subscribeDuration', 'pollable');
    const poll = guest.lower('wasi:io/poll#poll', 'pollable');
    const input = guest.give('input', stdin());
    const handles = [Number(timer(1_000_000_000n)), Number(guest.lower(`${INPUT}#subscribe`, 'pollable', 'input')(input)), Number(timer(5_000_000_000n))];
    handles.forEach((handle, i) => {
      guest.view.setUint32(1024 + i * 4, handle, true);
    });
    const ready = (): number[] => {
      poll(1024, 3, 0);
      return Array.from({ length: guest.view.getUint32(4, true) }, (_, i) => guest.view.getUint32(guest.view.getUint32(0, true) + i * 4, true));
    };
    const before = host.clockNow(1);
    expect(ready()).toEqual([0]);
    expect(host.clockNow(1) - before).toBe(1_000_000_000n);
    host.feedStdin('x');
    expect(ready()).toEqual([0, 1]);
    host.advanceClock(10_000_000_000n);
    expect(ready()).toEqual([0, 1, 2]);
    expect(guest.lower(`${POLLABLE}#ready`, 'pollable')(handles[2] as number)).toBe(1);
  });

  test('a wait that nothing can end traps instead of hanging', () => {
    const { guest, stdin } = open();
    const input = guest.give('input', stdin());
    const pollable = Number(guest.lower(`${INPUT}#subscribe`, 'pollable', 'input')(input));
    expect(() => guest.lower(`${POLLABLE}#block`, 'pollable')(pollable)).toThrow(WebAssembly.RuntimeError);
    expect(guest.lower(`${POLLABLE}#ready`, 'pollable')(pollable)).toBe(0);
  });

  test('a pollable of a dropped stream is ready', () => {
    const { guest, stdin } = open();
    const input = guest.give('input', stdin());
    const pollable = Number(guest.lower(`${INPUT}#subscribe`, 'pollable', 'input')(input));
    guest.drop('input', input, 'wasi:io/streams#InputStream');
    expect(guest.lower(`${POLLABLE}#ready`, 'pollable')(pollable)).toBe(1);
  });

  test('instants past the end of the clock are never reached, those before now are', () => {
    const { guest } = open();
    const ready = guest.lower(`${POLLABLE}#ready`, 'pollable');
    expect(ready(Number(guest.lower('wasi:clocks/monotonic-clock#subscribeDuration', 'pollable')(-1n)))).toBe(0);
    expect(ready(Number(guest.lower('wasi:clocks/monotonic-clock#subscribeInstant', 'pollable')(0n)))).toBe(1);
  });

  test('a cancelled guest unwinds from whatever it waits in', () => {
    const { host, owner, guest, stdin } = open();
    const input = guest.give('input', stdin());
    host.ownerCancel(owner);
    expect(() => guest.lower(`${INPUT}#blockingRead`, 'error', 'input')(input, 1n, 0)).toThrow(WasiCancelled);
    expect(() => stdin().blockingRead(1n)).toThrow(WasiCancelled);
    const timer = Number(guest.lower('wasi:clocks/monotonic-clock#subscribeDuration', 'pollable')(1_000n));
    expect(() => guest.lower(`${POLLABLE}#block`, 'pollable')(timer)).toThrow(WasiCancelled);
  });
});

describe('the end of a guest', () => {
  test('dispose closes what it left open and lets nothing in any more', () => {
    const { host, guest, wasi } = open({ seed: (seeded) => seeded.seedFile('/data/f', 'x') });
    const before = host.handleCount();
    const dir = givePreopen(guest);
    guest.put(1024, 'f');
    const openAt = guest.lower(`${DESCRIPTOR}#openAt`, 'descriptor');
    openAt(dir, 0, 1024, 1, 0, 1, 0);
    guest.lower(`${DESCRIPTOR}#readViaStream`, 'input', 'descriptor')(guest.view.getUint32(4, true), 0n, 0);
    guest.lower(`${DESCRIPTOR}#readDirectory`, 'descriptor', 'listing')(dir, 0);
    expect(host.handleCount()).toBe(before + 2);
    wasi.dispose();
    expect(host.handleCount()).toBe(before);
    expect(() => openAt(dir, 0, 1024, 1, 0, 1, 0)).toThrow(WebAssembly.RuntimeError);
    expect(() => (guest.member('wasi:cli/stdin#getStdin') as () => unknown)()).toThrow(WebAssembly.RuntimeError);
    wasi.dispose();
  });
});
