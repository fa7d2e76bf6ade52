import { buildPlugin } from '@forgeone/sdk/build';
import { createHarness, type Harness } from '@forgeone/sdk/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';
import { COMPONENT, PACKAGE, specOf } from './fake-platform.ts';

const RUNTIME = 'forge:container/runtime@0.1.0';

describe('the container-runtime plugin as a component', () => {
  let component: Uint8Array;
  let harness: Harness;
  let mounted: string[];
  beforeAll(async () => {
    ({ component } = await buildPlugin({ projectDir: projectDir('container-runtime') }));
  });
  beforeEach(async () => {
    mounted = [];
    harness = await createHarness({
      component,
      caller: { chain: ['spiffe://local/user/alice', 'spiffe://local/plugin/api'] },
      config: { 'containers-max': '3' },
      imports: {
        'forge:storage/volumes@0.1.0': {
          mount: (name, access) => {
            mounted.push(`${name} ${access}`);
            return '0000000000000a';
          },
          unmount: (handle) => void mounted.splice(0, 1, `gave back ${handle}`),
        },
        'forge:network/outbound@0.1.0': { prepare: (allowed) => allowed.join(), release: () => undefined },
      },
    });
    const manifest = JSON.stringify({ volumes: [{ name: 'data', target: '/data' }], restart: 'on-failure', allowed_outbound_hosts: ['https://a.example.org'] });
    harness.machine.addPackage({ digest: PACKAGE, name: 'demo', version: '1.2.0', containers: [{ name: 'web', component: COMPONENT, manifest }] });
    harness.start();
  });

  test('imports what it needs and nothing more', () => {
    expect(harness.imports.filter((id) => !id.startsWith('forge:kernel/'))).toEqual([
      'forge:host/packages@0.1.0',
      'forge:host/streams@0.1.0',
      'forge:host/workloads@0.1.0',
      'forge:network/outbound@0.1.0',
      'forge:storage/scratch@0.1.0',
      'forge:storage/volumes@0.1.0',
    ]);
  });

  test('takes a container from creation to its end, over a restart of the plugin', () => {
    const { id, ...made } = harness.call(RUNTIME).create(specOf({ name: 'web', env: [['A', 'ü']], stdio: 'interactive', memoryBytes: 2 ** 33, labels: [['__proto__', 'x']] }));
    expect(made).toMatchObject({ state: 'created', exitCode: null, reason: null, image: 'demo:1.2.0', createdMs: harness.kernel.nowMs });
    expect(harness.call(RUNTIME).start(id)).toMatchObject({ state: 'running' });
    expect(mounted).toEqual(['data read-write']);
    const [workload] = harness.machine.workloads.values();
    expect(workload?.spec).toMatchObject({
      component: COMPONENT,
      name: 'web',
      args: ['web'],
      env: [['A', 'ü']],
      mounts: [{ tree: '0000000000000a', target: '/data' }],
      outbound: 'https://a.example.org',
      limits: { memoryBytes: 2 ** 33, wallMs: 0 },
      isolation: 'shared',
    });

    harness.restart();
    harness.endWorkload(workload?.id ?? '', { tag: 'exited', val: 1 });
    expect(harness.call(RUNTIME).inspect('web')).toMatchObject({ state: 'restarting', restarts: 0 });
    expect(mounted).toEqual(['gave back 0000000000000a']);
    harness.advance(100);
    expect(harness.call(RUNTIME).inspect('web')).toMatchObject({ state: 'running', restarts: 1 });
    expect(harness.call(RUNTIME).kill(id).state).toBe('running');
    harness.endWorkload('workload-2', { tag: 'stopped' });
    expect(harness.call(RUNTIME).inspect(id.slice(0, 6))).toMatchObject({ state: 'stopped', exitCode: 137 });
    expect(harness.kernel.published.at(-1)).toEqual({
      topic: `container.ended.${id}`,
      payload: JSON.stringify({ id, name: 'web', state: 'stopped', exitCode: 137, reason: 'it was killed' }),
    });
    expect(harness.machine.handles.live.size).toBe(0);
    expect(harness.call(RUNTIME).list(false)).toEqual([]);
    harness.call(RUNTIME).remove('web', false);
    expect(harness.kernel.state.size).toBe(0);
  });

  test('answers in kind when something is wrong', () => {
    const runtime = harness.call(RUNTIME);
    expect(refusalOf(() => runtime.create(specOf({ name: 'A' }))).detail.where).toBe('name');
    expect(refusalOf(() => runtime.inspect('web'))).toMatchObject({ code: 'not-found' });
    for (const name of ['a', 'b', 'c']) runtime.create(specOf({ name }));
    expect(refusalOf(() => runtime.create(specOf()))).toMatchObject({ code: 'limit' });
    expect(harness.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('does not start with a setting that makes no sense', async () => {
    const wrong = await createHarness({ component, config: { 'log-bytes-max': '16 MiB' } });
    expect(refusalOf(() => wrong.start()).detail.where).toBe('container-runtime.config.log-bytes-max');
  });
});
