/** The addon under several threads of one process, and with what only JavaScript can hand to it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Host, HostError, OPEN, RIGHT } from '../../kernel/src/host/host.ts';
import { openNativeHost } from '../../kernel/src/host/native.ts';
import type { Task } from './addon-worker.ts';

const ALL = RIGHT.read | RIGHT.write | RIGHT.mutate;
const EBADF = -9;
const EFAULT = -14;
const EINVAL = -22;
const ECANCELED = -125;
const WORKER = new URL('./addon-worker.ts', import.meta.url);

let host: Host;
let mintKey: string;
let root: string;

beforeAll(() => {
  host = openNativeHost();
  mintKey = host.takeMintKey();
  root = mkdtempSync(join(tmpdir(), 'forge-addon-'));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const grant = (owner: number, action: 'dir.open' | 'pipe.create', resource: string) =>
  host.grantMint(mintKey, owner, { callId: 'test', action, resource, rights: ALL, expiresMs: 0 });

/** Starts a task in a thread and waits until it has begun; the promise is of what it posts. */
async function start(what: Task['what'], owner: number, handle: number): Promise<{ worker: Worker; outcome: Promise<unknown> }> {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WORKER, { workerData: { what, owner, handle, begun } satisfies Task });
  const outcome = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await Atomics.waitAsync(begun, 0, 0).value;
  // What blocks needs a moment to get there.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return { worker, outcome };
}

describe('the addon in several threads', () => {
  test('all of them see one machine, and its key was taken', async () => {
    const { outcome } = await start('take-mint-key', 0, 0);
    expect(await outcome).toBe('denied');
  });

  test('revoking in one thread stops the reads of another', async () => {
    writeFileSync(join(root, 'sevens'), new Uint8Array(65536).fill(7));
    const owner = host.ownerCreate('reader');
    const dirGrant = grant(owner, 'dir.open', root);
    const file = host.openAt(owner, host.dirOpen(owner, dirGrant, undefined), 'sevens', OPEN.read);
    const tasks = await Promise.all([start('read-until-refused', owner, file), start('read-until-refused', owner, file)]);
    expect(host.revoke(owner, dirGrant)).toBe(3);
    for (const { outcome } of tasks) expect(await outcome).toMatchObject({ result: EBADF, reads: expect.any(Number) });
    host.ownerDrop(owner);
  });

  test('cancelling wakes a thread that is blocked in native code, which can then be terminated', async () => {
    const owner = host.ownerCreate('blocked');
    const [reader] = host.pipeCreate(owner, grant(owner, 'pipe.create', ''));
    const tasks = await Promise.all([start('read-stream', owner, reader), start('sleep', owner, 0)]);
    host.ownerCancel(owner);
    for (const { worker, outcome } of tasks) {
      expect(await outcome).toBe(ECANCELED);
      await worker.terminate();
    }
    host.ownerDrop(owner);
  });

  test('threads that open and close at once do not meet each other’s handles', async () => {
    const before = host.handleCount();
    const owner = host.ownerCreate('churn');
    const dir = host.dirOpen(owner, grant(owner, 'dir.open', root), { bytesMax: 0, entriesMax: 0 });
    const usage = host.usage(owner, dir);
    const tasks = await Promise.all([start('churn', owner, dir), start('churn', owner, dir)]);
    for (const { outcome } of tasks) expect(await outcome).toBe(0);
    expect(host.usage(owner, dir)).toEqual(usage);
    host.ownerDrop(owner);
    expect(host.handleCount()).toBe(before);
  });
});

/** Runs a program of its own; the machine of a process begins and ends with it. */
function runProgram(source: string): { status: number | null; stdout: string; stderr: string } {
  const path = join(root, 'program.ts');
  const native = JSON.stringify(new URL('../../kernel/src/host/native.ts', import.meta.url).href);
  writeFileSync(path, `import { Worker } from 'node:worker_threads';\nconst NATIVE = ${native};\n${source}`);
  return spawnSync(process.execPath, [path], { encoding: 'utf8', timeout: 20_000 });
}

describe('the addon over the life of a process', () => {
  test('the machine outlives the workers that loaded it', () => {
    const { stdout, stderr } = runProgram(`
      const code = 'import(' + JSON.stringify(NATIVE) + ').then(({ openNativeHost }) => { try { openNativeHost().takeMintKey(); console.log("taken"); } catch (error) { console.log(error.code); } })';
      for (let round = 0; round < 3; round++) {
        await new Promise((resolve) => new Worker(code, { eval: true }).once('exit', resolve));
      }`);
    expect(stderr).toBe('');
    expect(stdout.split('\n').filter(Boolean)).toEqual(['taken', 'denied', 'denied']);
  });

  test('process.exit does not wait for a worker that is blocked in native code', () => {
    const { status, stdout } = runProgram(`
      const { openNativeHost } = await import(NATIVE);
      const owner = openNativeHost().ownerCreate('sleeper');
      const code = 'import(' + JSON.stringify(NATIVE) + ').then(({ openNativeHost }) => { openNativeHost().poll(' + owner + ', new Float64Array(0), new Uint8Array(0), -1); })';
      new Worker(code, { eval: true });
      setTimeout(() => { console.log('leaving'); process.exit(7); }, 500);`);
    expect(stdout).toBe('leaving\n');
    expect(status).toBe(7);
  });

  test('a child can limit itself', () => {
    const { status, stdout } = runProgram(`
      const { openNativeHost } = await import(NATIVE);
      const fs = await import('node:fs');
      const host = openNativeHost();
      host.setRlimits({ openFiles: 40, coreBytes: 0 });
      const opened = [];
      try { for (;;) opened.push(fs.openSync('/dev/null')); } catch (error) { console.log(error.code, opened.length < 40); }
      try { host.setRlimits({ openFiles: -1 }); } catch (error) { console.log(error.name, error.code); }
      process.exit(0);`);
    expect(stdout).toBe('EMFILE true\nHostError invalid\n');
    expect(status).toBe(0);
  });
});

describe('what JavaScript can hand to the addon', () => {
  test('arguments of a wrong type are refused by number, never by exception', () => {
    const owner = host.ownerCreate('types');
    const dir = host.dirOpen(owner, grant(owner, 'dir.open', root), undefined);
    const file = host.openAt(owner, dir, 'types', OPEN.create | OPEN.read | OPEN.write);
    const wild = host as unknown as Record<string, (...args: unknown[]) => unknown>;
    const mem = new Uint8Array(16);
    for (const value of [undefined, null, 'x', {}, 1n, Symbol('s'), Number.NaN, new Float64Array(4), new DataView(new ArrayBuffer(8))]) {
      expect(wild['pread']?.(owner, file, value, 0, 1, 0)).toBe(EFAULT);
      expect(wild['pread']?.(owner, file, mem, value, 1, 0)).toBe(EFAULT);
      expect(wild['pread']?.(owner, file, mem, 0, 1, value)).toBe(EINVAL);
      expect(wild['pread']?.(value, file, mem, 0, 1, 0)).toBe(EBADF);
      expect(wild['pread']?.(owner, value, mem, 0, 1, 0)).toBe(EBADF);
      expect(wild['fstat']?.(owner, file, value)).toBe(EFAULT);
      expect(wild['close']?.(value, value)).toBe(EBADF);
    }
    expect(wild['pread']?.()).toBe(EBADF);
    expect(wild['openAt']?.(owner, dir, 5, 32)).toBe(-2);
    host.ownerDrop(owner);
  });

  test('a memory that was detached or has grown is the range it is now', () => {
    const owner = host.ownerCreate('memory');
    const dir = host.dirOpen(owner, grant(owner, 'dir.open', root), undefined);
    const file = host.openAt(owner, dir, 'memory', OPEN.create | OPEN.read | OPEN.write);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const before = new Uint8Array(memory.buffer);
    expect(host.pwrite(owner, file, before, 0, 65536, 0)).toBe(65536);
    memory.grow(1);
    expect(host.pread(owner, file, before, 0, 1, 0)).toBe(EFAULT);
    const after = new Uint8Array(memory.buffer);
    expect(host.pread(owner, file, after, 65536, 65536, 0)).toBe(65536);
    expect(host.pread(owner, file, after, 65536, 65537, 0)).toBe(EFAULT);
    expect(host.pread(owner, file, after.subarray(10, 20), 0, 11, 0)).toBe(EFAULT);
    expect(host.pread(owner, file, after.subarray(10, 20), 0, 10, 0)).toBe(10);
    host.ownerDrop(owner);
  });

  test('refusals of the control plane are HostErrors with a code of the table', () => {
    expect(() => host.dirOpen(1, 2, undefined)).toThrow(HostError);
    expect(() => host.takeMintKey()).toThrow(expect.objectContaining({ code: 'denied', name: 'HostError' }));
    const owner = host.ownerCreate('refused');
    expect(() => host.dirOpen(owner, grant(owner, 'dir.open', join(root, 'none')), undefined)).toThrow(expect.objectContaining({ code: 'not-found' }));
    host.ownerDrop(owner);
  });

  test('a name with a lone surrogate or 4-byte characters comes back as what was stored', () => {
    const owner = host.ownerCreate('names');
    const dir = host.dirOpen(owner, grant(owner, 'dir.open', root), undefined);
    expect(host.createDirectoryAt(owner, dir, 'ünï😀')).toBe(0);
    expect(host.createDirectoryAt(owner, dir, 'lone\ud800')).toBe(0);
    expect(host.createDirectoryAt(owner, dir, 'lone\ufffd')).toBe(-17);
    const stream = host.readDir(owner, dir);
    const names: string[] = [];
    for (let entry = host.readDirNext(owner, stream); typeof entry === 'object'; entry = host.readDirNext(owner, stream)) names.push(entry.name);
    expect(names).toContain('ünï😀');
    expect(names).toContain('lone\ufffd');
    expect(host.openAt(owner, dir, '😀'.repeat(1025), OPEN.read)).toBe(-36);
    host.ownerDrop(owner);
  });
});
