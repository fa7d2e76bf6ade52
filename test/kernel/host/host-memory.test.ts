import { describe, expect, test } from 'vitest';
import { ERRNO } from '../../../kernel/src/host/errno.ts';
import { CLOCK, type GrantAction } from '../../../kernel/src/host/host.ts';
import { openMemoryHost } from '../../../kernel/src/host/memory.ts';
import { describeHost, type Machine } from './host-contract.ts';

const ROOT = '/root/of/test';

function openMachine(): Machine {
  const host = openMemoryHost();
  const mintKey = host.takeMintKey();
  host.seedDirectory(ROOT);
  return {
    host,
    mintKey,
    root: ROOT,
    writeFile: (path, content) => host.seedFile(`${ROOT}/${path}`, content),
    readFile: (path) => {
      const bytes = host.readFile(`${ROOT}/${path}`);
      return bytes && new TextDecoder().decode(bytes);
    },
    makeDirectory: (path) => host.seedDirectory(`${ROOT}/${path}`),
    makeSymlink: (path, target) => host.seedSymlink(`${ROOT}/${path}`, target),
    makeFifo: (path) => host.seedSpecial(`${ROOT}/${path}`, 'fifo'),
    close: () => undefined,
  };
}

describe('the in-memory host', () => {
  describeHost(openMachine);
});

describe('what the in-memory host adds for tests', () => {
  const setUp = (options: Parameters<typeof openMemoryHost>[0] = {}) => {
    const host = openMemoryHost(options);
    const mintKey = host.takeMintKey();
    const owner = host.ownerCreate('test');
    const stdio = (action: GrantAction, resource: string) => host.stdioOpen(owner, host.grantMint(mintKey, owner, { callId: 'c', action, resource, rights: 7, expiresMs: 0 }));
    return { host, mintKey, owner, stdin: stdio('stdio.inherit', '0'), stdout: stdio('stdio.inherit', '1') };
  };

  test('standard input is fed and ended, standard output is kept', () => {
    const { host, owner, stdin, stdout } = setUp();
    host.feedStdin('abc');
    const into = new Uint8Array(10);
    expect(host.streamRead(owner, stdin, into, 0, 10)).toBe(3);
    expect(host.streamRead(owner, stdin, into, 0, 10)).toBe(-ERRNO.EDEADLK);
    host.endStdin();
    expect(host.streamRead(owner, stdin, into, 0, 10)).toBe(0);
    host.streamWrite(owner, stdout, into, 0, 3);
    into.fill(0);
    expect(host.stdout.text).toBe('abc');
  });

  test('a wait that nobody can end answers EDEADLK', () => {
    const { host, owner, stdin } = setUp();
    expect(host.poll(owner, Float64Array.of(stdin), new Uint8Array(1), -1)).toBe(-ERRNO.EDEADLK);
    expect(host.poll(owner, new Float64Array(0), new Uint8Array(0), -1)).toBe(-ERRNO.EDEADLK);
  });

  test('the fake clock moves when told and when somebody sleeps', () => {
    const { host, owner } = setUp({ fakeClockNs: 1_000n });
    host.advanceClock(5n);
    host.poll(owner, new Float64Array(0), new Uint8Array(0), 2_000_000_000);
    expect(host.clockNow(CLOCK.monotonic)).toBe(2_000_001_005n);
    expect(() => openMemoryHost().advanceClock(1n)).toThrow(TypeError);
  });

  test('a grant ends with its time', () => {
    const { host, owner, mintKey } = setUp({ fakeClockNs: 1_000_000_000n });
    host.seedDirectory('/d');
    const grant = host.grantMint(mintKey, owner, { callId: 'c', action: 'dir.open', resource: '/d', rights: 1, expiresMs: 2000 });
    const dir = host.dirOpen(owner, grant, undefined);
    expect(host.readDir(owner, dir)).toBeGreaterThan(0);
    host.advanceClock(1_000_000_000n);
    expect(host.readDir(owner, dir)).toBe(-ERRNO.EBADF);
  });

  test('a file of terabytes costs nothing until it is written', () => {
    const { host, owner, mintKey } = setUp({ fileBytesMax: 2 ** 42 });
    host.seedFile('/d/f', 'x');
    const dir = host.dirOpen(owner, host.grantMint(mintKey, owner, { callId: 'c', action: 'dir.open', resource: '/d', rights: 7, expiresMs: 0 }), undefined);
    const file = host.openAt(owner, dir, 'f', 32 | 64);
    expect(host.setSize(owner, file, 2 ** 41)).toBe(0);
    const into = new Uint8Array(4).fill(1);
    expect(host.pread(owner, file, into, 0, 4, 2 ** 40)).toBe(4);
    expect([...into]).toEqual([0, 0, 0, 0]);
    expect(host.setSize(owner, file, 2 ** 43)).toBe(-ERRNO.EFBIG);
  });
});
