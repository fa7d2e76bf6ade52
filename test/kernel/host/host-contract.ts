/** What every {@link Host} must do, as one suite: `host-memory.test.ts` and `host-native.test.ts` run it against theirs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errnoName } from '../../../kernel/src/host/errno.ts';
import { CLOCK, FILE_TYPE, type GrantAction, type Handle, type Host, HostError, LOG_STREAM, OPEN, type Owner, type Quota, RIGHT, STAT } from '../../../kernel/src/host/host.ts';

/** One machine with one fresh directory, and what an outsider can do to it. */
export interface Machine {
  readonly host: Host;
  readonly mintKey: string;
  /** An absolute path of an empty directory. */
  readonly root: string;
  writeFile(path: string, content: string): void;
  readFile(path: string): string | undefined;
  makeDirectory(path: string): void;
  makeSymlink(path: string, target: string): void;
  makeFifo(path: string): void;
  close(): void;
}

const ALL = RIGHT.read | RIGHT.write | RIGHT.mutate;
const TEXT = new TextEncoder();

export function describeHost(open: () => Machine): void {
  let machine: Machine;
  let host: Host;
  let owner: Owner;
  let handlesBefore: number;

  beforeEach(() => {
    machine = open();
    host = machine.host;
    handlesBefore = host.handleCount();
    owner = host.ownerCreate('test');
  });
  afterEach(() => {
    host.ownerDrop(owner);
    expect(host.handleCount(), 'all handles die with their owner').toBe(handlesBefore);
    machine.close();
  });

  const mint = (action: GrantAction, resource = '', rights = ALL, extra: { owner?: Owner; expiresMs?: number } = {}): Handle =>
    host.grantMint(machine.mintKey, extra.owner ?? owner, { callId: 'call', action, resource, rights, expiresMs: extra.expiresMs ?? 0 });
  const openRoot = (rights = ALL, quota?: Quota): Handle => host.dirOpen(owner, mint('dir.open', machine.root, rights), quota);

  const ok = (result: number): number => {
    if (result < 0) throw new Error(`unexpected ${errnoName(-result)}`);
    return result;
  };
  /** The errno by its name, so that a failure is readable. */
  const refusal = (result: unknown): string => (typeof result === 'number' && result < 0 ? errnoName(-result) : `success: ${JSON.stringify(result)}`);
  const codeOf = (act: () => unknown): string => {
    try {
      act();
    } catch (thrown) {
      if (thrown instanceof HostError) return thrown.code;
      throw thrown;
    }
    return 'success';
  };
  const stat = (dir: Handle, path: string, follow = false): BigInt64Array => {
    const out = new BigInt64Array(STAT.length);
    ok(host.statAt(owner, dir, path, follow, out));
    return out;
  };
  const write = (file: Handle, text: string, offset = 0): number => {
    const bytes = TEXT.encode(text);
    return host.pwrite(owner, file, bytes, 0, bytes.length, offset);
  };
  const read = (file: Handle, length: number, offset = 0): string => {
    const into = new Uint8Array(length);
    return new TextDecoder().decode(into.subarray(0, ok(host.pread(owner, file, into, 0, length, offset))));
  };
  const create = (dir: Handle, path: string, text = ''): Handle => {
    const file = ok(host.openAt(owner, dir, path, OPEN.create | OPEN.read | OPEN.write));
    ok(write(file, text));
    return file;
  };
  const names = (dir: Handle): string[] => {
    const stream = ok(host.readDir(owner, dir));
    const found: string[] = [];
    for (;;) {
      const entry = host.readDirNext(owner, stream);
      if (typeof entry === 'number') throw new Error(errnoName(-entry));
      if (entry === undefined) break;
      found.push(entry.name);
    }
    ok(host.close(owner, stream));
    return found.sort();
  };

  describe('grants and handles', () => {
    test('a grant needs the mint key, a known action, an absolute path and a known owner', () => {
      const grant = { callId: 'c', action: 'dir.open', resource: machine.root, rights: ALL, expiresMs: 0 } as const;
      expect(codeOf(() => host.grantMint('guess', owner, grant))).toBe('denied');
      expect(codeOf(() => host.grantMint(machine.mintKey, owner, { ...grant, action: 'format.disk' as GrantAction }))).toBe('invalid');
      expect(codeOf(() => host.grantMint(machine.mintKey, owner, { ...grant, resource: 'relative' }))).toBe('invalid');
      expect(codeOf(() => host.grantMint(machine.mintKey, owner + 1, grant))).toBe('not-found');
    });

    test('the mint key is given out once', () => {
      expect(codeOf(() => host.takeMintKey())).toBe('denied');
    });

    test('a grant opens what it names and nothing else', () => {
      expect(codeOf(() => host.dirOpen(owner, mint('dir.scratch'), undefined))).toBe('denied');
      expect(codeOf(() => host.dirOpen(owner, mint('dir.open', `${machine.root}/absent`), undefined))).toBe('not-found');
      machine.writeFile('file', 'x');
      expect(codeOf(() => host.dirOpen(owner, mint('dir.open', `${machine.root}/file`), undefined))).toBe('invalid');
      expect(codeOf(() => host.dirOpen(owner, 1234567, undefined))).toBe('denied');
    });

    test('a handle is worth nothing to another owner', () => {
      const root = openRoot();
      const other = host.ownerCreate('other');
      expect(refusal(host.openAt(other, root, '.', OPEN.read))).toBe('EBADF');
      expect(codeOf(() => host.derive(other, root, other, RIGHT.read))).toBe('denied');
      expect(codeOf(() => host.revoke(other, root))).toBe('denied');
      expect(codeOf(() => host.usage(other, root))).toBe('denied');
      expect(host.rightsOf(other, root)).toBe(0);
      host.ownerDrop(other);
    });

    test('forged and stale handles are refused', () => {
      const root = openRoot();
      for (const forged of [0, -1, 1.5, Number.NaN, root + 1, root - 1, Number.MAX_SAFE_INTEGER]) {
        expect(refusal(host.openAt(owner, forged, '.', OPEN.read)), String(forged)).toBe('EBADF');
      }
      ok(host.close(owner, root));
      expect(refusal(host.close(owner, root))).toBe('EBADF');
      expect(refusal(host.openAt(owner, root, '.', OPEN.read))).toBe('EBADF');
    });

    test('a derived handle has no more rights than its parent', () => {
      const root = openRoot(RIGHT.read | RIGHT.write);
      const reader = host.derive(owner, root, owner, RIGHT.read);
      expect(host.rightsOf(owner, reader)).toBe(RIGHT.read);
      expect(codeOf(() => host.derive(owner, reader, owner, RIGHT.read | RIGHT.write))).toBe('denied');
      expect(codeOf(() => host.derive(owner, root, owner, RIGHT.mutate))).toBe('denied');
    });

    test('revoking a grant kills every handle and every open file made from it', () => {
      const grant = mint('dir.open', machine.root);
      const root = host.dirOpen(owner, grant, undefined);
      const other = host.ownerCreate('other');
      const derived = host.derive(owner, root, other, ALL);
      const file = create(root, 'f', 'content');
      const foreign = ok(host.openAt(other, derived, 'f', OPEN.read));
      expect(host.revoke(owner, grant)).toBeGreaterThanOrEqual(5);
      expect(refusal(host.pread(owner, file, new Uint8Array(1), 0, 1, 0))).toBe('EBADF');
      expect(refusal(host.pread(other, foreign, new Uint8Array(1), 0, 1, 0))).toBe('EBADF');
      expect(refusal(host.openAt(other, derived, 'f', OPEN.read))).toBe('EBADF');
      host.ownerDrop(other);
    });

    test('closing a directory leaves the files opened through it, and revoking its grant still reaches them', () => {
      const grant = mint('dir.open', machine.root);
      const root = host.dirOpen(owner, grant, undefined);
      const file = create(root, 'f', 'content');
      ok(host.close(owner, root));
      expect(read(file, 7)).toBe('content');
      host.revoke(owner, grant);
      expect(refusal(host.pread(owner, file, new Uint8Array(1), 0, 1, 0))).toBe('EBADF');
    });

    test('dropping an owner kills what it derived for others', () => {
      const giver = host.ownerCreate('giver');
      const root = host.dirOpen(giver, mint('dir.open', machine.root, ALL, { owner: giver }), undefined);
      const derived = host.derive(giver, root, owner, RIGHT.read);
      expect(names(derived)).toEqual([]);
      host.ownerDrop(giver);
      expect(refusal(host.readDir(owner, derived))).toBe('EBADF');
    });

    test('releasing an owner closes what it holds and leaves what it gave to others', () => {
      const giver = host.ownerCreate('giver');
      const root = host.dirOpen(giver, mint('dir.open', machine.root, ALL, { owner: giver }), undefined);
      const derived = host.derive(giver, root, owner, RIGHT.read);
      host.ownerRelease(giver);
      expect(names(derived)).toEqual([]);
      expect(host.rightsOf(owner, derived)).toBe(RIGHT.read);
      expect(host.rightsOf(giver, root)).toBe(0);
      expect(codeOf(() => host.derive(giver, root, owner, RIGHT.read))).toBe('denied');
    });

    test('a grant is dead after its end', () => {
      const grant = mint('dir.open', machine.root, ALL, { expiresMs: Date.now() - 1000 });
      expect(codeOf(() => host.dirOpen(owner, grant, undefined))).toBe('denied');
    });

    test('unknown owners are ignored when dropped or cancelled', () => {
      host.ownerDrop(owner + 1);
      host.ownerCancel(owner + 1);
    });
  });

  describe('files', () => {
    test('what is written is read, at any offset', () => {
      const root = openRoot();
      const file = create(root, 'f', 'hello world');
      expect(read(file, 5, 6)).toBe('world');
      expect(write(file, 'W', 6)).toBe(1);
      expect(read(file, 100)).toBe('hello World');
      expect(read(file, 10, 50)).toBe('');
      expect(machine.readFile('f')).toBe('hello World');
    });

    test('append writes at the end, wherever others wrote', () => {
      const root = openRoot();
      const file = create(root, 'f', 'one');
      const bytes = TEXT.encode('two');
      expect(host.append(owner, file, bytes, 0, 3)).toBe(3);
      write(file, 'xyz', 10);
      expect(host.append(owner, file, bytes, 0, 3)).toBe(3);
      expect(read(file, 100)).toBe('onetwo\0\0\0\0xyztwo');
    });

    test('a range outside the buffer is EFAULT and touches nothing', () => {
      const root = openRoot();
      const file = create(root, 'f', 'abc');
      const memory = new Uint8Array(4);
      for (const [pointer, length] of [
        [0, 5],
        [4, 1],
        [-1, 1],
        [1, -1],
        [2 ** 32, 1],
        [3, Number.MAX_SAFE_INTEGER],
      ] as const) {
        expect(refusal(host.pread(owner, file, memory, pointer, length, 0)), `${pointer}+${length}`).toBe('EFAULT');
        expect(refusal(host.pwrite(owner, file, memory, pointer, length, 0)), `${pointer}+${length}`).toBe('EFAULT');
      }
      expect(host.pread(owner, file, memory, 4, 0, 0)).toBe(0);
      expect(read(file, 10)).toBe('abc');
    });

    test('a file is open for what it was opened for', () => {
      const root = openRoot();
      create(root, 'f', 'abc');
      const reader = ok(host.openAt(owner, root, 'f', OPEN.read));
      expect(refusal(write(reader, 'x'))).toBe('EBADF');
      const writer = ok(host.openAt(owner, root, 'f', OPEN.write));
      expect(refusal(host.pread(owner, writer, new Uint8Array(1), 0, 1, 0))).toBe('EBADF');
    });

    test('open follows its flags', () => {
      const root = openRoot();
      expect(refusal(host.openAt(owner, root, 'f', OPEN.read))).toBe('ENOENT');
      create(root, 'f', 'abc');
      expect(refusal(host.openAt(owner, root, 'f', OPEN.create | OPEN.exclusive | OPEN.write))).toBe('EEXIST');
      expect(refusal(host.openAt(owner, root, 'f', OPEN.directory | OPEN.read))).toBe('ENOTDIR');
      expect(refusal(host.openAt(owner, root, '.', OPEN.write))).toBe('EISDIR');
      ok(host.openAt(owner, root, 'f', OPEN.write | OPEN.truncate));
      expect(machine.readFile('f')).toBe('');
    });

    test('size and times can be set', () => {
      const root = openRoot();
      const file = create(root, 'f', 'hello');
      ok(host.setSize(owner, file, 2));
      ok(host.setSize(owner, file, 4));
      expect(read(file, 10)).toBe('he\0\0');
      ok(host.setTimes(owner, file, { seconds: 100n, nanos: 5 }, 'keep'));
      ok(host.setTimesAt(owner, root, 'f', false, 'keep', { seconds: 200n, nanos: 7 }));
      const out = stat(root, 'f');
      expect([out[STAT.accessSeconds], out[STAT.accessNanos], out[STAT.modifySeconds], out[STAT.modifyNanos]]).toEqual([100n, 5n, 200n, 7n]);
      expect(refusal(host.setTimes(owner, file, { seconds: 1n, nanos: 1_000_000_000 }, 'keep'))).toBe('EINVAL');
    });

    test('stat tells type, size, links and identity', () => {
      const root = openRoot();
      const file = create(root, 'f', 'hello');
      ok(host.linkAt(owner, root, 'f', false, root, 'g'));
      const [one, other] = [stat(root, 'f'), stat(root, 'g')];
      expect(Number(one[STAT.type])).toBe(FILE_TYPE.regularFile);
      expect(one[STAT.size]).toBe(5n);
      expect(one[STAT.links]).toBe(2n);
      expect([one[STAT.device], one[STAT.inode]]).toEqual([other[STAT.device], other[STAT.inode]]);
      const out = new BigInt64Array(STAT.length);
      ok(host.fstat(owner, file, out));
      expect(out[STAT.inode]).toBe(one[STAT.inode]);
      expect(Number(stat(root, '.')[STAT.type])).toBe(FILE_TYPE.directory);
    });

    test('sync and advise answer for open files', () => {
      const root = openRoot();
      const file = create(root, 'f', 'x');
      expect(host.sync(owner, file, true)).toBe(0);
      expect(host.sync(owner, file, false)).toBe(0);
      for (let advice = 0; advice < 6; advice++) expect(host.advise(owner, file, 0, 10, advice)).toBe(0);
    });

    test('a big file comes back as it was written', () => {
      const root = openRoot();
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff);
      const file = ok(host.openAt(owner, root, 'big', OPEN.create | OPEN.read | OPEN.write));
      expect(host.pwrite(owner, file, bytes, 0, bytes.length, 1000)).toBe(bytes.length);
      const back = new Uint8Array(bytes.length + 1000);
      expect(host.pread(owner, file, back, 0, back.length, 0)).toBe(back.length);
      expect(back.subarray(0, 1000).every((byte) => byte === 0)).toBe(true);
      expect(Buffer.compare(back.subarray(1000), bytes)).toBe(0);
    });
  });

  describe('entries', () => {
    test('directories are made, listed and removed', () => {
      const root = openRoot();
      ok(host.createDirectoryAt(owner, root, 'd'));
      expect(refusal(host.createDirectoryAt(owner, root, 'd'))).toBe('EEXIST');
      expect(refusal(host.createDirectoryAt(owner, root, 'x/y'))).toBe('ENOENT');
      ok(host.close(owner, create(root, 'd/f')));
      const inner = ok(host.openAt(owner, root, 'd', OPEN.directory | OPEN.read));
      expect(names(inner)).toEqual(['f']);
      expect(names(root)).toEqual(['d']);
      expect(refusal(host.removeDirectoryAt(owner, root, 'd'))).toBe('ENOTEMPTY');
      expect(refusal(host.unlinkFileAt(owner, root, 'd'))).toBe('EISDIR');
      expect(refusal(host.removeDirectoryAt(owner, root, 'd/f'))).toBe('ENOTDIR');
      ok(host.unlinkFileAt(owner, root, 'd/f'));
      ok(host.removeDirectoryAt(owner, root, 'd'));
      expect(names(root)).toEqual([]);
    });

    test('rename moves, replaces, and refuses what would tear the tree', () => {
      const root = openRoot();
      create(root, 'a', 'A');
      create(root, 'b', 'B');
      ok(host.renameAt(owner, root, 'a', root, 'b'));
      expect(machine.readFile('b')).toBe('A');
      expect(names(root)).toEqual(['b']);
      ok(host.createDirectoryAt(owner, root, 'd'));
      ok(host.createDirectoryAt(owner, root, 'd/e'));
      expect(refusal(host.renameAt(owner, root, 'd', root, 'd/e/x'))).toBe('EINVAL');
      expect(refusal(host.renameAt(owner, root, 'b', root, 'd'))).toBe('EISDIR');
      expect(refusal(host.renameAt(owner, root, 'd', root, 'b'))).toBe('ENOTDIR');
      expect(refusal(host.renameAt(owner, root, 'd/e', root, 'd'))).toBe('ENOTEMPTY');
      expect(refusal(host.renameAt(owner, root, 'gone', root, 'x'))).toBe('ENOENT');
      const inner = ok(host.openAt(owner, root, 'd', OPEN.directory | OPEN.read));
      ok(host.renameAt(owner, root, 'b', inner, 'moved'));
      expect(machine.readFile('d/moved')).toBe('A');
    });

    test('renames and links across two grants are EXDEV', () => {
      const root = openRoot();
      const second = openRoot();
      create(root, 'a', 'A');
      expect(refusal(host.renameAt(owner, root, 'a', second, 'b'))).toBe('EXDEV');
      expect(refusal(host.linkAt(owner, root, 'a', false, second, 'b'))).toBe('EXDEV');
    });

    test('symbolic links are made, read and removed as themselves', () => {
      const root = openRoot();
      create(root, 'f', 'x');
      ok(host.symlinkAt(owner, root, 'f', 'l'));
      expect(host.readlinkAt(owner, root, 'l')).toBe('f');
      expect(refusal(host.readlinkAt(owner, root, 'f'))).toBe('EINVAL');
      expect(refusal(host.symlinkAt(owner, root, '/etc', 'abs'))).toBe('EPERM');
      expect(refusal(host.symlinkAt(owner, root, 'f', 'l'))).toBe('EEXIST');
      expect(Number(stat(root, 'l')[STAT.type])).toBe(FILE_TYPE.symbolicLink);
      expect(Number(stat(root, 'l', true)[STAT.type])).toBe(FILE_TYPE.regularFile);
      expect(refusal(host.openAt(owner, root, 'l', OPEN.read))).toBe('ELOOP');
      ok(host.openAt(owner, root, 'l', OPEN.read | OPEN.follow));
      ok(host.unlinkFileAt(owner, root, 'l'));
      expect(names(root)).toEqual(['f']);
    });

    test('an open file outlives its name', () => {
      const root = openRoot();
      const file = create(root, 'f', 'still here');
      ok(host.unlinkFileAt(owner, root, 'f'));
      expect(read(file, 100)).toBe('still here');
    });
  });

  describe('confinement', () => {
    test('no path leaves the directory', () => {
      machine.makeDirectory('in');
      machine.writeFile('secret', 's');
      const root = openRoot();
      const inner = ok(host.openAt(owner, root, 'in', OPEN.directory | OPEN.read));
      for (const path of ['..', '../secret', './../secret', 'x/../../secret', '../in/../secret', '/etc/passwd', '/', '//secret']) {
        const result = host.openAt(owner, inner, path, OPEN.read | OPEN.follow);
        expect(['EPERM', 'ENOENT'], path).toContain(refusal(result));
      }
      expect(refusal(host.openAt(owner, inner, '../secret', OPEN.read))).toBe('EPERM');
      expect(refusal(host.statAt(owner, inner, '../secret', true, new BigInt64Array(STAT.length)))).toBe('EPERM');
      expect(refusal(host.createDirectoryAt(owner, inner, '../made'))).toBe('EPERM');
      expect(refusal(host.unlinkFileAt(owner, inner, '../secret'))).toBe('EPERM');
      expect(refusal(host.renameAt(owner, inner, '../secret', inner, 'mine'))).toBe('EPERM');
      expect(refusal(host.linkAt(owner, inner, '../secret', false, inner, 'mine'))).toBe('EPERM');
      expect(refusal(host.readlinkAt(owner, inner, '../secret'))).toBe('EPERM');
      expect(machine.readFile('secret')).toBe('s');
    });

    test('links that lead out are not followed, in chains and from outside', () => {
      machine.makeDirectory('in/deep');
      machine.writeFile('secret', 's');
      machine.makeSymlink('in/out', '../secret');
      machine.makeSymlink('in/abs', '/etc');
      machine.makeSymlink('in/chain', 'out');
      machine.makeSymlink('in/up', '..');
      machine.makeSymlink('in/deep/fine', '../target');
      machine.writeFile('in/target', 't');
      const root = openRoot();
      const inner = ok(host.openAt(owner, root, 'in', OPEN.directory | OPEN.read));
      for (const path of ['out', 'abs', 'chain', 'up', 'up/secret', 'abs/passwd', 'deep/../out']) {
        expect(refusal(host.openAt(owner, inner, path, OPEN.read | OPEN.follow)), path).toBe('EPERM');
      }
      expect(read(ok(host.openAt(owner, inner, 'deep/fine', OPEN.read | OPEN.follow)), 10)).toBe('t');
    });

    test('loops end', () => {
      const root = openRoot();
      ok(host.symlinkAt(owner, root, 'b', 'a'));
      ok(host.symlinkAt(owner, root, 'a', 'b'));
      expect(refusal(host.openAt(owner, root, 'a', OPEN.read | OPEN.follow))).toBe('ELOOP');
      expect(refusal(host.openAt(owner, root, 'a/x', OPEN.read))).toBe('ELOOP');
    });

    test('odd paths get their own error', () => {
      const root = openRoot();
      create(root, 'f');
      expect(refusal(host.openAt(owner, root, '', OPEN.read))).toBe('ENOENT');
      expect(refusal(host.openAt(owner, root, 'a\0b', OPEN.read))).toBe('EINVAL');
      expect(refusal(host.openAt(owner, root, 'n'.repeat(300), OPEN.read))).toBe('ENAMETOOLONG');
      expect(refusal(host.openAt(owner, root, 'n/'.repeat(4000), OPEN.read))).toBe('ENAMETOOLONG');
      expect(refusal(host.openAt(owner, root, 'f/', OPEN.read))).toBe('ENOTDIR');
      expect(refusal(host.openAt(owner, root, 'f/x', OPEN.read))).toBe('ENOTDIR');
      expect(refusal(host.createDirectoryAt(owner, root, ''))).toBe('ENOENT');
      expect(refusal(host.symlinkAt(owner, root, 'x', 'a\0b'))).toBe('EINVAL');
    });

    test('what is no file and no directory is never opened', () => {
      machine.makeFifo('pipe');
      const root = openRoot();
      expect(refusal(host.openAt(owner, root, 'pipe', OPEN.read))).toBe('EPERM');
      expect(refusal(host.openAt(owner, root, 'pipe', OPEN.write))).toBe('EPERM');
      expect(Number(stat(root, 'pipe')[STAT.type])).toBe(FILE_TYPE.fifo);
    });
  });

  describe('rights', () => {
    const isRefused = (result: unknown) => expect(['EPERM', 'EACCES', 'EROFS']).toContain(refusal(result));

    test('a read-only tree cannot be changed in any way', () => {
      machine.writeFile('f', 'content');
      machine.makeDirectory('d');
      const root = openRoot(RIGHT.read);
      const file = ok(host.openAt(owner, root, 'f', OPEN.read));
      isRefused(host.openAt(owner, root, 'f', OPEN.write));
      isRefused(host.openAt(owner, root, 'f', OPEN.read | OPEN.truncate));
      isRefused(host.openAt(owner, root, 'new', OPEN.create | OPEN.read));
      isRefused(host.createDirectoryAt(owner, root, 'x'));
      isRefused(host.removeDirectoryAt(owner, root, 'd'));
      isRefused(host.unlinkFileAt(owner, root, 'f'));
      isRefused(host.renameAt(owner, root, 'f', root, 'g'));
      isRefused(host.linkAt(owner, root, 'f', false, root, 'g'));
      isRefused(host.symlinkAt(owner, root, 'f', 'g'));
      isRefused(host.setTimesAt(owner, root, 'f', true, 'now', 'now'));
      isRefused(host.setTimes(owner, file, 'now', 'now'));
      expect(host.setSize(owner, file, 0)).toBeLessThan(0);
      const inner = ok(host.openAt(owner, root, 'd', OPEN.directory | OPEN.read));
      isRefused(host.createDirectoryAt(owner, inner, 'x'));
      expect(machine.readFile('f')).toBe('content');
    });

    test('write without mutate changes files and not entries', () => {
      machine.writeFile('f', 'content');
      const root = openRoot(RIGHT.read | RIGHT.write);
      const file = ok(host.openAt(owner, root, 'f', OPEN.read | OPEN.write));
      expect(write(file, 'C')).toBe(1);
      isRefused(host.openAt(owner, root, 'new', OPEN.create | OPEN.write));
      isRefused(host.unlinkFileAt(owner, root, 'f'));
    });
  });

  describe('quotas', () => {
    test('bytes: a write that fits partly writes that part, then EDQUOT', () => {
      const root = openRoot(ALL, { bytesMax: 10, entriesMax: 0 });
      const file = create(root, 'f');
      expect(write(file, '1234567')).toBe(7);
      expect(write(file, 'abcdef', 7)).toBe(3);
      expect(refusal(write(file, 'x', 10))).toBe('EDQUOT');
      expect(write(file, 'over', 0)).toBe(4);
      expect(host.usage(owner, root)).toEqual({ bytes: 10, entries: 1 });
      expect(refusal(host.setSize(owner, file, 11))).toBe('EDQUOT');
      ok(host.setSize(owner, file, 4));
      expect(host.usage(owner, root).bytes).toBe(4);
      ok(host.close(owner, file));
      ok(host.unlinkFileAt(owner, root, 'f'));
      expect(host.usage(owner, root)).toEqual({ bytes: 0, entries: 0 });
    });

    test('entries: files, directories and links count', () => {
      machine.makeDirectory('there/already');
      const root = openRoot(ALL, { bytesMax: 0, entriesMax: 4 });
      expect(host.usage(owner, root).entries).toBe(2);
      ok(host.createDirectoryAt(owner, root, 'd'));
      ok(host.symlinkAt(owner, root, 'x', 'l'));
      expect(refusal(host.openAt(owner, root, 'f', OPEN.create | OPEN.write))).toBe('EDQUOT');
      expect(refusal(host.createDirectoryAt(owner, root, 'e'))).toBe('EDQUOT');
      ok(host.removeDirectoryAt(owner, root, 'd'));
      ok(host.openAt(owner, root, 'f', OPEN.create | OPEN.write));
    });

    test('a hole counts as the size that it shows', () => {
      const root = openRoot(ALL, { bytesMax: 1000, entriesMax: 0 });
      const file = create(root, 'f');
      expect(refusal(write(file, 'x', 5000))).toBe('EDQUOT');
      expect(write(file, 'x', 998)).toBe(1);
      expect(host.usage(owner, root).bytes).toBe(999);
    });

    test('two opens of one directory share one count', () => {
      const quota = { bytesMax: 10, entriesMax: 0 };
      const [one, other] = [openRoot(ALL, quota), openRoot(ALL, quota)];
      expect(write(create(one, 'a'), '123456')).toBe(6);
      expect(write(create(other, 'b'), '123456')).toBe(4);
    });
  });

  describe('directories of the control plane', () => {
    test('are created, removed with all they hold, and refused without the right', () => {
      const path = `${machine.root}/made`;
      host.dirCreate(owner, mint('dir.open', path));
      expect(codeOf(() => host.dirCreate(owner, mint('dir.open', path)))).toBe('conflict');
      expect(codeOf(() => host.dirRemove(owner, mint('dir.open', path, RIGHT.read)))).toBe('denied');
      machine.writeFile('made/deep/f', 'x');
      machine.makeSymlink('made/link', '../keep');
      machine.writeFile('keep/f', 'kept');
      host.dirRemove(owner, mint('dir.open', path));
      expect(machine.readFile('made/deep/f')).toBeUndefined();
      expect(machine.readFile('keep/f')).toBe('kept');
      expect(codeOf(() => host.dirCreate(owner, mint('dir.open', `${machine.root}/no/parent`)))).toBe('not-found');
    });

    test('scratch directories are empty, bounded and apart', () => {
      const quota = { bytesMax: 4, entriesMax: 10 };
      const one = host.scratchOpen(owner, mint('dir.scratch', machine.root), true, quota);
      const other = host.scratchOpen(owner, mint('dir.scratch', machine.root), true, quota);
      expect(write(create(one, 'f'), '123456')).toBe(4);
      expect(names(other)).toEqual([]);
      expect(host.usage(owner, one)).toEqual({ bytes: 4, entries: 1 });
    });
  });

  describe('byte streams', () => {
    const pipe = (): [Handle, Handle] => host.pipeCreate(owner, mint('pipe.create'));
    const readStream = (stream: Handle, length: number): string => {
      const into = new Uint8Array(length);
      return new TextDecoder().decode(into.subarray(0, ok(host.streamRead(owner, stream, into, 0, length))));
    };
    const writeStream = (stream: Handle, text: string): number => {
      const bytes = TEXT.encode(text);
      return host.streamWrite(owner, stream, bytes, 0, bytes.length);
    };

    test('a pipe carries bytes, then its end', () => {
      const [reader, writer] = pipe();
      expect(writeStream(writer, 'hello')).toBe(5);
      expect(readStream(reader, 2)).toBe('he');
      expect(readStream(reader, 100)).toBe('llo');
      ok(host.close(owner, writer));
      expect(host.streamRead(owner, reader, new Uint8Array(1), 0, 1)).toBe(0);
    });

    test('writing to a pipe without a reader is EPIPE', () => {
      const [reader, writer] = pipe();
      ok(host.close(owner, reader));
      expect(refusal(writeStream(writer, 'x'))).toBe('EPIPE');
    });

    test('a pipe has its directions', () => {
      const [reader, writer] = pipe();
      expect(host.streamRead(owner, writer, new Uint8Array(1), 0, 1)).toBeLessThan(0);
      expect(writeStream(reader, 'x')).toBeLessThan(0);
      expect(host.isTerminal(owner, reader)).toBe(0);
    });

    test('poll tells what is ready, and waits as long as it is told', () => {
      const [reader, writer] = pipe();
      const ready = new Uint8Array(2);
      expect(host.poll(owner, Float64Array.of(reader, writer), ready, 0)).toBe(1);
      expect([...ready]).toEqual([0, 1]);
      writeStream(writer, 'x');
      expect(host.poll(owner, Float64Array.of(reader, writer), ready, -1)).toBe(2);
      expect([...ready]).toEqual([1, 1]);
      const before = host.clockNow(CLOCK.monotonic);
      expect(host.poll(owner, new Float64Array(0), new Uint8Array(0), 20_000_000)).toBe(0);
      expect(host.clockNow(CLOCK.monotonic) - before).toBeGreaterThanOrEqual(19_000_000n);
    });

    test('an ended pipe and a file are ready', () => {
      const [reader, writer] = pipe();
      ok(host.close(owner, writer));
      const file = create(openRoot(), 'f');
      const ready = new Uint8Array(2);
      expect(host.poll(owner, Float64Array.of(reader, file), ready, -1)).toBe(2);
    });

    test('after a cancel every blocking call returns at once', () => {
      const [reader] = pipe();
      host.ownerCancel(owner);
      expect(refusal(host.streamRead(owner, reader, new Uint8Array(1), 0, 1))).toBe('ECANCELED');
      expect(refusal(host.poll(owner, Float64Array.of(reader), new Uint8Array(1), -1))).toBe('ECANCELED');
    });

    test('ranges of streams are checked', () => {
      const [reader, writer] = pipe();
      expect(refusal(host.streamWrite(owner, writer, new Uint8Array(4), 2, 3))).toBe('EFAULT');
      expect(refusal(host.streamRead(owner, reader, new Uint8Array(4), 5, 1))).toBe('EFAULT');
    });
  });

  describe('logs', () => {
    test('each write is one record, and readers go on where they stopped', () => {
      const path = `${machine.root}/app.log`;
      const out = host.logWriter(owner, mint('log.open', path), LOG_STREAM.stdout, 100_000);
      const err = host.logWriter(owner, mint('log.open', path), LOG_STREAM.stderr, 100_000);
      for (const [stream, text] of [
        [out, 'one'],
        [err, 'two'],
        [out, 'three'],
      ] as const) {
        const bytes = TEXT.encode(text);
        expect(host.streamWrite(owner, stream, bytes, 0, bytes.length)).toBe(bytes.length);
      }
      const reading = mint('log.open', path, RIGHT.read);
      const first = host.logRead(owner, reading, 0, 6);
      expect(first.records.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(['one', 'two']);
      expect(first.records.map(({ stream }) => stream)).toEqual([LOG_STREAM.stdout, LOG_STREAM.stderr]);
      const rest = host.logRead(owner, reading, first.next, 1000);
      expect(rest.records.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(['three']);
      expect(host.logRead(owner, reading, rest.next, 1000)).toEqual({ records: [], next: rest.next });
    });

    test('a log keeps the newest of two files', () => {
      const path = `${machine.root}/app.log`;
      const out = host.logWriter(owner, mint('log.open', path), LOG_STREAM.stdout, 200);
      const bytes = TEXT.encode('x'.repeat(50));
      for (let i = 0; i < 20; i++) host.streamWrite(owner, out, bytes, 0, bytes.length);
      const { records } = host.logRead(owner, mint('log.open', path, RIGHT.read), 0, 100_000);
      expect(records.length).toBeGreaterThan(2);
      expect(records.length).toBeLessThan(10);
    });
  });

  describe('outbound lists', () => {
    const define = () =>
      host.outboundDefine(owner, mint('outbound.define'), [
        { host: 'example.com', portFirst: 443, portLast: 443, protocol: 'tcp' },
        { host: '*.cdn.example', portFirst: 80, portLast: 90, protocol: 'tcp' },
        { host: '10.1.0.0/16', portFirst: 53, portLast: 53, protocol: 'udp' },
        { host: '192.0.2.7', portFirst: 1, portLast: 65_535, protocol: 'tcp' },
      ]);

    test('allow what a rule names, by name, address, port and protocol', () => {
      const list = define();
      const check = (name: string, address: string, port: number, protocol: 'tcp' | 'udp' = 'tcp') => host.outboundCheck(owner, list, name, address, port, protocol);
      expect(check('example.com', '93.184.216.34', 443)).toBe(1);
      expect(check('a.cdn.example', '93.184.216.34', 85)).toBe(1);
      expect(check('', '10.1.2.3', 53, 'udp')).toBe(1);
      expect(check('', '192.0.2.7', 9999)).toBe(1);
      for (const refused of [
        check('example.com', '93.184.216.34', 80),
        check('example.com', '93.184.216.34', 443, 'udp'),
        check('evil.com', '93.184.216.34', 443),
        check('notexample.com', '93.184.216.34', 443),
        check('cdn.example', '93.184.216.34', 85),
        check('', '10.2.0.1', 53, 'udp'),
        check('', '93.184.216.34', 443),
      ]) {
        expect(refusal(refused)).toBe('EACCES');
      }
    });

    test('a name that resolves to the inside is refused', () => {
      const list = define();
      for (const address of ['127.0.0.1', '169.254.169.254', '10.1.2.3', '::1', 'fe80::1']) {
        expect(refusal(host.outboundCheck(owner, list, 'example.com', address, 443, 'tcp')), address).toBe('EACCES');
      }
    });

    test('broken rules are invalid', () => {
      const rule = { host: 'a', portFirst: 1, portLast: 2, protocol: 'tcp' as const };
      for (const broken of [
        { ...rule, portFirst: 3 },
        { ...rule, portLast: 70_000 },
        { ...rule, protocol: 'icmp' as 'tcp' },
      ]) {
        expect(codeOf(() => host.outboundDefine(owner, mint('outbound.define'), [broken]))).toBe('invalid');
      }
    });
  });

  describe('clocks and randomness', () => {
    test('clocks are plausible and the monotonic one never goes back', () => {
      expect(Math.abs(Number(host.clockNow(CLOCK.realtime) / 1_000_000n) - Date.now())).toBeLessThan(5_000);
      let last = 0n;
      for (let i = 0; i < 1000; i++) {
        const now = host.clockNow(CLOCK.monotonic);
        expect(now >= last).toBe(true);
        last = now;
      }
    });

    test('random bytes fill exactly the range', () => {
      const memory = new Uint8Array(200_000);
      expect(host.randomFill(memory, 10, 199_980)).toBeGreaterThanOrEqual(0);
      expect([...memory.subarray(0, 10), ...memory.subarray(199_990)].every((byte) => byte === 0)).toBe(true);
      expect(new Set(memory.subarray(10, 2000)).size).toBeGreaterThan(200);
      expect(memory.subarray(190_000, 199_990).some((byte) => byte !== 0)).toBe(true);
      expect(refusal(host.randomFill(memory, 199_999, 2))).toBe('EFAULT');
    });
  });
}
