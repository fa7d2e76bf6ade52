import { Refusal } from '@forgeone/sdk';
import { beforeEach, describe, expect, test } from 'vitest';
import { Volumes } from '../../../plugins/storage/src/volumes.ts';
import { FakeClock, FakeLog, FakeState, Killed, Killer, refusalOf } from '../fake-kernel.ts';
import { FakeDirs } from './fake-dirs.ts';

let killer: Killer;
let state: FakeState;
let dirs: FakeDirs;
let clock: FakeClock;
let log: FakeLog;
let volumes: Volumes;

/** A new instance on the same disk and store, as after a restart. */
function restart(): Volumes {
  volumes = new Volumes({ dirs: dirs.api, state: state.api, clock: clock.api, log: log.api });
  volumes.recover();
  return volumes;
}

beforeEach(() => {
  killer = new Killer();
  state = new FakeState(killer);
  dirs = new FakeDirs(killer);
  clock = new FakeClock();
  log = new FakeLog();
  restart();
});

describe('a volume', () => {
  test('is there once it was created, also after a restart', () => {
    const made = volumes.create('data', 1024, 7);
    expect(made).toEqual({ name: 'data', createdMs: clock.ms, bytesMax: 1024, entriesMax: 7 });
    restart();
    expect(volumes.get('data')).toEqual(made);
    expect(volumes.list()).toEqual([made]);
    expect([...dirs.volumes]).toEqual(['data']);
  });

  test('is returned, not made again, when the same one is asked for', () => {
    const made = volumes.create('data', 0, 0);
    clock.pass(1_000);
    expect(volumes.create('data', 0, 0)).toEqual(made);
  });

  test('conflicts with one that has other quotas', () => {
    volumes.create('data', 1024, 0);
    expect(refusalOf(() => volumes.create('data', 2048, 0)).code).toBe('conflict');
    expect(refusalOf(() => volumes.create('data', 1024, 1)).code).toBe('conflict');
  });

  test('is gone with its directory once it was removed', () => {
    volumes.create('data', 0, 0);
    volumes.remove('data');
    expect(refusalOf(() => volumes.get('data')).code).toBe('not-found');
    expect(dirs.volumes.size + state.entries.size).toBe(0);
  });

  test('that does not exist cannot be removed', () => {
    expect(refusalOf(() => volumes.remove('data')).code).toBe('not-found');
  });

  test.each(['', 'A', '.x', '-x', '../x', 'a/b', 'a\0', 'ä', 'a'.repeat(64), 'a b'])('cannot be called %j', (name) => {
    for (const ask of [() => volumes.create(name, 0, 0), () => volumes.get(name), () => volumes.remove(name), () => volumes.ensure(name)])
      expect(refusalOf(ask).code).toBe('invalid');
    expect(dirs.volumes.size + state.entries.size).toBe(0);
  });

  test.each([
    [-1, 0],
    [0.5, 0],
    [Number.NaN, 0],
    [2 ** 53, 0],
    [0, -1],
  ])('cannot have the quotas %d and %d', (bytesMax, entriesMax) => {
    expect(refusalOf(() => volumes.create('data', bytesMax, entriesMax)).code).toBe('invalid');
  });

  test('leaves nothing behind when policy refuses its directory', () => {
    dirs.refusals.create = [new Refusal('denied', 'no', { hint: 'permit(...)' })];
    expect(refusalOf(() => volumes.create('data', 1024, 0)).detail.hint).toBe('permit(...)');
    expect(state.entries.size).toBe(0);
    volumes.create('data', 2048, 0);
  });

  test('is remembered when nobody knows whether its directory was made, and finished when it is asked for again', () => {
    dirs.refusals.create = [new Refusal('timeout', 'late')];
    expect(refusalOf(() => volumes.create('data', 0, 0)).code).toBe('timeout');
    expect(volumes.list()).toEqual([]);
    expect(refusalOf(() => volumes.get('data')).code).toBe('not-found');
    volumes.ensure('data');
    expect(volumes.list()).toHaveLength(1);
  });

  test('stays and can be removed again when its directory cannot be removed now', () => {
    volumes.create('data', 0, 0);
    dirs.refusals.remove = [new Refusal('unavailable', 'later')];
    expect(refusalOf(() => volumes.remove('data')).code).toBe('unavailable');
    expect(refusalOf(() => volumes.create('data', 0, 0)).code).toBe('conflict');
    volumes.remove('data');
    expect(dirs.volumes.size + state.entries.size).toBe(0);
  });

  test('with a damaged record does not hide the others', () => {
    volumes.create('a', 0, 0);
    volumes.create('b', 0, 0);
    state.api.apply([{ tag: 'put', val: { key: 'volume/a', value: new Uint8Array([1]) } }]);
    restart();
    expect(volumes.list().map(({ name }) => name)).toEqual(['b']);
    expect(refusalOf(() => volumes.get('a')).code).toBe('other');
    expect(log.lines.join()).toContain('volume/a is damaged');
  });

  test('is listed with all others, however many there are', () => {
    for (let index = 0; index < 600; index++) volumes.create(`v${index}`, 0, 0);
    expect(volumes.list()).toHaveLength(600);
  });
});

describe('a kill at any instant', () => {
  /** Does it, killed at each effect and right after each; `look` sees what the next start finds. */
  function killEverywhere(prepare: () => void, work: () => void, look: (answered: boolean) => void): number {
    let kills = 0;
    for (let at = 1; ; at += 0.5) {
      killer = new Killer();
      state = new FakeState(killer);
      dirs = new FakeDirs(killer);
      restart();
      prepare();
      killer.effects = 0;
      killer.at = at;
      let answered = true;
      try {
        work();
      } catch (thrown) {
        if (!(thrown instanceof Killed)) throw thrown;
        answered = false;
        kills += 1;
      }
      killer.at = Number.POSITIVE_INFINITY;
      restart();
      // No directory without a record, no record without a directory.
      expect([...dirs.volumes].sort()).toEqual(volumes.list().map(({ name }) => name));
      expect(state.keys()).toEqual([...dirs.volumes].sort().map((name) => `volume/${name}`));
      look(answered);
      if (answered) return kills;
    }
  }

  test('during create loses no volume that was answered', () => {
    const kills = killEverywhere(
      () => undefined,
      () => volumes.create('data', 5, 6),
      (answered) => {
        if (answered) expect(volumes.get('data')).toMatchObject({ bytesMax: 5, entriesMax: 6 });
        expect(volumes.create('data', 5, 6).name).toBe('data');
      },
    );
    expect(kills).toBe(6);
  });

  test('during remove leaves the whole volume or nothing of it', () => {
    const kills = killEverywhere(
      () => {
        volumes.create('data', 0, 0);
        volumes.create('other', 0, 0);
      },
      () => volumes.remove('data'),
      (answered) => {
        expect(dirs.volumes.has('other')).toBe(true);
        if (answered) expect(dirs.volumes.has('data')).toBe(false);
      },
    );
    expect(kills).toBe(6);
  });
});
