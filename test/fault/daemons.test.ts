/** Two daemons on one state directory, stale locks, reused process ids (attack 74). */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { homePaths } from '../../kernel/src/loader/home.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { temporaryDirectory } from '../fixtures/leftovers.ts';
import { Platform } from '../fixtures/platform.ts';

const folder = temporaryDirectory();

describe('a second daemon on one state directory', () => {
  const home = join(folder, 'home');
  let first: Platform;
  let digest: string;

  beforeAll(async () => {
    const file = join(folder, 'guest.wasm');
    writeFileSync(file, await hostileGuest());
    ({ digest } = await installPackage(file, { home }));
    first = await Platform.open({ home, serve: true });
  });
  afterAll(() => first.close());

  test('is refused with who is there, and the first and its guests are not disturbed (74)', async () => {
    const { id } = await first.start(digest, { args: [argumentOf('readForever')], stdio: 'interactive' });
    await expect(Platform.open({ home, serve: true })).rejects.toMatchObject({
      refusal: {
        code: 'conflict',
        message: `a daemon already serves this state directory (process ${first.pid})`,
        where: homePaths(home).lockFile,
        hint: 'stop it, or name another FORGE_HOME',
      },
    });
    expect(await first.inspect(id)).toMatchObject({ state: 'running' });
    await first.sendStdin(id, Buffer.from('x'));
    expect(await first.finish(id)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(homePaths(home).lockFile, 'utf8')).toContain(String(first.pid));
  });

  test('may be a one-shot run beside it, whose containers are its own (74)', async () => {
    const beside = await Platform.open({ home, placement: 'together', oneShot: true });
    expect(await beside.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
    await beside.close();
    expect((await first.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json).toEqual({ containers: [] });
  });
});

describe('a lock that nobody holds', () => {
  test.for([
    ['of a process that is gone', '4194305 1\n'],
    ['of a process id that is in use again', `${process.pid} 1\n`],
    ['that is noise', '\u0000\u001b[2J ../../x 99999999999999999999'],
  ] as const)('%s does not keep a daemon from starting (74)', async ([, content]) => {
    const home = join(folder, 'stale');
    const { lockFile } = homePaths(home);
    const earlier = await Platform.open({ home, placement: 'together' });
    await earlier.kill();
    writeFileSync(lockFile, content);
    const platform = await Platform.open({ home, placement: 'together', serve: true });
    expect((await platform.request('GET', '/v1/version')).status).toBe(200);
    expect(readFileSync(lockFile, 'utf8')).toContain(String(platform.pid));
    await platform.kill();
  });

  test('is taken by one of four that find it at the same moment, in 12 rounds (74)', async () => {
    const file = join(folder, 'contended.pid');
    const entry = new URL('../fixtures/claim-lock.ts', import.meta.url).pathname;
    const claimers = Array.from({ length: 4 }, () => fork(entry, [file], { execArgv: ['--disable-warning=ExperimentalWarning'] }));
    const answer = (claimer: ChildProcess): Promise<string> => new Promise((resolve) => claimer.once('message', (message) => resolve(String(message))));
    const tell = (at: number | null): Promise<string[]> =>
      Promise.all(
        claimers.map((claimer) => {
          const answered = answer(claimer);
          claimer.send(at as number);
          return answered;
        }),
      );
    await Promise.all(claimers.map(answer));
    for (let round = 0; round < 12; round++) {
      writeFileSync(file, '4194305 1\n');
      const answers = await tell(Date.now() + 4);
      expect(answers.filter((text) => text === 'claimed')).toHaveLength(1);
      expect(answers.filter((text) => text.startsWith('a daemon already serves this state directory (process '))).toHaveLength(3);
      await tell(null);
    }
    for (const claimer of claimers) claimer.kill();
  });
});
