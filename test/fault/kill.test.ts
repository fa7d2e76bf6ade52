/**
 * `kill -9` of the daemon at several points (attacks 12, 69): after the restart its records say what is true, what has
 * to run runs, and nothing of the dead process is left.
 */
import { fork } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { homePaths } from '../../kernel/src/loader/home.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { hotBindingGuest } from '../fixtures/hot-binding-guest.ts';
import { processesAbout, scratchOf, temporaryDirectory, unfinishedIn } from '../fixtures/leftovers.ts';
import { type ContainerJson, Platform, sleep, until } from '../fixtures/platform.ts';
import { keysIn } from '../fixtures/state-file.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');
let digest: string;
let platform: Platform;

const open = async (): Promise<Platform> => (platform = await Platform.open({ home, serve: true }));

/** All containers, whatever their state. */
const list = async (): Promise<ContainerJson[]> =>
  ((await platform.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json as { containers: ContainerJson[] }).containers;

/** Kills the platform and starts another on the same state directory. */
async function killAndReopen(): Promise<{ readonly dead: number }> {
  const dead = platform.pid;
  await platform.kill();
  await open();
  return { dead };
}

const LOOP = { args: [argumentOf('loop')] };
const FOREVER = { args: [argumentOf('readForever')], stdio: 'interactive' } as const;

beforeAll(async () => {
  const file = join(folder, 'guest.wasm');
  writeFileSync(file, await hostileGuest());
  ({ digest } = await installPackage(file, { home }));
});

describe('a daemon that is killed', () => {
  afterEach(async () => {
    for (const { id } of await list()) await platform.request('DELETE', `/v1/containers/${id}`, undefined, { query: [['force', 'true']] });
    expect(await platform.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
    expect(
      await until(
        () => platform.handles(),
        (count) => count === 0,
      ),
    ).toBe(0);
    const { pid } = platform;
    await platform.close();
    // Nothing waits for anybody: no guest of the kernel's journal, no name, no container but those that are remembered for a moment.
    const { KERNEL = [], 'container-runtime': records = [] } = keysIn(home);
    expect(KERNEL).toEqual([]);
    expect(records.filter((key) => !key.startsWith('gone/'))).toEqual([]);
    expect(scratchOf(home, pid)).toEqual([]);
    expect(unfinishedIn(home)).toEqual([]);
  });

  test('while a guest runs: the record says 137 and why, and the container can be started again (69)', async () => {
    await open();
    const { id } = await platform.start(digest, FOREVER);
    await killAndReopen();
    const container = await until(
      () => platform.inspect(id),
      ({ state }) => state === 'stopped',
    );
    expect(container).toMatchObject({ state: 'stopped', exitCode: 137, reason: 'the platform stopped while it ran' });
    expect((await platform.request('POST', `/v1/containers/${id}/start`)).status).toBe(200);
    await platform.sendStdin(id, Buffer.from('x'));
    expect((await platform.request('POST', `/v1/containers/${id}/wait`)).json).toMatchObject({ exitCode: 0 });
  });

  test('while a guest runs that its policy restarts: it runs again (69)', async () => {
    await open();
    const { id } = await platform.start(digest, { ...LOOP, restart: 'always' });
    await killAndReopen();
    expect(
      await until(
        () => platform.inspect(id),
        ({ state }) => state === 'running',
      ),
    ).toMatchObject({ state: 'running', restarts: 1 });
  });

  test('between create and start: the container is there, as created, and can be started (69)', async () => {
    await open();
    const { id } = (await platform.request('POST', '/v1/containers', { package: digest, name: 'waiting', args: [argumentOf('hello')] })).json as ContainerJson;
    await killAndReopen();
    expect(await platform.inspect('waiting')).toMatchObject({ id, state: 'created' });
    await platform.request('POST', '/v1/containers/waiting/start');
    expect((await platform.request('POST', '/v1/containers/waiting/wait')).json).toMatchObject({ exitCode: 7 });
  });

  test('while it stops a guest: the guest is over, and no policy starts it again (69)', async () => {
    await open();
    const { id } = await platform.start(digest, { ...LOOP, restart: 'always' });
    const stopping = platform.request('POST', `/v1/containers/${id}/stop`, undefined, { query: [['graceMs', '60000']] }).catch(() => undefined);
    await sleep(50);
    await killAndReopen();
    await stopping;
    const container = await until(
      () => platform.inspect(id),
      ({ state }) => state === 'stopped',
    );
    expect(container).toMatchObject({ state: 'stopped' });
    await sleep(100);
    expect(await platform.inspect(id)).toMatchObject({ state: 'stopped', restarts: 0 });
  });

  test('leaves scratch space in memory and on disk, which the next one removes (69)', async () => {
    await open();
    await platform.start(digest, {
      ...LOOP,
      mounts: [
        { source: { memory: 65_536 }, target: '/memory' },
        { source: { disk: 65_536 }, target: '/disk' },
      ],
    });
    expect(scratchOf(home, platform.pid)).toHaveLength(2);
    const { dead } = await killAndReopen();
    expect(scratchOf(home, dead)).toEqual([]);
  });

  test('leaves logs that can be read, and an audit whose every line is whole (67, 69)', async () => {
    await open();
    const { id } = await platform.start(digest, { args: [argumentOf('lines')] });
    await sleep(50);
    await killAndReopen();
    const { stdout } = (await platform.request('GET', `/v1/containers/${id}/logs`)).json as { stdout: string };
    expect(stdout).toMatch(/^(x\n)*x?$/);
    for (const line of readFileSync(homePaths(home).auditFile, 'utf8').trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('decision');
  });

  test('at any moment of twelve runs: each container is one of those that may be, and its name is its own (69)', { timeout: 60_000 }, async () => {
    await open();
    for (let round = 0; round < 4; round++) {
      const runs = [0, 1, 2].map((n) => platform.request('POST', '/v1/run', { package: digest, name: `r${round}-${n}`, ...LOOP }).catch(() => undefined));
      // From before the first is recorded to after the last has started.
      await sleep(round * 20);
      await killAndReopen();
      await Promise.all(runs);
      for (const { id, name, state, exitCode } of await until(list, (containers) => containers.every((container) => container.state !== 'running'))) {
        expect(['created', 'stopped']).toContain(state);
        if (state === 'stopped') expect(exitCode).toBe(137);
        expect(await platform.inspect(name)).toMatchObject({ id });
      }
    }
  });

  test('does not keep the next one from its socket and its lock (69, 74)', async () => {
    await open();
    const { socket, lockFile } = homePaths(home);
    await platform.kill();
    expect(existsSync(socket)).toBe(true);
    expect(existsSync(lockFile)).toBe(true);
    await open();
    const { connect } = await import('../../kernel/src/client.ts');
    const client = await connect(home);
    expect((await client?.request({ method: 'GET', path: '/v1/health' }))?.status).toBe(200);
    await client?.close();
  });
});

describe('an installation that is killed', () => {
  test('leaves nothing that is half, and the next one succeeds (12, 69)', { timeout: 60_000 }, async () => {
    const file = join(folder, 'other.wasm');
    writeFileSync(file, await hotBindingGuest());
    const fresh = join(folder, 'fresh');
    for (const step of ['checking', 'compiling other']) {
      const child = fork(new URL('../fixtures/install-process.ts', import.meta.url).pathname, [file, fresh], { execArgv: ['--disable-warning=ExperimentalWarning'] });
      await new Promise<void>((reached) => child.on('message', (message) => message === step && reached()));
      child.kill('SIGKILL');
      await new Promise((ended) => child.once('exit', ended));
      expect(readdirSync(homePaths(fresh).packages)).toEqual([]);
    }
    // What the killed one had started ends by itself, and what it wrote is swept up by the next.
    expect(
      await until(
        () => processesAbout(fresh),
        (pids) => pids.length === 0,
        20_000,
      ),
    ).toEqual([]);
    const { digest: installed } = await installPackage(file, { home: fresh });
    expect(installed).toMatch(/^sha256:/);
    expect(unfinishedIn(fresh)).toEqual([]);
  });
});
