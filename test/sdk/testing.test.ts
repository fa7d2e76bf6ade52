import { join } from 'node:path';
import { buildPlugin } from '@forgeone/sdk/build';
import { createHarness, Fault, type Harness, Refusal } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { makePlugin } from './project.ts';

let component: Uint8Array;
beforeAll(async () => {
  ({ component } = await buildPlugin({ projectDir: join(import.meta.dirname, 'fixtures', 'forwarder') }));
});

const make = (options = {}): Promise<Harness> => createHarness({ component, ...options });

describe('a harness', () => {
  test('records each call to the host with arguments and outcome', async () => {
    const harness = await make();
    harness.machine.addVolume('there');
    harness.call('forge:storage/volumes@0.1.0').create('there', 2 ** 40, 3);
    expect(harness.callsTo('forge:host/dirs@0.1.0')).toMatchObject([{ function: 'create', args: ['there'], error: { code: 'conflict' } }]);
    harness.call('forge:storage/volumes@0.1.0').create('fresh', 1, 3);
    expect(harness.callsTo('forge:host/dirs@0.1.0', 'create')[1]).toMatchObject({ args: ['fresh'], result: undefined });
    expect([...harness.machine.volumes.keys()]).toEqual(['there', 'fresh']);
  });

  test('has numbers where the glue has BigInt, and null where it has undefined', async () => {
    const harness = await make();
    harness.kernel.nowMs = 5;
    expect(harness.call('forge:storage/volumes@0.1.0').create('a', 2 ** 53 - 1, 4)).toEqual({ name: 'a', createdMs: 5, bytesMax: 2 ** 53 - 1, entriesMax: 4 });
    const id = harness.call('forge:storage/volumes@0.1.0').mountPath('sha256:1', 'read-only');
    expect(harness.machine.workload(id).spec).toMatchObject({ stdin: null, limits: { memoryBytes: 2 ** 40 } });
  });

  test('says who calls', async () => {
    const harness = await make({ caller: { chain: ['spiffe://local/user/alice'] } });
    harness.call('forge:storage/volumes@0.1.0').create('a', 0, 0);
    harness.setCaller({ chain: ['spiffe://local/user/alice', 'spiffe://local/plugin/api'] });
    harness.call('forge:storage/volumes@0.1.0').create('b', 0, 0);
    expect(harness.kernel.published.map(({ payload }) => JSON.parse(payload).by)).toEqual(['spiffe://local/user/alice', 'spiffe://local/plugin/api']);
  });

  test('starts with an empty chain, and state outlives a restart', async () => {
    const harness = await make({ caller: { chain: ['spiffe://local/user/alice'] } });
    harness.start();
    harness.restart();
    expect(harness.kernel.state.get('starts')).toMatchObject({ version: 2, value: new Uint8Array([0x78, 0x78]) });
    expect(harness.kernel.caller.chain).toEqual(['spiffe://local/user/alice']);
  });

  test('gives settings, and refusals come back as refusals', async () => {
    const harness = await make({ config: { size: 'from the composition' } });
    expect(() => harness.call('forge:storage/volumes@0.1.0').get('size')).toThrow(Refusal);
    expect(() => harness.call('forge:storage/volumes@0.1.0').get('size')).toThrow('from the composition');
    expect(() => harness.call('forge:storage/volumes@0.1.0').remove('none')).toThrow(expect.objectContaining({ code: 'not-found' }));
    expect(() => harness.call('forge:storage/volumes@0.1.0').create('Not A Name', 0, 0)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  test('keeps to the rules of the state store', async () => {
    const harness = await make();
    const { kernel } = harness;
    const { apply, get, scan } = kernel.interfaces()['forge:kernel/state@0.1.0'];
    const value = new Uint8Array(1);
    apply(['v/b', 'v/a', 'w'].map((key) => ({ tag: 'put', val: { key, value, expect: 0 } })));
    expect(() =>
      apply([
        { tag: 'delete', val: 'v/a' },
        { tag: 'put', val: { key: 'v/b', value, expect: 9 } },
      ]),
    ).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(get('v/a')).not.toBeNull();
    expect(scan('v/', 'v/a', 5).map(({ key }) => key)).toEqual(['v/b']);
    expect(
      harness
        .call('forge:storage/volumes@0.1.0')
        .list()
        .map(({ name }) => name),
    ).toEqual(['v/a', 'v/b']);
    expect(() => apply([{ tag: 'put', val: { key: 'x'.repeat(600), value } }])).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  test('lets handles die with the one they came from, and never grow', async () => {
    const harness = await make({ caller: { chain: ['spiffe://local/plugin/container-runtime'] } });
    harness.machine.addVolume('data');
    const handle = harness.call('forge:storage/volumes@0.1.0').mount('data', 'read-only');
    expect(harness.machine.handles.live.get(handle)).toMatchObject({ what: 'volume:data', owner: 'spiffe://local/plugin/container-runtime', rights: { read: true } });
    const { derive, close } = harness.machine.interfaces()['forge:host/dirs@0.1.0'];
    expect(() => derive(handle, { write: true }, 'x')).toThrow(expect.objectContaining({ code: 'denied' }));
    close(harness.machine.handles.live.get(handle)?.parent ?? '');
    expect(harness.machine.handles.live.size).toBe(0);
  });

  test('refuses `unavailable` for an interface nobody faked, until the test does', async () => {
    const bare = await make();
    expect(() => bare.call('forge:storage/volumes@0.1.0').unmount('h')).toThrow(expect.objectContaining({ code: 'unavailable' }));
    const harness = await make({ imports: { 'forge:network/outbound@0.1.0': { prepare: ([first]: string[]) => `got ${first}` } } });
    harness.call('forge:storage/volumes@0.1.0').unmount('h');
    expect(harness.callsTo('forge:network/outbound@0.1.0')).toMatchObject([{ args: [['h']], result: 'got h' }]);
  });

  test('passes a bug of a fake on to the test, and knows the plugin is gone then', async () => {
    const harness = await make({
      imports: {
        'forge:host/dirs@0.1.0': {
          remove() {
            throw new TypeError('the fake is wrong');
          },
        },
      },
    });
    expect(() => harness.call('forge:storage/volumes@0.1.0').remove('x')).toThrow('the fake is wrong');
  });

  test('says that a trap is a fault', async () => {
    const projectDir = makePlugin(`
      import { definePlugin } from '@forgeone/sdk';
      import * as dirs from 'forge:host/dirs@0.1.0';
      export default definePlugin({ lifecycle: { start() { dirs.close({} as never); } } });`);
    const harness = await createHarness({ projectDir });
    expect(() => harness.start()).toThrow(Fault);
    expect(() => harness.health()).toThrow(Fault);
  });

  test('names the interfaces a plugin has when asked for another', async () => {
    const harness = await make();
    expect(() => harness.call('forge:api/handler@0.1.0')).toThrow(
      'the plugin does not provide forge:api/handler@0.1.0; it has forge:plugin/lifecycle@0.1.0, forge:storage/volumes@0.1.0',
    );
  });

  test('needs something to run', async () => {
    await expect(createHarness({})).rejects.toThrow('a component or a projectDir');
  });
});
