import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../plugins/container-runtime/src/manifest.ts';
import { planContainer } from '../../../plugins/container-runtime/src/plan.ts';
import { checkSpec } from '../../../plugins/container-runtime/src/spec.ts';
import { refusalOf } from '../fake-kernel.ts';
import { COMPONENT, specOf } from './fake-platform.ts';

const read = (table: unknown) => readManifest(JSON.stringify(table), 'demo/web');
const plan = (table: unknown, changes: Parameters<typeof specOf>[0] = {}) => planContainer(COMPONENT, 'web', read(table), specOf(changes));

describe('the manifest', () => {
  test('that says nothing asks for nothing', () => {
    expect(read({ name: 'web' })).toEqual({
      args: [],
      env: [],
      mounts: [],
      memoryBytes: 0,
      wallMs: 0,
      storageBytes: 0,
      restart: 'no',
      restartsMax: 0,
      isolation: 'shared',
      allowedOutboundHosts: [],
    });
  });

  test('may give sizes with a unit', () => {
    expect(read({ limits: { 'memory-bytes': '64MiB', 'storage-bytes': '1.5 KB' } })).toMatchObject({ memoryBytes: 64 * 2 ** 20, storageBytes: 1500 });
  });

  test('may spell the outbound list either way', () => {
    expect(read({ allowed_outbound_hosts: ['https://a.b'] }).allowedOutboundHosts).toEqual(['https://a.b']);
    expect(read({ 'allowed-outbound-hosts': ['https://a.b'] }).allowedOutboundHosts).toEqual(['https://a.b']);
  });

  test.each([{ image: 'docker.io/library/nginx' }, { layers: ['sha256:x'] }])('with %j is for another runtime', (table) => {
    expect(refusalOf(() => read(table)).code).toBe('unsupported');
  });

  test.each([
    [],
    null,
    { args: 'x' },
    { args: [1] },
    { env: [] },
    { env: { A: 1 } },
    { volumes: {} },
    { volumes: [{ target: '/x' }] },
    { volumes: [{ name: 'x' }] },
    { limits: 7 },
    { limits: { 'memory-bytes': -1 } },
    { limits: { 'memory-bytes': '64 apples' } },
    { restart: 'sometimes' },
    { restart: { 'max-retries': 3 } },
    { isolation: 'none' },
    { allowed_outbound_hosts: 'x' },
  ])('that is %j is damaged', (table) => {
    expect(refusalOf(() => read(table))).toMatchObject({ code: 'invalid' });
  });

  test('that is no JSON is damaged', () => {
    expect(refusalOf(() => readManifest('{', 'demo/web')).message).toContain('demo/web');
  });
});

describe('manifest and spec together', () => {
  test('limits only narrow', () => {
    const limits = { 'memory-bytes': 100, 'wall-ms': 100 };
    for (const [table, spec, expected] of [
      [{}, {}, 0],
      [{ limits }, {}, 100],
      [{}, { memoryBytes: 50, wallMs: 50 }, 50],
      [{ limits }, { memoryBytes: 50, wallMs: 50 }, 50],
      [{ limits }, { memoryBytes: 500, wallMs: 500 }, 100],
    ] as const) {
      expect(plan(table, spec)).toMatchObject({ memoryBytes: expected, wallMs: expected });
    }
  });

  test('a wall time longer than a workload can have becomes the longest', () => {
    expect(plan({ limits: { 'wall-ms': 31_536_000_000 } }).wallMs).toBe(2 ** 31 - 1);
  });

  test('arguments replace, and the program comes first', () => {
    expect(plan({ args: ['a', 'b'] }).args).toEqual(['web', 'a', 'b']);
    expect(plan({ args: ['a', 'b'] }, { args: ['c'] }).args).toEqual(['web', 'c']);
  });

  test('the environment of the spec wins, name by name', () => {
    const env = { __proto__: 'x', PATH: '/bin', HOME: '/' };
    expect(
      plan(
        { env },
        {
          env: [
            ['HOME', '/root'],
            ['NEW', '1'],
          ],
        },
      ).env,
    ).toEqual([
      ['PATH', '/bin'],
      ['HOME', '/root'],
      ['NEW', '1'],
    ]);
  });

  test('scratch space shares what the manifest allows to store', () => {
    const volumes = [
      { scratch: true, target: '/a' },
      { scratch: true, target: '/b' },
      { name: 'data', target: '/c' },
    ];
    const sizes = plan({ volumes, limits: { 'storage-bytes': 100 } }, { mounts: [{ source: { tag: 'disk', val: 10 }, target: '/a', readOnly: false }] }).mounts.map(
      ({ source }) => source.val,
    );
    expect(sizes).toEqual([50, 'data', 10]);
  });

  test('the restart policy of the spec wins', () => {
    expect(plan({ restart: 'always' }, { restart: 'no' }).restart).toBe('no');
    expect(plan({ restart: 'always' }).restart).toBe('always');
  });
});

describe('a spec', () => {
  const mount = (target: string) => ({ mounts: [{ source: { tag: 'volume' as const, val: 'x' }, target, readOnly: false }] });

  test('may be plain or rich', () => {
    checkSpec(specOf());
    checkSpec(
      specOf({
        name: 'web-1.a_b',
        args: ['', 'ä'],
        env: [
          ['A', ''],
          ['B', 'x=y'],
        ],
        ...mount('/'),
      }),
    );
  });

  test.each([
    ['a package without digest', { package: 'web' }, 'invalid'],
    ['a name that looks like an id', { name: 'a'.repeat(32) }, 'invalid'],
    ['a name with a slash', { name: 'a/b' }, 'invalid'],
    ['an empty name', { name: '' }, 'invalid'],
    ['an argument with NUL', { args: ['a\0'] }, 'invalid'],
    ['a variable without a name', { env: [['', 'x']] }, 'invalid'],
    ['a variable with = in its name', { env: [['A=B', 'x']] }, 'invalid'],
    ['a variable with NUL', { env: [['A', '\0']] }, 'invalid'],
    [
      'a variable twice',
      {
        env: [
          ['A', '1'],
          ['A', '2'],
        ],
      },
      'invalid',
    ],
    [
      'a label twice',
      {
        labels: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
      'invalid',
    ],
    ['a mount at a relative path', mount('data'), 'invalid'],
    ['a mount above the root', mount('/../x'), 'invalid'],
    ['a mount with two names', mount('/a//b'), 'invalid'],
    ['a mount with NUL', mount('/a\0'), 'invalid'],
    ['two mounts at one place', { mounts: [...mount('/a').mounts, ...mount('/a').mounts] }, 'invalid'],
    ['scratch that cannot be written', { mounts: [{ source: { tag: 'disk', val: 0 }, target: '/a', readOnly: true }] }, 'invalid'],
    ['memory that is no number', { memoryBytes: -1 }, 'invalid'],
    ['a wall time that QuickJS cannot say', { wallMs: -1 }, 'invalid'],
    ['removal and restart', { autoRemove: true, restart: 'always' }, 'invalid'],
    ['too many arguments', { args: new Array(1025).fill('a') }, 'limit'],
    ['too much text', { args: ['a'.repeat(300_000)] }, 'limit'],
    ['too many mounts', { mounts: Array.from({ length: 65 }, (_, index) => mount(`/${index}`).mounts[0]) }, 'limit'],
  ] as const)('with %s is refused', (_, changes, code) => {
    expect(refusalOf(() => checkSpec(specOf(changes as Parameters<typeof specOf>[0]))).code).toBe(code);
  });
});
