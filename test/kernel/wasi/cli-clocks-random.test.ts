import { describe, expect, test } from 'vitest';
import { WasiExit } from '../../../kernel/src/wasi/index.ts';
import { BareGuest, setUp } from './bare-glue.ts';

const call = <T>(guest: BareGuest, path: string, ...args: unknown[]): T => (guest.member(path) as (...args: unknown[]) => T)(...args);

describe('wasi:cli', () => {
  test('hands over arguments, environment and directory', () => {
    const guest = new BareGuest(setUp({ wasi: { cwd: '/work' } }).wasi);
    expect(call(guest, 'wasi:cli/environment#getArguments')).toEqual(['program', 'one', 'two words']);
    expect(call(guest, 'wasi:cli/environment#getEnvironment')).toEqual([['NAME', 'value']]);
    expect(call(guest, 'wasi:cli/environment#initialCwd')).toBe('/work');
    expect(call(new BareGuest(setUp().wasi), 'wasi:cli/environment#initialCwd')).toBeUndefined();
  });

  for (const [what, exit, code] of [
    ['exit ok', (guest: BareGuest) => guest.lower('wasi:cli/exit#exit')(0), 0],
    ['exit err', (guest: BareGuest) => guest.lower('wasi:cli/exit#exit')(1), 1],
    ['exit-with-code 42', (guest: BareGuest) => guest.lower('wasi:cli/exit#exitWithCode')(42), 42],
    ['exit-with-code 255', (guest: BareGuest) => call(guest, 'wasi:cli/exit#exitWithCode', 255), 255],
    ['exit err, lifted', (guest: BareGuest) => call(guest, 'wasi:cli/exit#exit', { tag: 'err' }), 1],
  ] as const) {
    test(`${what} unwinds with ${code} and lets nothing in any more`, () => {
      const { wasi } = setUp();
      const guest = new BareGuest(wasi);
      expect(wasi.exitCode()).toBeUndefined();
      const thrown = (() => {
        try {
          return exit(guest);
        } catch (error) {
          return error;
        }
      })();
      expect(thrown).toBeInstanceOf(WasiExit);
      expect((thrown as WasiExit).code).toBe(code);
      expect(wasi.exitCode()).toBe(code);
      expect(() => call(guest, 'wasi:cli/stdin#getStdin')).toThrow(WebAssembly.RuntimeError);
    });
  }

  test('streams of the in-memory machine are no terminals', () => {
    const guest = new BareGuest(setUp().wasi);
    for (const stream of ['stdin#getTerminalStdin', 'stdout#getTerminalStdout', 'stderr#getTerminalStderr']) {
      expect(call(guest, `wasi:cli/terminal-${stream}`)).toBeUndefined();
    }
  });
});

describe('wasi:clocks', () => {
  test('answer alike lifted and lowered', () => {
    const { host, wasi } = setUp();
    const guest = new BareGuest(wasi);
    expect(call(guest, 'wasi:clocks/monotonic-clock#now')).toBe(host.clockNow(1));
    expect(guest.lower('wasi:clocks/monotonic-clock#now')()).toBe(host.clockNow(1));
    expect(guest.lower('wasi:clocks/monotonic-clock#resolution')()).toBe(1n);
    expect(call(guest, 'wasi:clocks/wall-clock#now')).toEqual({ seconds: 1_700_000_000n, nanoseconds: 123_456_789 });
    guest.lower('wasi:clocks/wall-clock#now')(64);
    expect([guest.view.getBigUint64(64, true), guest.view.getUint32(72, true)]).toEqual([1_700_000_000n, 123_456_789]);
    guest.lower('wasi:clocks/wall-clock#resolution')(64);
    expect([guest.view.getBigUint64(64, true), guest.view.getUint32(72, true)]).toEqual([0n, 1]);
  });
});

describe('wasi:random', () => {
  test('gives different bytes each time, as many as asked', () => {
    const guest = new BareGuest(setUp().wasi);
    for (const path of ['wasi:random/random#getRandomBytes', 'wasi:random/insecure#getInsecureRandomBytes']) {
      const [one, other] = [call<Uint8Array>(guest, path, 64n), call<Uint8Array>(guest, path, 64n)];
      expect(one).toHaveLength(64);
      expect(Buffer.compare(one, other)).not.toBe(0);
      guest.lower(path)(64n, 0);
      expect(guest.view.getUint32(4, true)).toBe(64);
      expect(new Set(guest.bytes.slice(guest.view.getUint32(0, true), guest.view.getUint32(0, true) + 64)).size).toBeGreaterThan(10);
    }
    expect(call(guest, 'wasi:random/random#getRandomU64')).not.toBe(guest.lower('wasi:random/random#getRandomU64')());
    expect(call<bigint[]>(guest, 'wasi:random/insecure-seed#insecureSeed')).toHaveLength(2);
  });

  test('random(2^31) traps and allocates nothing', () => {
    const guest = new BareGuest(setUp({ limits: { randomBytesMax: 1000 } }).wasi);
    guest.realloc = () => {
      throw new Error('asked for memory');
    };
    for (const length of [1001n, 1n << 31n, -1n]) {
      expect(() => guest.lower('wasi:random/random#getRandomBytes')(length, 0)).toThrow(WebAssembly.RuntimeError);
      expect(() => call(guest, 'wasi:random/random#getRandomBytes', BigInt.asUintN(64, length))).toThrow(WebAssembly.RuntimeError);
    }
  });
});

describe('wasi:sockets', () => {
  test('is linked and closed', () => {
    const guest = new BareGuest(setUp().wasi);
    const refused = (path: string): unknown => {
      try {
        call(guest, path);
      } catch (thrown) {
        return (thrown as { payload?: unknown }).payload;
      }
      return 'allowed';
    };
    expect(refused('wasi:sockets/tcp-create-socket#createTcpSocket')).toBe('access-denied');
    expect(refused('wasi:sockets/udp-create-socket#createUdpSocket')).toBe('access-denied');
    expect(refused('wasi:sockets/ip-name-lookup#resolveAddresses')).toBe('access-denied');
    expect(call(guest, 'wasi:sockets/instance-network#instanceNetwork')).toBeInstanceOf(guest.member('wasi:sockets/network#Network'));
  });
});

describe('two guests', () => {
  test('share nothing', () => {
    const [one, other] = [new BareGuest(setUp().wasi), new BareGuest(setUp().wasi)];
    expect(one.member('wasi:io/streams#InputStream')).not.toBe(other.member('wasi:io/streams#InputStream'));
    const foreign = call<object>(one, 'wasi:cli/stdin#getStdin');
    expect(foreign).not.toBeInstanceOf(other.member('wasi:io/streams#InputStream'));
  });
});
