import { Refusal } from '@forgeone/sdk';
import { beforeEach, describe, expect, test } from 'vitest';
import { Mounts, SCRATCH_BYTES } from '../../../plugins/storage/src/mounts.ts';
import { Volumes } from '../../../plugins/storage/src/volumes.ts';
import { FakeCall, FakeClock, FakeLog, FakeState, Killer, refusalOf } from '../fake-kernel.ts';
import { FakeDirs } from './fake-dirs.ts';

let state: FakeState;
let dirs: FakeDirs;
let call: FakeCall;
let volumes: Volumes;
let mounts: Mounts;

function restart(): void {
  dirs.open.clear();
  volumes = new Volumes({ dirs: dirs.api, state: state.api, clock: new FakeClock().api, log: new FakeLog().api });
  mounts = new Mounts({ dirs: dirs.api, call: call.api }, volumes);
  volumes.recover();
}

beforeEach(() => {
  const killer = new Killer();
  state = new FakeState(killer);
  dirs = new FakeDirs(killer);
  call = new FakeCall();
  restart();
});

describe('a mount', () => {
  test('of a volume that does not exist makes it', () => {
    mounts.mountVolume('data', 'read-write');
    expect(volumes.get('data')).toMatchObject({ bytesMax: 0, entriesMax: 0 });
  });

  test('gives the caller a handle of its own, with the quota of the volume', () => {
    volumes.create('data', 1024, 7);
    const handle = mounts.mountVolume('data', 'read-write');
    expect(dirs.open.get(handle)).toMatchObject({
      what: 'volume data',
      owner: 'container-runtime',
      rights: { read: true, write: true, mutate: true },
      quota: { bytesMax: 1024, entriesMax: 7 },
    });
  });

  test('that may only read opens nothing for writing, not even for storage itself', () => {
    mounts.mountVolume('data', 'read-only');
    mounts.mountPath('/srv', 'read-only');
    for (const { rights } of dirs.open.values()) expect(rights).toEqual({ read: true, write: false, mutate: false });
  });

  test('given back leaves no handle', () => {
    const ways = [
      () => mounts.mountVolume('data', 'read-write'),
      () => mounts.mountPath('/srv', 'read-write'),
      () => mounts.mountScratch(true, 0),
      () => mounts.mountScratch(false, 9),
    ];
    for (const mount of ways) {
      const handle = mount();
      expect(dirs.open.size).toBe(2);
      mounts.unmount(handle);
      expect(dirs.open.size).toBe(0);
      mounts.unmount(handle);
    }
  });

  test('cannot be given back by another plugin', () => {
    const handle = mounts.mountVolume('data', 'read-write');
    call.chain = ['spiffe://local/plugin/eve'];
    mounts.unmount(handle);
    expect(dirs.open.size).toBe(2);
  });

  test('that cannot be handed over leaves no handle and no trace', () => {
    dirs.refusals.derive = [new Refusal('denied', 'no', { hint: 'x' })];
    expect(refusalOf(() => mounts.mountVolume('data', 'read-write')).code).toBe('denied');
    expect(dirs.open.size).toBe(0);
    mounts.removeVolume('data');
  });

  test('is not for a caller that is no plugin', () => {
    call.chain = ['spiffe://local/user/alice'];
    expect(refusalOf(() => mounts.mountPath('/srv', 'read-only')).code).toBe('denied');
    expect(dirs.open.size).toBe(0);
  });

  test.each(['', 'srv', '/srv/', '/srv/../etc', '/srv/./x', '//srv', '/srv\0'])('is not at the path %j', (path) => {
    expect(refusalOf(() => mounts.mountPath(path, 'read-only')).code).toBe('invalid');
  });

  test('is not at a path longer than the machine takes', () => {
    expect(refusalOf(() => mounts.mountPath(`/${'a'.repeat(4096)}`, 'read-only')).code).toBe('invalid');
  });

  test('may be at the root, if policy says so', () => {
    expect(dirs.open.get(mounts.mountPath('/', 'read-only'))).toMatchObject({ what: 'path /' });
  });
});

describe('scratch space', () => {
  test('has the documented size when none is asked for', () => {
    expect(dirs.open.get(mounts.mountScratch(true, 0))).toMatchObject({ what: 'scratch memory', quota: { bytesMax: SCRATCH_BYTES } });
    expect(dirs.open.get(mounts.mountScratch(false, 5))).toMatchObject({ what: 'scratch disk', quota: { bytesMax: 5 } });
  });

  test('of a size that is no number is refused', () => {
    expect(refusalOf(() => mounts.mountScratch(true, -1)).code).toBe('invalid');
  });
});

describe('removing a volume', () => {
  test('is refused while someone has it open', () => {
    const first = mounts.mountVolume('data', 'read-only');
    const second = mounts.mountVolume('data', 'read-write');
    for (const handle of [first, second]) {
      const refusal = refusalOf(() => mounts.removeVolume('data'));
      expect(refusal.code).toBe('conflict');
      expect(refusal.detail.hint).toContain('container-runtime');
      mounts.unmount(handle);
    }
    mounts.removeVolume('data');
    expect(dirs.volumes.size).toBe(0);
  });

  test('does not mind who has another volume, a path or scratch space', () => {
    volumes.create('data', 0, 0);
    mounts.mountVolume('other', 'read-write');
    mounts.mountPath('/srv', 'read-only');
    mounts.mountScratch(true, 0);
    mounts.removeVolume('data');
  });

  test('is possible after a restart of the plugin, because its handles died with it', () => {
    mounts.mountVolume('data', 'read-write');
    restart();
    mounts.removeVolume('data');
    expect(dirs.volumes.size).toBe(0);
  });
});
