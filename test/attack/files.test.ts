/** A C program against the volumes it was given: attacks 23 and 29 to 36. What it may not reach holds the word CANARY. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { LIMITS } from '../../kernel/src/limits.ts';
import { homePaths } from '../../kernel/src/loader/home.ts';
import { temporaryDirectory } from '../fixtures/leftovers.ts';
import { type Ended, Platform, type RunSpec, sleep, until } from '../fixtures/platform.ts';
import { compileC, noClang } from '../fixtures/programs.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(noClang)(`a program and its volumes${noClang ? ` (left out: ${noClang})` : ''}`, () => {
  const folder = temporaryDirectory();
  const home = join(folder, 'home');
  const outside = join(folder, 'outside');
  const secret = join(outside, 'secret');
  let platform: Platform;
  let digest: string;
  let volumes = 0;

  /** A fresh volume: its name and where it is. */
  async function volume(
    quota: { bytesMax?: number; entriesMax?: number } = {},
  ): Promise<{ name: string; path: string; mount: (target: string) => NonNullable<RunSpec['mounts']>[number] }> {
    const name = `v${volumes++}`;
    expect((await platform.request('POST', '/v1/volumes', { name, ...quota })).status).toBe(201);
    return { name, path: join(homePaths(home).volumes, name), mount: (target) => ({ source: { volume: name }, target }) };
  }

  /** What each attempt came to, by what it was. */
  async function probe(name: string, mounts: RunSpec['mounts']): Promise<Record<string, string>> {
    const { exitCode, stdout, stderr } = await platform.run(digest, { args: [name], mounts: mounts ?? [], wallMs: 20_000 });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).not.toContain('CANARY');
    return resultsOf(stdout);
  }

  const resultsOf = (stdout: string): Record<string, string> =>
    Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
    );

  beforeAll(async () => {
    mkdirSync(outside);
    writeFileSync(secret, 'CANARY');
    const file = join(folder, 'file-attacks.wasm');
    writeFileSync(file, await compileC('file-attacks.c'));
    ({ digest } = await installPackage(file, { home }));
    platform = await Platform.open({ home });
    writeFileSync(join(homePaths(home).volumes, 'secret'), 'CANARY');
  });

  afterAll(async () => {
    expect(readFileSync(secret, 'utf8')).toBe('CANARY');
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(
      await until(
        () => platform.handles(),
        (count) => count === 0,
      ),
    ).toBe(0);
    expect(platform.log).toBe('');
    await platform.close();
  });

  test('cannot name its way out: "..", absolute, NUL, too long (29)', async () => {
    const data = await volume();
    writeFileSync(join(data.path, 'file'), 'hello');
    mkdirSync(join(data.path, 'a'));
    expect(await probe('names', [data.mount('/data')])).toEqual({
      '/data/../secret': 'EPERM',
      '/data/a/../../secret': 'EPERM',
      '/data/a/../../../../../../../../../../etc/hostname': 'EPERM',
      '/etc/hostname': 'ENOTCAPABLE',
      '/data/file/': 'ENOTDIR',
      absolute: 'EPERM',
      dotdot: 'EPERM',
      empty: 'ENOENT',
      nul: 'EINVAL',
      plain: 'got hello',
      '300 bytes': 'ENAMETOOLONG',
      '4095 bytes': 'ENAMETOOLONG',
      '4096 bytes': 'ENAMETOOLONG',
    });
  });

  test('cannot follow or make a link out: absolute, relative, in chains, in loops, through /proc (30, 33)', async () => {
    const data = await volume();
    const links = {
      'link-absolute': secret,
      'link-up': '../../../outside/secret',
      'link-dir': outside,
      'chain-0': 'chain-1',
      'chain-1': 'chain-2',
      'chain-2': '../secret',
      'loop-a': 'loop-b',
      'loop-b': 'loop-a',
      'link-proc': '/proc/self/root/etc',
      'link-inside': 'file',
      'link-dangling': '../created',
    };
    writeFileSync(join(data.path, 'file'), 'hello');
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(data.path, name));
    expect(await probe('links', [data.mount('/data')])).toEqual({
      '/data/link-absolute': 'EPERM',
      '/data/link-up': 'EPERM',
      '/data/link-dir/secret': 'EPERM',
      '/data/chain-0': 'EPERM',
      '/data/loop-a': 'ELOOP',
      '/data/link-proc/hostname': 'EPERM',
      '/data/link-inside': 'got hello',
      'make absolute': 'EPERM',
      '/data/made-up/etc/hostname': 'EPERM',
      '/data/deep/made-up/secret': 'EPERM',
      'write through': 'EPERM',
      'create through': 'EPERM',
    });
    expect(readdirSync(homePaths(home).volumes)).not.toContain('created');
  });

  test('never opens a FIFO, socket or device that lies in a volume, and does not hang at it (33)', async () => {
    const data = await volume();
    execFileSync('mkfifo', [join(data.path, 'fifo')]);
    const socket = createServer();
    await new Promise<void>((listening) => socket.listen(join(data.path, 'socket'), listening));
    // Making a device takes root; without it the name is absent, which is no better to open.
    if (isRoot) execFileSync('mknod', [join(data.path, 'device'), 'c', '1', '3']);
    const began = performance.now();
    expect(await probe('special', [data.mount('/data')])).toEqual({ '/data/fifo': 'EPERM', '/data/socket': 'EPERM', '/data/device': isRoot ? 'EPERM' : 'ENOENT' });
    expect(performance.now() - began).toBeLessThan(10_000);
    await new Promise((closed) => socket.close(closed));
  });

  test('stays in a directory that it holds when that is moved away and a link put in its place (31)', async () => {
    const data = await volume();
    const held = join(data.path, 'held');
    mkdirSync(held);
    const began = performance.now();
    const { id } = await platform.start(digest, { args: ['held'], mounts: [data.mount('/data')], stdio: 'interactive' });
    await until(
      async () => ((await platform.request('GET', `/v1/containers/${id}/logs`)).json as { stdout: string }).stdout,
      (text) => text.includes('holding'),
    );
    renameSync(held, join(outside, 'moved'));
    symlinkSync(outside, held);
    await platform.sendStdin(id, Buffer.from('\n'));
    const { stdout } = await platform.finish(id, began);
    rmSync(join(outside, 'moved'), { recursive: true });
    expect(stdout).not.toContain('CANARY');
    expect(resultsOf(stdout.replace('holding\n', ''))).toEqual({
      'moved, secret': 'ENOENT',
      'moved, ../secret': 'EPERM',
      'moved, ../../secret': 'EPERM',
      '/data/held/secret': 'EPERM',
    });
  });

  test('does not get out while somebody swaps a directory and a link to outside for two seconds (32)', async () => {
    const data = await volume();
    const swap = join(data.path, 'swap');
    mkdirSync(join(data.path, 'real'));
    writeFileSync(join(data.path, 'real', 'secret'), 'its own');
    const { id } = await platform.start(digest, { args: ['race'], mounts: [data.mount('/data')] });
    let isOver = false;
    const finished = platform.finish(id).finally(() => {
      isOver = true;
    });
    let swaps = 0;
    for (; !isOver; await sleep(0)) {
      for (let i = 0; i < 50; i++, swaps++) {
        symlinkSync(swaps % 2 === 0 ? outside : 'real', `${swap}-new`);
        renameSync(`${swap}-new`, swap);
      }
    }
    const { stdout } = await finished;
    // How many fit into the guest's two seconds depends on the machine; that there were some does not.
    expect(swaps).toBeGreaterThan(0);
    expect(stdout).toBe('escaped: 0\nfound its own\n');
  });

  test('cannot carry files from one grant to another by links and renames (34)', async () => {
    const [data, other, readOnly] = [await volume(), await volume(), await volume()];
    for (const { path } of [data, readOnly]) writeFileSync(join(path, 'file'), 'hello');
    expect(await probe('grants', [data.mount('/data'), other.mount('/other'), { ...readOnly.mount('/ro'), readOnly: true }])).toEqual({
      link: 'EXDEV',
      rename: 'EXDEV',
      'link to read-only': 'EROFS',
      'rename from read-only': 'EROFS',
      'link inside': 'ok',
    });
    expect(readdirSync(other.path)).toEqual([]);
    expect(readdirSync(readOnly.path)).toEqual(['file']);
  });

  test('changes nothing through a read-only grant (35)', async () => {
    const readOnly = await volume();
    const file = join(readOnly.path, 'file');
    writeFileSync(file, 'hello');
    mkdirSync(join(readOnly.path, 'empty'));
    const before = statSync(file);
    const { '/ro/file': got, ...attempts } = await probe('readonly', [{ ...readOnly.mount('/ro'), readOnly: true }]);
    expect(got).toBe('got hello');
    const onDescriptor = ['ftruncate', 'write', 'pwrite'];
    expect(attempts).toEqual(Object.fromEntries(Object.keys(attempts).map((what) => [what, onDescriptor.includes(what) ? 'EBADF' : 'EROFS'])));
    expect(Object.keys(attempts)).toHaveLength(17);
    expect(readFileSync(file, 'utf8')).toBe('hello');
    expect(statSync(file).mtimeMs).toBe(before.mtimeMs);
    expect(readdirSync(readOnly.path).sort()).toEqual(['empty', 'file']);
  });

  test('fills a quota of bytes and of entries and not one more, holes in files included (36)', async () => {
    const data = await volume({ bytesMax: 2 ** 20, entriesMax: 16 });
    expect(await probe('quota', [data.mount('/data')])).toEqual({
      bytes: '1048576',
      write: 'EDQUOT',
      'ftruncate to 1 TiB': 'EDQUOT',
      'write at 1 TiB': 'EDQUOT',
      entries: '15',
      create: 'EDQUOT',
      mkdir: 'EDQUOT',
      symlink: 'EDQUOT',
      link: 'EDQUOT',
      unlink: 'ok',
      'written again': '65536',
    });
    const names = readdirSync(data.path);
    expect(names).toHaveLength(16);
    expect(names.reduce((sum, name) => sum + statSync(join(data.path, name)).size, 0)).toBeLessThanOrEqual(2 ** 20);
  });

  test('cannot hoard open files, and those it had are given back (23, 75)', async () => {
    const data = await volume();
    writeFileSync(join(data.path, 'file'), 'hello');
    const before = platform.openFiles;
    const { open, then } = await probe('hoard', [data.mount('/data')]);
    expect(then).toBe('EMFILE');
    expect(Number(open)).toBeLessThan(LIMITS.openFilesMax);
    expect(
      await until(
        () => platform.openFiles,
        (count) => count <= before + 4,
      ),
    ).toBeLessThanOrEqual(before + 4);
  });

  test('gets a directory of the machine only when its user typed it (29)', async () => {
    const mounts = [{ source: { path: outside }, target: '/data' }];
    const { code, detail, hint } = await platform.refusal('POST', '/v1/run', { package: digest, args: ['names'], mounts });
    expect(code).toBe('denied');
    expect(detail).toMatch(/dir\.open/);
    expect(hint).not.toBe('');
    const run: Promise<Ended> = platform.run(digest, {
      args: ['hoard'],
      mounts: [{ ...(mounts[0] as (typeof mounts)[0]), readOnly: true }],
      consents: [{ kind: 'path', name: outside, write: false }],
    });
    expect(await run).toMatchObject({ exitCode: 0, stdout: 'open: 0\nthen: ENOENT\n' });
  });

  test("does not get the platform's own state, even when its user typed it (29, 68)", async () => {
    for (const path of [home, homePaths(home).volumes, folder]) {
      const spec = { package: digest, args: ['names'], mounts: [{ source: { path }, target: '/data' }] };
      const { code, detail } = await platform.refusal('POST', '/v1/run', spec, { consents: [{ kind: 'path', name: path, write: true }] });
      expect(code).toBe('denied');
      expect(detail).toMatch(/dir\.open/);
    }
  });
});
