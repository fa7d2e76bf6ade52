/** A state store that is cut, flipped, or from the future (attack 71): the daemon does not start, says why, and changes nothing. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { installPackage } from '../../kernel/src/index.ts';
import { homePaths } from '../../kernel/src/loader/home.ts';
import { argumentOf, hostileGuest } from '../fixtures/hostile-guest.ts';
import { temporaryDirectory } from '../fixtures/leftovers.ts';
import { type ContainerJson, Platform, PlatformError } from '../fixtures/platform.ts';
import { changeState } from '../fixtures/state-file.ts';

const folder = temporaryDirectory();
const home = join(folder, 'home');
const { stateFile } = homePaths(home);
const good = join(folder, 'good.db');
let digest: string;

/** A byte that is not what it was. */
function flip(offset: number): void {
  const bytes = readFileSync(stateFile);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0xff;
  writeFileSync(stateFile, bytes);
}

function restore(): void {
  for (const suffix of ['-wal', '-shm']) rmSync(stateFile + suffix, { force: true });
  copyFileSync(good, stateFile);
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'guest.wasm');
  writeFileSync(file, await hostileGuest());
  ({ digest } = await installPackage(file, { home }));
  const platform = await Platform.open({ home, serve: true });
  // Enough that the store has many pages.
  for (let n = 0; n < 20; n++) await platform.request('POST', '/v1/containers', { package: digest, name: `c${n}`, env: { FILL: 'x'.repeat(2_000) } });
  await platform.close();
  changeState(home, 'SELECT 1');
  copyFileSync(stateFile, good);
});

async function bootRefusal(): Promise<PlatformError['refusal']> {
  const outcome = await Platform.open({ home, serve: true }).then(
    async (platform) => {
      await platform.kill();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof PlatformError)) throw new Error('boot was not refused', { cause: outcome });
  return outcome.refusal;
}

describe('a state store', () => {
  test.for([
    ['its first byte flipped', () => flip(0)],
    ['its head cut off', () => writeFileSync(stateFile, readFileSync(stateFile).subarray(200))],
    ['another kind of file in its place', () => writeFileSync(stateFile, 'containers: []\n'.repeat(100))],
    ['half of it missing', () => truncateSync(stateFile, 8 * 4096)],
    ['a page in the middle overwritten', () => writeFileSync(stateFile, readFileSync(stateFile).fill(0xa5, 4096, 3 * 4096))],
  ] as const)('with %s keeps the daemon from starting, in words, and is left as it is (71)', async ([, damage]) => {
    restore();
    damage();
    const before = readFileSync(stateFile);
    const { code, message, where, hint } = await bootRefusal();
    expect(code).toBe('unavailable');
    expect(message).toMatch(/^the state store cannot be (opened|read): /);
    expect(where).toBe(stateFile);
    expect(hint).toBe('restore it from a copy, or move it away to begin with an empty one');
    expect(readFileSync(stateFile).equals(before)).toBe(true);
  });

  test('from a newer forge is refused and not touched (71)', async () => {
    restore();
    changeState(home, 'PRAGMA user_version = 99');
    const before = readFileSync(stateFile);
    expect(await bootRefusal()).toEqual({
      code: 'unsupported',
      message: 'the state store has format 99, this kernel knows 1',
      where: stateFile,
      hint: 'run the newer forge again, or name another FORGE_HOME',
    });
    expect(readFileSync(stateFile).equals(before)).toBe(true);
  });

  test('with one record damaged costs that one container, and the log says which (71)', async () => {
    restore();
    changeState(home, "UPDATE entry SET value = x'7b22' WHERE key = (SELECT min(key) FROM entry WHERE namespace = 'container-runtime' AND key LIKE 'container/%')");
    const platform = await Platform.open({ home, serve: true });
    const { containers } = (await platform.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json as { containers: ContainerJson[] };
    expect(containers).toHaveLength(19);
    expect(platform.log).toMatch(/the record container\/[0-9a-f]{32} is damaged: restore the state store from a backup, or remove the container/);
    expect(await platform.run(digest, { args: [argumentOf('hello')] })).toMatchObject({ exitCode: 7 });
    await platform.close();
  });

  test('that is gone is begun anew, and the platform works (71)', async () => {
    rmSync(stateFile);
    for (const suffix of ['-wal', '-shm']) rmSync(stateFile + suffix, { force: true });
    const platform = await Platform.open({ home, serve: true });
    expect((await platform.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json).toEqual({ containers: [] });
    await platform.close();
    expect(existsSync(stateFile)).toBe(true);
  });

  test('restored from its copy has all that it had (71)', async () => {
    restore();
    const platform = await Platform.open({ home, serve: true });
    const { containers } = (await platform.request('GET', '/v1/containers', undefined, { query: [['all', 'true']] })).json as { containers: ContainerJson[] };
    expect(containers.map(({ name }) => name).sort()).toEqual(Array.from({ length: 20 }, (_, n) => `c${n}`).sort());
    await platform.close();
  });
});
