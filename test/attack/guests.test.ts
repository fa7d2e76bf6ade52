/** WebAssembly guests that misbehave while they run: attacks 13 to 15 and 19 to 24. Each ends alone, in stated time, with words for its user. */
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { LIMITS } from '../../kernel/src/limits.ts';
import { homePaths } from '../../kernel/src/loader/home.ts';
import { type Attack, argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { temporaryDirectory, unfinishedIn } from '../fixtures/leftovers.ts';
import { type Ended, Platform, type RunSpec, until } from '../fixtures/platform.ts';

const MiB = 1024 * 1024;
/** A guest that could not be ended would take for ever; one that can, this much longer than asked, on a busy machine. */
const SLACK_MS = 3_000;

const folder = temporaryDirectory();
const home = join(folder, 'home');
let platform: Platform;
let digest: string;

const attack = (name: Attack, spec: RunSpec = {}): Promise<Ended> => platform.run(digest, { args: [argumentOf(name)], memoryBytes: 64 * MiB, wallMs: 20_000, ...spec });

beforeAll(async () => {
  const file = join(folder, 'hostile.wasm');
  writeFileSync(file, await hostileGuest());
  ({ digest } = await installPackage(file, { home }));
  platform = await Platform.open({ home });
  await platform.run(digest, { args: [argumentOf('hello')] });
});

afterEach(async () => {
  // Whatever happened: the platform runs the next guest, and holds nothing of the last.
  const { exitCode, stdout, stderr } = await attack('hello');
  expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 7, stdout: 'hello\n', stderr: 'bad\n' });
  expect(
    await until(
      () => platform.handles(),
      (count) => count === 0,
    ),
  ).toBe(0);
  expect(platform.children).toEqual([]);
  expect(platform.log).toBe('');
});

afterAll(async () => {
  await platform.close();
  expect(platform.output).toBe('');
  expect(unfinishedIn(home)).toEqual([]);
});

describe('a guest that does not end (13, 24)', () => {
  test.for(['loop', 'loopCalls', 'ignoreCancel'] as const)('is ended by its time limit when it does "%s" (13, 24)', async (name) => {
    const { exitCode, reason, ms } = await attack(name, { wallMs: 300 });
    expect({ exitCode, reason }).toEqual({ exitCode: 124, reason: 'its wall time was over' });
    expect(ms).toBeLessThan(300 + SLACK_MS);
  });

  test.for(['loop', 'loopCalls', 'ignoreCancel', 'readForever'] as const)('is ended by stop, after the grace it was given, when it does "%s" (13, 24)', async (name) => {
    const { id } = await platform.start(digest, { args: [argumentOf(name)], stdio: 'interactive' });
    const { json, ms } = await platform.request('POST', `/v1/containers/${id}/stop`, undefined, { query: [['graceMs', '100']] });
    expect(json).toMatchObject({ state: 'stopped', exitCode: 143, reason: 'it was stopped' });
    expect(ms).toBeLessThan(100 + SLACK_MS);
    await platform.request('DELETE', `/v1/containers/${id}`);
  });

  test('is ended at once by kill (13)', async () => {
    const { id } = await platform.start(digest, { args: [argumentOf('loop')] });
    const { json, ms } = await platform.request('POST', `/v1/containers/${id}/kill`);
    expect(json).toMatchObject({ exitCode: 137, reason: 'it was killed' });
    expect(ms).toBeLessThan(SLACK_MS);
    await platform.request('DELETE', `/v1/containers/${id}`);
  });

  test('does not slow the platform down while it runs (13)', async () => {
    const { id } = await platform.start(digest, { args: [argumentOf('loop')] });
    const { status, ms } = await platform.request('GET', '/v1/containers');
    expect(status).toBe(200);
    expect(ms).toBeLessThan(SLACK_MS);
    await platform.request('DELETE', `/v1/containers/${id}`, undefined, { query: [['force', 'true']] });
  });

  test('gives its thread back (13)', async () => {
    const threads = platform.threads;
    const ids = await Promise.all([1, 2, 3].map(async () => (await platform.start(digest, { args: [argumentOf('loop')] })).id));
    expect(platform.threads).toBeGreaterThanOrEqual(threads + ids.length - LIMITS.workersIdle);
    await Promise.all(ids.map((id) => platform.request('DELETE', `/v1/containers/${id}`, undefined, { query: [['force', 'true']] })));
    expect(
      await until(
        () => platform.threads,
        (now) => now <= threads + LIMITS.workersIdle,
      ),
    ).toBeLessThanOrEqual(threads + LIMITS.workersIdle);
  });
});

describe('a guest that takes all it can get (14, 15)', () => {
  test('sees memory.grow fail at --memory, and lives (14)', async () => {
    const { exitCode, stdout } = await attack('memory', { memoryBytes: 32 * MiB });
    expect(exitCode).toBe(40);
    // Within one step of growth below the cap.
    expect(Number(stdout)).toBeGreaterThan(512 - 16);
    expect(Number(stdout)).toBeLessThanOrEqual(512);
  });

  test('sees table.grow fail at the cap, and lives (14)', async () => {
    const { exitCode, stdout } = await attack('table');
    expect(exitCode).toBe(41);
    // Three tables share the cap: two of them are the adapter's and small.
    expect(Number(stdout)).toBeLessThanOrEqual(LIMITS.tableElementsMax);
    expect(Number(stdout)).toBeGreaterThan(LIMITS.tableElementsMax / 4);
  });

  test('is not given more memory than a 32-bit program can have (14)', async () => {
    const { code, detail, where } = await platform.refusal('POST', '/v1/run', { package: digest, memoryBytes: 2 ** 40 });
    expect({ code, where }).toEqual({ code: 'limit', where: 'limits.memory-bytes' });
    expect(detail).toContain(String(LIMITS.workloadMemoryBytesMax));
  });

  test('that starts with more memory than it may have is refused in words (14)', async () => {
    const { exitCode, reason } = await attack('hello', { memoryBytes: 64 * 1024 });
    expect(exitCode).toBe(134);
    expect(reason).toMatch(/starts with 4 pages of memory, more than the 1 allowed/);
  });

  test.for(['recursion', 'recursionCalls', 'recursionCaught'] as const)('ends with a stack overflow of its own when it does "%s" (15, 21)', async (name) => {
    const { exitCode, reason, ms } = await attack(name);
    expect({ exitCode, reason }).toEqual({ exitCode: 134, reason: 'it trapped: stack overflow' });
    expect(ms).toBeLessThan(SLACK_MS);
  });
});

describe('a guest that traps (21)', () => {
  test.for([
    ['unreachable', /unreachable/],
    ['divide', /divi/],
    ['outOfBounds', /out of bounds/],
    ['badIndirect', /out of bounds/],
  ] as const)('ends alone, and its user reads which trap it was: "%s" (21)', async ([name, words]) => {
    const { exitCode, reason } = await attack(name);
    expect(exitCode).toBe(134);
    expect(reason).toMatch(/^it trapped: /);
    expect(reason).toMatch(words);
  });

  test('is not entered again: what it starts next is a new instance (21)', async () => {
    const { id } = await platform.start(digest, { args: [argumentOf('unreachable')] });
    await platform.request('POST', `/v1/containers/${id}/wait`);
    await platform.request('POST', `/v1/containers/${id}/start`);
    expect(await platform.finish(id)).toMatchObject({ exitCode: 134 });
  });
});

describe('a guest that passes what it should not (19, 20, 23)', () => {
  test.for(['randomOutside', 'iovOutside', 'bufferOutside', 'resultOutside'] as const)('traps on a pointer out of its memory: "%s" (20)', async (name) => {
    const { exitCode, reason } = await attack(name);
    expect({ exitCode, reason }).toEqual({ exitCode: 134, reason: 'it trapped: pointer out of range' });
  });

  test('gets EINVAL for a list whose length overflows (20)', async () => {
    expect((await attack('iovCount')).exitCode).toBe(28);
  });

  test('gets EBADF for 2,000 file descriptors that it guessed (19)', async () => {
    expect((await attack('forgedFd')).exitCode).toBe(8);
  });

  test('does not get 2 GiB of randomness in one call (23)', async () => {
    const { exitCode, ms } = await attack('random', { memoryBytes: 3 * 1024 * MiB });
    expect(exitCode).toBe(28);
    expect(ms).toBeLessThan(SLACK_MS);
  });

  test('reads what there is when it asks for 2 GiB (23)', async () => {
    const { id } = await platform.start(digest, { args: [argumentOf('readHuge')], memoryBytes: 3 * 1024 * MiB, stdio: 'interactive' });
    await platform.sendStdin(id, Buffer.from('abc'));
    expect(await platform.finish(id)).toMatchObject({ exitCode: 0, stdout: '3\n' });
  });
});

describe('a guest that floods its output (22)', () => {
  test('fills its log to the limit and not beyond: 64 MiB of text (22)', async () => {
    const began = performance.now();
    const { id } = await platform.start(digest, { args: [argumentOf('flood')] });
    await platform.request('POST', `/v1/containers/${id}/wait`);
    const ms = performance.now() - began;
    const log = join(homePaths(home).logs, `${id}.log`);
    for (const file of [log, `${log}.1`]) expect(statSync(file).size).toBeLessThanOrEqual(LIMITS.logBytesMax + 64 * 1024);
    expect(ms).toBeLessThan(2 * SLACK_MS);
    await platform.request('DELETE', `/v1/containers/${id}`);
    for (const file of [log, `${log}.1`]) expect(existsSync(file)).toBe(false);
  });

  test('writes 200,000 lines without harm to the platform beside it (22)', async () => {
    const { id } = await platform.start(digest, { args: [argumentOf('lines')] });
    const { status, ms } = await platform.request('GET', '/v1/containers');
    expect(status).toBe(200);
    expect(ms).toBeLessThan(SLACK_MS);
    const { exitCode, stdout } = await platform.finish(id);
    expect(exitCode).toBe(0);
    expect(stdout).toHaveLength(400_000);
  });
});
