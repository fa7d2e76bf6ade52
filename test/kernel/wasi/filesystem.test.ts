import { describe, expect, test } from 'vitest';
import { RIGHT, type Rights } from '../../../kernel/src/host/host.ts';
import { BareGuest, DESCRIPTOR, givePreopen, setUp } from './bare-glue.ts';

const ERROR_CODES =
  'access would-block already bad-descriptor busy deadlock quota exist file-too-large illegal-byte-sequence in-progress interrupted invalid io is-directory loop too-many-links message-size name-too-long no-device no-entry no-lock insufficient-memory insufficient-space not-directory not-empty not-recoverable unsupported no-tty no-such-device overflow not-permitted pipe read-only invalid-seek text-file-busy cross-device'.split(
    ' ',
  );
const TYPES = ['unknown', 'block-device', 'character-device', 'directory', 'fifo', 'symbolic-link', 'regular-file', 'socket'];
const OPEN_FLAGS = ['create', 'directory', 'exclusive', 'truncate'];
const FLAGS = ['read', 'write', 'fileIntegritySync', 'dataIntegritySync', 'requestedWriteSync', 'mutateDirectory'];

/** The calls of `descriptor` that the tests use, over names instead of bits. A failure is the string of its code. */
interface Driver {
  readonly root: unknown;
  open(dir: unknown, path: string, options?: { open?: string[]; flags?: string[]; follow?: boolean }): unknown;
  read(file: unknown, length: bigint, offset: bigint): string | [text: string, end: boolean];
  write(file: unknown, text: string, offset: bigint): string | bigint;
  flags(file: unknown): string | string[];
  type(file: unknown): string;
  stat(file: unknown): string | { type: string; linkCount: bigint; size: bigint; modified: [bigint, number] | undefined };
  statAt(dir: unknown, path: string, follow: boolean): string | { type: string; size: bigint };
  hash(file: unknown): string | [bigint, bigint];
  path(method: 'createDirectoryAt' | 'removeDirectoryAt' | 'unlinkFileAt', dir: unknown, path: string): string;
  rename(from: unknown, oldPath: string, to: unknown, newPath: string): string;
  link(from: unknown, oldPath: string, to: unknown, newPath: string): string;
  symlink(dir: unknown, target: string, path: string): string;
  readlink(dir: unknown, path: string): string;
  list(dir: unknown): string | string[];
  setSize(file: unknown, size: bigint): string;
  setTimes(file: unknown, modify: { seconds: bigint; nanoseconds: number } | 'now' | 'no-change'): string;
  same(one: unknown, other: unknown): boolean;
  drop(file: unknown): void;
}

type Lifted = Record<string, (...args: unknown[]) => unknown>;

function liftedDriver(guest: BareGuest): Driver {
  const [first] = (guest.member('wasi:filesystem/preopens#getDirectories') as () => [Lifted, string][])();
  /** The result, or the code of the error. */
  const tried = <T>(act: () => T): T | string => {
    try {
      return act();
    } catch (thrown) {
      const payload = (thrown as { payload?: unknown }).payload;
      if (typeof payload === 'string') return `!${payload}`;
      throw thrown;
    }
  };
  const call = (object: unknown, method: string, ...args: unknown[]): unknown => tried(() => (object as Lifted)[method]?.(...args));
  const done = (object: unknown, method: string, ...args: unknown[]): string => (call(object, method, ...args) as string | undefined) ?? 'done';
  const flagsOf = (names: readonly string[]): Record<string, boolean> => Object.fromEntries(names.map((name) => [name, true]));
  const follow = (follows: boolean) => ({ symlinkFollow: follows });
  return {
    root: first?.[0],
    open: (dir, path, { open = [], flags = ['read'], follow: follows = false } = {}) => call(dir, 'openAt', follow(follows), path, flagsOf(open), flagsOf(flags)),
    read: (file, length, offset) => {
      const result = call(file, 'read', length, offset);
      if (typeof result === 'string') return result;
      const [bytes, end] = result as [Uint8Array, boolean];
      return [new TextDecoder().decode(bytes), end];
    },
    write: (file, text, offset) => call(file, 'write', new TextEncoder().encode(text), offset) as bigint,
    flags: (file) => {
      const flags = call(file, 'getFlags');
      return typeof flags === 'string' ? flags : FLAGS.filter((name) => (flags as Record<string, boolean>)[name]);
    },
    type: (file) => call(file, 'getType') as string,
    stat: (file) => {
      const stat = call(file, 'stat');
      if (typeof stat === 'string') return stat;
      const {
        type,
        linkCount,
        size,
        dataModificationTimestamp: time,
      } = stat as { type: string; linkCount: bigint; size: bigint; dataModificationTimestamp?: { seconds: bigint; nanoseconds: number } };
      return { type, linkCount, size, modified: time && [time.seconds, time.nanoseconds] };
    },
    statAt: (dir, path, follows) => {
      const stat = call(dir, 'statAt', follow(follows), path);
      if (typeof stat === 'string') return stat;
      const { type, size } = stat as { type: string; size: bigint };
      return { type, size };
    },
    hash: (file) => {
      const hash = call(file, 'metadataHash');
      return typeof hash === 'string' ? hash : [(hash as { lower: bigint }).lower, (hash as { upper: bigint }).upper];
    },
    path: (method, dir, path) => done(dir, method, path),
    rename: (from, oldPath, to, newPath) => done(from, 'renameAt', oldPath, to, newPath),
    link: (from, oldPath, to, newPath) => done(from, 'linkAt', follow(false), oldPath, to, newPath),
    symlink: (dir, target, path) => done(dir, 'symlinkAt', target, path),
    readlink: (dir, path) => call(dir, 'readlinkAt', path) as string,
    list: (dir) => {
      const stream = call(dir, 'readDirectory');
      if (typeof stream === 'string') return stream;
      const names: string[] = [];
      for (;;) {
        const entry = call(stream, 'readDirectoryEntry') as { name: string; type: string } | undefined;
        if (!entry) return names.sort();
        names.push(`${entry.name}:${entry.type}`);
      }
    },
    setSize: (file, size) => done(file, 'setSize', size),
    setTimes: (file, modify) => done(file, 'setTimes', { tag: 'no-change' }, typeof modify === 'string' ? { tag: modify } : { tag: 'timestamp', val: modify }),
    same: (one, other) => call(one, 'isSameObject', other) as boolean,
    drop: (file) => (file as Record<symbol, () => void>)[Symbol.dispose]?.(),
  };
}

function loweredDriver(guest: BareGuest): Driver {
  const RESULT = 512;
  const one = (method: string, ...extra: string[]) => guest.lower(`${DESCRIPTOR}#${method}`, ...extra, 'descriptor');
  const bits = (all: readonly string[], names: readonly string[]): number => names.reduce((sum, name) => sum | (1 << all.indexOf(name)), 0);
  const failed = (offset: number): string | undefined => (guest.view.getUint8(RESULT) === 0 ? undefined : `!${ERROR_CODES[guest.view.getUint8(RESULT + offset)]}`);
  const path = (at: number, text: string): [number, number] => [at, guest.put(at, text)];
  const owned = (): unknown => failed(4) ?? guest.view.getUint32(RESULT + 4, true);
  const self = (file: unknown): number => file as number;
  const done = (): string => failed(1) ?? 'done';
  const stat = (): { type: string; linkCount: bigint; size: bigint; modified: [bigint, number] | undefined } => {
    const { view } = guest;
    return {
      type: TYPES[view.getUint8(RESULT + 8)] ?? '',
      linkCount: view.getBigUint64(RESULT + 16, true),
      size: view.getBigUint64(RESULT + 24, true),
      modified: view.getUint8(RESULT + 56) === 0 ? undefined : [view.getBigUint64(RESULT + 64, true), view.getUint32(RESULT + 72, true)],
    };
  };
  return {
    root: givePreopen(guest),
    open: (dir, name, { open = [], flags = ['read'], follow = false } = {}) => {
      one('openAt')(self(dir), follow ? 1 : 0, ...path(0, name), bits(OPEN_FLAGS, open), bits(FLAGS, flags), RESULT);
      return owned();
    },
    read: (file, length, offset) => {
      one('read')(self(file), length, offset, RESULT);
      const { view } = guest;
      return failed(4) ?? [guest.text(view.getUint32(RESULT + 4, true), view.getUint32(RESULT + 8, true)), view.getUint8(RESULT + 12) === 1];
    },
    write: (file, text, offset) => {
      one('write')(self(file), ...path(0, text), offset, RESULT);
      return failed(8) ?? guest.view.getBigUint64(RESULT + 8, true);
    },
    flags: (file) => {
      one('getFlags')(self(file), RESULT);
      return failed(1) ?? FLAGS.filter((_, bit) => (guest.view.getUint8(RESULT + 1) & (1 << bit)) !== 0);
    },
    type: (file) => {
      one('getType')(self(file), RESULT);
      return failed(1) ?? TYPES[guest.view.getUint8(RESULT + 1)] ?? '';
    },
    stat: (file) => {
      one('stat')(self(file), RESULT);
      return failed(8) ?? stat();
    },
    statAt: (dir, name, follow) => {
      one('statAt')(self(dir), follow ? 1 : 0, ...path(0, name), RESULT);
      const error = failed(8);
      if (error !== undefined) return error;
      const { type, size } = stat();
      return { type, size };
    },
    hash: (file) => {
      one('metadataHash')(self(file), RESULT);
      return failed(8) ?? [guest.view.getBigUint64(RESULT + 8, true), guest.view.getBigUint64(RESULT + 16, true)];
    },
    path: (method, dir, name) => {
      one(method)(self(dir), ...path(0, name), RESULT);
      return done();
    },
    rename: (from, oldPath, to, newPath) => {
      one('renameAt')(self(from), ...path(0, oldPath), self(to), ...path(256, newPath), RESULT);
      return done();
    },
    link: (from, oldPath, to, newPath) => {
      one('linkAt')(self(from), 0, ...path(0, oldPath), self(to), ...path(256, newPath), RESULT);
      return done();
    },
    symlink: (dir, target, name) => {
      one('symlinkAt')(self(dir), ...path(0, target), ...path(256, name), RESULT);
      return done();
    },
    readlink: (dir, name) => {
      one('readlinkAt')(self(dir), ...path(0, name), RESULT);
      return failed(4) ?? guest.text(guest.view.getUint32(RESULT + 4, true), guest.view.getUint32(RESULT + 8, true));
    },
    list: (dir) => {
      one('readDirectory', 'listing')(self(dir), RESULT);
      const error = failed(4);
      if (error !== undefined) return error;
      const stream = guest.view.getUint32(RESULT + 4, true);
      const next = guest.lower('wasi:filesystem/types#DirectoryEntryStream#prototype#readDirectoryEntry', 'listing');
      const names: string[] = [];
      for (;;) {
        next(stream, RESULT);
        const { view } = guest;
        if (view.getUint8(RESULT + 4) === 0) return names.sort();
        names.push(`${guest.text(view.getUint32(RESULT + 12, true), view.getUint32(RESULT + 16, true))}:${TYPES[view.getUint8(RESULT + 8)]}`);
      }
    },
    setSize: (file, size) => {
      one('setSize')(self(file), size, RESULT);
      return done();
    },
    setTimes: (file, modify) => {
      const core: [number, bigint, number] = typeof modify === 'string' ? [modify === 'now' ? 1 : 0, 0n, 0] : [2, modify.seconds, modify.nanoseconds];
      one('setTimes')(self(file), 0, 0n, 0, ...core, RESULT);
      return done();
    },
    same: (first, second) => one('isSameObject')(self(first), self(second)) === 1,
    drop: (file) => guest.drop('descriptor', self(file), 'wasi:filesystem/types#Descriptor'),
  };
}

for (const [form, makeDriver] of [
  ['lifted', liftedDriver],
  ['lowered', loweredDriver],
] as const) {
  const open = (rights: Rights = RIGHT.read | RIGHT.write | RIGHT.mutate, options: Parameters<typeof setUp>[0] = {}) => {
    const setup = setUp({ ...options, rights });
    return { ...setup, fs: makeDriver(new BareGuest(setup.wasi)) };
  };
  const NEW = { open: ['create'], flags: ['read', 'write'] };

  describe(`wasi:filesystem, ${form}`, () => {
    test('files are created, written, read and told about', () => {
      const { fs, host } = open();
      const file = fs.open(fs.root, 'f', NEW);
      expect(fs.write(file, 'hello world', 0n)).toBe(11n);
      expect(fs.read(file, 5n, 6n)).toEqual(['world', false]);
      expect(fs.read(file, 5n, 11n)).toEqual(['', true]);
      expect(fs.type(file)).toBe('regular-file');
      expect(fs.flags(file)).toEqual(['read', 'write']);
      expect(fs.stat(file)).toEqual({ type: 'regular-file', linkCount: 1n, size: 11n, modified: [1_700_000_000n, 123_456_789] });
      expect(fs.setSize(file, 5n)).toBe('done');
      expect(new TextDecoder().decode(host.readFile('/data/f'))).toBe('hello');
      expect(fs.setTimes(file, { seconds: 5n, nanoseconds: 7 })).toBe('done');
      expect(fs.stat(file)).toMatchObject({ modified: [5n, 7] });
      expect(fs.setTimes(file, { seconds: 5n, nanoseconds: 1_000_000_000 })).toBe('!invalid');
    });

    test('a descriptor does what it was opened for', () => {
      const { fs } = open();
      fs.drop(fs.open(fs.root, 'f', NEW));
      const reader = fs.open(fs.root, 'f');
      expect(fs.write(reader, 'x', 0n)).toBe('!bad-descriptor');
      expect(fs.setSize(reader, 0n)).toBe('!bad-descriptor');
      const writer = fs.open(fs.root, 'f', { flags: ['write'] });
      expect(fs.read(writer, 1n, 0n)).toBe('!bad-descriptor');
      expect(fs.read(fs.root, 1n, 0n)).toBe('!is-directory');
      expect(fs.list(reader)).toBe('!not-directory');
    });

    test('open-at says why not', () => {
      const { fs } = open();
      fs.drop(fs.open(fs.root, 'f', NEW));
      expect(fs.open(fs.root, 'none')).toBe('!no-entry');
      expect(fs.open(fs.root, '')).toBe('!no-entry');
      expect(fs.open(fs.root, 'f', { open: ['create', 'exclusive'], flags: ['write'] })).toBe('!exist');
      expect(fs.open(fs.root, 'f', { open: ['directory'] })).toBe('!not-directory');
      expect(fs.open(fs.root, '.', { flags: ['write'] })).toBe('!is-directory');
      expect(fs.open(fs.root, 'f/x')).toBe('!not-directory');
      expect(fs.open(fs.root, '..')).toBe('!not-permitted');
      expect(fs.open(fs.root, '/etc')).toBe('!not-permitted');
      expect(fs.open(fs.root, 'a\0b')).toBe('!invalid');
    });

    test('directories', () => {
      const { fs } = open();
      expect(fs.path('createDirectoryAt', fs.root, 'd')).toBe('done');
      expect(fs.path('createDirectoryAt', fs.root, 'd')).toBe('!exist');
      const dir = fs.open(fs.root, 'd', { open: ['directory'] });
      expect(fs.type(dir)).toBe('directory');
      expect(fs.flags(dir)).toEqual(['read', 'mutateDirectory']);
      fs.drop(fs.open(dir, 'ü', NEW));
      expect(fs.symlink(dir, 'ü', 'link')).toBe('done');
      expect(fs.list(dir)).toEqual(['link:symbolic-link', 'ü:regular-file']);
      expect(fs.readlink(dir, 'link')).toBe('ü');
      expect(fs.readlink(dir, 'ü')).toBe('!invalid');
      expect(fs.statAt(dir, 'link', false)).toEqual({ type: 'symbolic-link', size: 2n });
      expect(fs.statAt(dir, 'link', true)).toEqual({ type: 'regular-file', size: 0n });
      expect(fs.open(dir, 'link')).toBe('!loop');
      expect(fs.symlink(dir, '/abs', 'x')).toBe('!not-permitted');
      expect(fs.path('removeDirectoryAt', fs.root, 'd')).toBe('!not-empty');
      expect(fs.path('unlinkFileAt', fs.root, 'd')).toBe('!is-directory');
      expect(fs.rename(dir, 'ü', fs.root, 'moved')).toBe('done');
      expect(fs.path('unlinkFileAt', dir, 'link')).toBe('done');
      expect(fs.path('removeDirectoryAt', fs.root, 'd')).toBe('done');
      expect(fs.list(fs.root)).toEqual(['moved:regular-file']);
    });

    test('identity: links are one object, and hashes say so without telling inode numbers', () => {
      const { fs } = open();
      const file = fs.open(fs.root, 'f', NEW);
      expect(fs.link(fs.root, 'f', fs.root, 'g')).toBe('done');
      const again = fs.open(fs.root, 'g');
      const other = fs.open(fs.root, 'h', NEW);
      expect(fs.same(file, again)).toBe(true);
      expect(fs.same(file, other)).toBe(false);
      expect(fs.hash(file)).toEqual(fs.hash(again));
      expect(fs.hash(file)).not.toEqual(fs.hash(other));
      expect((fs.hash(file) as [bigint, bigint])[0]).toBeGreaterThan(1_000_000n);
    });

    test('a read-only tree answers read-only', () => {
      const { fs } = open(RIGHT.read, { seed: (host) => host.seedFile('/data/f', 'content') });
      expect(fs.flags(fs.root)).toEqual(['read']);
      for (const result of [
        fs.open(fs.root, 'f', { flags: ['write'] }),
        fs.open(fs.root, 'f', { open: ['truncate'] }),
        fs.open(fs.root, 'new', { open: ['create'] }),
        fs.open(fs.root, '.', { flags: ['mutateDirectory'] }),
        fs.path('createDirectoryAt', fs.root, 'd'),
        fs.path('unlinkFileAt', fs.root, 'f'),
        fs.path('removeDirectoryAt', fs.root, 'd'),
        fs.rename(fs.root, 'f', fs.root, 'g'),
        fs.link(fs.root, 'f', fs.root, 'g'),
        fs.symlink(fs.root, 'f', 'g'),
        fs.setTimes(fs.open(fs.root, 'f'), 'now'),
      ]) {
        expect(result).toBe('!read-only');
      }
      expect(fs.read(fs.open(fs.root, 'f'), 100n, 0n)).toEqual(['content', false]);
    });

    test('numbers that no file has are refused, not cut', () => {
      const { fs } = open();
      const file = fs.open(fs.root, 'f', NEW);
      expect(fs.read(file, 1n, 1n << 60n)).toBe('!invalid');
      expect(fs.write(file, 'x', (1n << 53n) + 1n)).toBe('!invalid');
      expect(fs.setSize(file, 1n << 60n)).toMatch(/^!(invalid|file-too-large)$/);
      expect(fs.read(file, (1n << 64n) - 1n, 0n)).toEqual(['', true]);
    });

    test('open files are bounded and closed with their descriptor', () => {
      const { fs, host } = open(7, { limits: { openFilesMax: 3 }, seed: (seeded) => seeded.seedFile('/data/f', '') });
      const before = host.handleCount();
      const files = [fs.open(fs.root, 'f'), fs.open(fs.root, 'f')];
      expect(fs.open(fs.root, 'f')).toBe('!insufficient-memory');
      expect(fs.list(fs.root)).toBe('!insufficient-memory');
      for (const file of files) fs.drop(file);
      expect(host.handleCount()).toBe(before);
      expect(fs.list(fs.root)).toEqual(['f:regular-file']);
    });
  });
}

describe('wasi:filesystem', () => {
  test('a quota reaches the guest as quota, and its stream lives on', () => {
    const { host, owner, grant } = setUp();
    host.seedDirectory('/small');
    const dir = host.dirOpen(owner, grant('dir.open', '/small'), { bytesMax: 4, entriesMax: 0 });
    const guest = new BareGuest(setUp({ wasi: { host, owner, preopens: [{ path: '/', dir, rights: 7 }] } }).wasi);
    const fs = liftedDriver(guest);
    const file = fs.open(fs.root, 'f', { open: ['create'], flags: ['write'] });
    const stream = (file as { writeViaStream(offset: bigint): { blockingWriteAndFlush(bytes: Uint8Array): void } }).writeViaStream(0n);
    const failure = (() => {
      try {
        stream.blockingWriteAndFlush(new Uint8Array(10));
      } catch (thrown) {
        return (thrown as { payload: { tag: string; val: object } }).payload;
      }
      return undefined;
    })();
    expect(failure?.tag).toBe('last-operation-failed');
    expect((guest.member('wasi:filesystem/types#filesystemErrorCode') as (error: object) => string)(failure?.val ?? {})).toBe('quota');
    fs.setSize(file, 0n);
    stream.blockingWriteAndFlush(new Uint8Array(0));
  });

  test('strings that are not UTF-8 trap, long paths are name-too-long', () => {
    const guest = new BareGuest(setUp().wasi);
    const root = givePreopen(guest);
    const create = guest.lower(`${DESCRIPTOR}#createDirectoryAt`, 'descriptor');
    guest.put(0, Uint8Array.of(0x61, 0xff));
    expect(() => create(root, 0, 2, 512)).toThrow(WebAssembly.RuntimeError);
    guest.put(0, Uint8Array.of(0xed, 0xa0, 0x80));
    expect(() => create(root, 0, 3, 512)).toThrow(WebAssembly.RuntimeError);
    create(root, 0, 5000, 512 * 20);
    expect([guest.view.getUint8(512 * 20), ERROR_CODES[guest.view.getUint8(512 * 20 + 1)]]).toEqual([1, 'name-too-long']);
  });
});
