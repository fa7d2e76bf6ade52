import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../plugins/container-runtime/src/manifest.ts';

const refusalOf = (table: object): { code: string; detail: { where?: string; hint?: string } } => {
  try {
    readManifest(JSON.stringify(table), 'demo/web');
  } catch (thrown) {
    return thrown as { code: string; detail: { where?: string; hint?: string } };
  }
  throw new Error('it was taken');
};

describe('what this version cannot give', () => {
  test.each([
    [{ ports: [{ port: 80 }] }, 'container.ports'],
    [{ networks: ['front'] }, 'container.networks'],
    [{ health: { command: ['true'] } }, 'container.health'],
    [{ limits: { cpu: 1 } }, 'container.limits.cpu'],
    [{ limits: { pids: 10 } }, 'container.limits.pids'],
    [{ image: 'x' }, 'container.image'],
    [{ layers: ['x'] }, 'container.layers'],
  ])('is refused and not ignored: %j', (table, where) => {
    expect(refusalOf(table)).toMatchObject({ code: 'unsupported', detail: { where, hint: expect.any(String) } });
  });

  test('a manifest without it is read', () => {
    expect(readManifest('{"limits":{"memory-bytes":"1MiB"}}', 'demo/web').memoryBytes).toBe(2 ** 20);
  });
});
