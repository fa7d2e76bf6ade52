import { createHarness, type Harness } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';

const OUTBOUND = 'forge:network/outbound@0.1.0';

describe('the network plugin as a component', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness({ projectDir: projectDir('network'), caller: { chain: ['spiffe://local/plugin/container-runtime'] } });
    harness.start();
  });

  test('imports what it needs and nothing more', () => {
    expect(harness.imports).toEqual(['forge:host/outbound@0.1.0', 'forge:kernel/call@0.1.0', 'forge:kernel/log@0.1.0']);
  });

  test('fixes a list for its caller and gives it back', () => {
    const handle = harness.call(OUTBOUND).prepare(['https://*.example.org', 'tcp://[fd00::]/8:22-23']);
    expect(harness.machine.handles.live.get(handle)).toMatchObject({ owner: 'container-runtime', what: 'tcp://*.example.org:443-443 tcp://fd00::/8:22-23' });
    harness.call(OUTBOUND).release(handle);
    expect(harness.machine.handles.live.size).toBe(0);
  });

  test('refuses a wrong entry by name, with what would be right', () => {
    const { code, detail } = refusalOf(() => harness.call(OUTBOUND).prepare(['http://0x7f.1']));
    expect(code).toBe('invalid');
    expect(detail).toMatchObject({ where: 'http://0x7f.1', hint: expect.stringContaining('four decimal numbers') });
  });
});
