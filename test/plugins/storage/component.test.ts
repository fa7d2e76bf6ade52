import { createHarness, type Harness, Refusal } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';

const VOLUMES = 'forge:storage/volumes@0.1.0';
const SCRATCH = 'forge:storage/scratch@0.1.0';
const chain = ['spiffe://local/user/alice', 'spiffe://local/plugin/api', 'spiffe://local/plugin/container-runtime'];

describe('the storage plugin as a component', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness({ projectDir: projectDir('storage'), caller: { chain } });
    harness.start();
  });

  test('imports what it needs and nothing more', () => {
    expect(harness.imports).toEqual(['forge:host/dirs@0.1.0', 'forge:kernel/call@0.1.0', 'forge:kernel/clock@0.1.0', 'forge:kernel/log@0.1.0', 'forge:kernel/state@0.1.0']);
    harness.health();
  });

  test('keeps volumes over a restart, with quotas of any size that a number holds', () => {
    const volumes = harness.call(VOLUMES);
    const made = volumes.create('data', Number.MAX_SAFE_INTEGER, 2 ** 31 - 1);
    expect(made).toEqual({ name: 'data', createdMs: harness.kernel.nowMs, bytesMax: Number.MAX_SAFE_INTEGER, entriesMax: 2 ** 31 - 1 });
    expect(refusalOf(() => volumes.create('more', 0, 2 ** 31))).toMatchObject({ code: 'invalid' });
    harness.restart();
    expect(harness.call(VOLUMES).list()).toEqual([made]);
  });

  test('hands each handle to the plugin that asked, and no more rights than it asked for', () => {
    const handle = harness.call(VOLUMES).mount('data', 'read-only');
    expect(harness.machine.handles.live.get(handle)).toMatchObject({ what: 'volume:data', owner: 'container-runtime', rights: { read: true, write: false, mutate: false } });
    expect(refusalOf(() => harness.call(VOLUMES).remove('data'))).toMatchObject({ code: 'conflict' });
    harness.call(VOLUMES).unmount(handle);
    expect(harness.machine.handles.live.size).toBe(0);
    harness.call(VOLUMES).remove('data');
    expect(harness.machine.volumes.size + harness.kernel.state.size).toBe(0);
  });

  test('mounts paths and scratch space', () => {
    const handles = [harness.call(VOLUMES).mountPath('/tmp', 'read-write'), harness.call(SCRATCH).create('memory', 0), harness.call(SCRATCH).create('disk', 5)];
    expect(handles.map((handle) => harness.machine.handles.live.get(handle)?.what)).toEqual(['path:/tmp', 'scratch:memory', 'scratch:disk']);
    for (const handle of handles) harness.call(VOLUMES).unmount(handle);
    expect(harness.machine.handles.live.size).toBe(0);
  });

  test('passes the refusal of the machine on, with its hint', async () => {
    const refusing = await createHarness({
      projectDir: projectDir('storage'),
      caller: { chain },
      imports: {
        'forge:host/dirs@0.1.0': {
          open: () => {
            throw new Refusal('denied', 'no', { hint: 'permit(...)' });
          },
        },
      },
    });
    expect(refusalOf(() => refusing.call(VOLUMES).mountPath('/srv', 'read-only')).detail).toEqual({ message: 'no', where: null, hint: 'permit(...)' });
  });
});
