import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateManifestValidator } from '../../sdk/package/scripts/generate-manifest-validator.ts';
import { encodeManifest, type Manifest, PackageError, parseByteSize, parseManifestJson, parseManifestToml } from '../../sdk/package/src/index.ts';
import { nearestKey } from '../../sdk/package/src/manifest/nearest-key.ts';
import { locateTomlKeys } from '../../sdk/package/src/manifest/toml-positions.ts';
import { cpuMs } from './cpu-time.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

const FULL = `
allowed_outbound_hosts = ["https://*.example.com", "redis://cache.internal:6379"]

[package]
name = "acme/web"
version = "1.2.0-rc.1+build.7"
description = "A web server."
license = "Apache-2.0"
authors = ["Ada <ada@example.com>"]

[[container]]
name = "web"
source = "src/main.ts"
args = ["--port", "8080"]
env = { LOG = "info" }
restart = { policy = "on-failure", max-retries = 5 }
health = { http = "/healthz", interval-ms = 1000 }
limits = { memory-bytes = "64MiB", cpu = 0.5, wall-ms = 1000, pids = 4, storage-bytes = 1048576 }
isolation = "worker"
networks = ["front"]
depends-on = ["db"]

[[container.volumes]]
name = "data"
target = "/data"
reason = "keeps what users upload"

[[container.volumes]]
scratch = true
target = "/tmp"

[[container.ports]]
port = 8080
host-port = 80

[[container]]
name = "db"
image = "docker.io/library/postgres:18"
entrypoint = ["postgres"]
restart = "always"
allowed-outbound-hosts = []

[capabilities."forge:host/dirs"]
reason = "opens the data volume"
`;

async function problemsOf(toml: string): Promise<string[]> {
  try {
    await parseManifestToml(toml);
  } catch (error) {
    if (error instanceof PackageError) return error.problems.map(({ where, message, hint }) => `${where} ${message}${hint ? ` | ${hint}` : ''}`);
    throw error;
  }
  return [];
}

const app = (container: string, rest = '') => `[package]\nname = "a"\nversion = "1.0.0"\n${rest}\n[[container]]\nname = "c"\n${container}`;

describe('a full project manifest', () => {
  test('is read with defaults filled in and one spelling for each thing', async () => {
    const manifest = await parseManifestToml(FULL);
    expect(manifest.package).toEqual({
      name: 'acme/web',
      version: '1.2.0-rc.1+build.7',
      kind: 'app',
      description: 'A web server.',
      license: 'Apache-2.0',
      authors: ['Ada <ada@example.com>'],
    });
    const [web, db] = manifest.containers;
    expect(web).toMatchObject({
      source: 'src/main.ts',
      restart: { policy: 'on-failure', maxRetries: 5 },
      health: { check: { kind: 'http', path: '/healthz' }, intervalMs: 1_000, timeoutMs: 5_000, startPeriodMs: 0, retries: 3 },
      limits: { memoryBytes: 64 * 1024 * 1024, cpu: 0.5, wallMs: 1_000, pids: 4, storageBytes: 1_048_576 },
      volumes: [
        { source: { kind: 'named', name: 'data' }, target: '/data', readOnly: false },
        { source: { kind: 'scratch' }, target: '/tmp', readOnly: false },
      ],
      ports: [{ port: 8_080, hostPort: 80, protocol: 'tcp' }],
      allowedOutboundHosts: ['https://*.example.com', 'redis://cache.internal:6379'],
      dependsOn: ['db'],
    });
    expect(db).toMatchObject({ image: 'docker.io/library/postgres:18', restart: { policy: 'always' }, allowedOutboundHosts: [], args: [], env: {} });
    expect(manifest.capabilities).toEqual({ 'forge:host/dirs': { reason: 'opens the data volume' } });
  });

  test('survives the journey through the config blob unchanged', async () => {
    const project = await parseManifestToml(FULL);
    const packed: Manifest = {
      ...project,
      containers: project.containers.map((container) => (container.image ? container : { ...container, source: undefined, component: DIGEST })),
    };
    expect(await parseManifestJson(encodeManifest(packed))).toEqual(packed);
  });

  test('is written as the same bytes whatever the order of its tables', async () => {
    const one = await parseManifestToml(app('image = "x"\nenv = { A = "1", B = "2" }', '[capabilities.a]\nreason = "r"\n[capabilities.b]\nreason = "s"'));
    const other = await parseManifestToml(app('image = "x"\nenv = { B = "2", A = "1" }', '[capabilities.b]\nreason = "s"\n[capabilities.a]\nreason = "r"'));
    expect(encodeManifest(one)).toEqual(encodeManifest(other));
  });
});

describe('a plugin manifest', () => {
  test('names what it provides and requires', async () => {
    const manifest = await parseManifestToml(`
      [package]
      name = "forge/storage"
      version = "0.1.0"
      kind = "plugin"
      [plugin]
      source = "src/storage.ts"
      provides = ["forge:storage/volumes@0.1.0"]
      requires = ["forge:security/authorizer@0.1.0"]
    `);
    expect(manifest.plugin).toEqual({ component: undefined, source: 'src/storage.ts', provides: ['forge:storage/volumes@0.1.0'], requires: ['forge:security/authorizer@0.1.0'] });
    expect(manifest.containers).toEqual([]);
  });

  test('must not have containers, and an app must not have [plugin]', async () => {
    expect(await problemsOf('[package]\nname="a"\nversion="1.0.0"\nkind="plugin"\n[[container]]\nname="c"\nimage="x"')).toEqual([
      'forge.toml:4:1 a plugin needs a [plugin] table | add [plugin] with provides and source or component',
      'forge.toml:5:1 a plugin has no containers | make the containers a package of their own, or set kind = "app"',
    ]);
    expect((await problemsOf('[package]\nname="a"\nversion="1.0.0"\n[plugin]\nprovides=[]\nsource="a.ts"')).join()).toContain('[plugin] in a package whose kind is "app"');
  });
});

describe('what is wrong', () => {
  test('is said all at once, in the order of the file, with line and column', async () => {
    const problems = await problemsOf(`[package]
nmae = "web"
version = "1.2"

[[container]]
name = "Web"
component = "a.wasm"
image = "nginx"
limits = { memory = 5, cpu = "2", pids = 0 }

[[container]]
name = "Web"
restart = "allways"
ports = [ { port = 80 },
          { port = 99999 } ]
volumes = [{ target = "/a/../b" }]
depends-on = ["dbb"]
`);
    expect(problems.map((problem) => problem.split(' | ')[0])).toEqual([
      'forge.toml:1:1 package lacks the key "name"',
      'forge.toml:2:1 unknown key "nmae" in package',
      'forge.toml:3:1 package.version cannot be "1.2"',
      'forge.toml:6:1 container[0].name cannot be "Web"',
      'forge.toml:8:1 container[0] has component and image',
      'forge.toml:9:12 unknown key "memory" in container[0].limits',
      'forge.toml:9:24 container[0].limits.cpu is a string; it must be a number',
      'forge.toml:9:35 container[0].limits.pids is "0"; it must be >= 1',
      'forge.toml:11:1 container[1] does not say what runs',
      'forge.toml:12:1 container[1].name cannot be "Web"',
      'forge.toml:12:1 two containers are named "Web"',
      'forge.toml:13:1 container[1].restart cannot be "allways"',
      'forge.toml:15:13 container[1].ports[1].port is "99999"; it must be <= 65535',
      'forge.toml:16:12 container[1].volumes[0] does not say what is mounted',
      'forge.toml:16:14 "/a/../b" is no absolute guest path in normal form',
      'forge.toml:17:15 "Web" depends on "dbb", which is no container of this package',
    ]);
    expect(problems[1]).toContain('did you mean "name"?');
    expect(problems[0]).toContain('each part is lower-case');
  });

  test.each([
    ['a date', app('image = "x"\nentrypoint = 2024-01-01'), 'a date'],
    ['no TOML', 'name = = 1', 'forge.toml:1:8'],
    ['a key twice', '[package]\nname = "a"\nname = "b"', 'forge.toml:3'],
    ['a size with an unknown unit', app('image = "x"\nlimits = { memory-bytes = "64 megs" }'), 'cannot be "64 megs"'],
    ['a size past 2^53', app('image = "x"\nlimits = { memory-bytes = "99999999TiB" }'), 'is no size'],
    ['a digest in a project', app(`component = "${DIGEST}"`), 'a project names files'],
    ['an absolute component', app('component = "/a.wasm"'), 'absolute path'],
    ['a source that is no script', app('source = "main.rs"'), 'container[0].source cannot be "main.rs"'],
    ['entrypoint of a component', app('component = "a.wasm"\nentrypoint = ["x"]'), 'entrypoint has no meaning'],
    ['one key in two spellings', app('image = "x"\nallowed_outbound_hosts = []\nallowed-outbound-hosts = []'), 'are the same key'],
    ['a host with a path', app('image = "x"\nallowed_outbound_hosts = ["https://a.com/x"]'), 'cannot be "https://a.com/x"'],
    ['max-retries that cannot apply', app('image = "x"\nrestart = { policy = "no", max-retries = 2 }'), 'max-retries with policy "no"'],
    ['health without a check', app('image = "x"\nhealth = { retries = 2 }'), 'does not say how to check'],
    ['two volumes in one place', app('image = "x"\nvolumes = [{ name = "a", target = "/d" }, { name = "b", target = "/d" }]'), 'two volumes are mounted at "/d"'],
    ['a volume that is both', app('image = "x"\nvolumes = [{ name = "a", scratch = true, target = "/d" }]'), 'has name and scratch'],
    ['one port twice', app('image = "x"\nports = [{ port = 1 }, { port = 1 }]'), 'two ports are "1/tcp"'],
    ['a variable that no shell can name', app('image = "x"\nenv = { "A B" = "1" }'), '"A B" cannot be a key of container[0].env'],
    ['a capability without reason', app('image = "x"', '[capabilities.x]'), 'capabilities.x lacks the key "reason"'],
    ['an interface without version', '[package]\nname="a"\nversion="1.0.0"\nkind="plugin"\n[plugin]\nsource="a.ts"\nprovides=["a:b/c"]', 'plugin.provides[0] cannot be "a:b/c"'],
    ['one interface twice', '[package]\nname="a"\nversion="1.0.0"\nkind="plugin"\n[plugin]\nsource="a.ts"\nprovides=["a:b/c@1.0.0","a:b/c@1.0.0"]', 'twice'],
    ['a name that could be an option', '[package]\nname = "--help"\nversion = "1.0.0"', 'package.name cannot be "--help"'],
    ['a name with three parts', '[package]\nname = "a/b/c"\nversion = "1.0.0"', 'package.name cannot be'],
    ['__proto__', '[package]\n__proto__ = 1', 'forge.toml'],
  ])('%s is refused', async (_, toml, expected) => {
    expect((await problemsOf(toml)).join('\n')).toContain(expected);
  });

  test('a circle of depends-on is refused, a diamond is not', async () => {
    const containers = (edges: Record<string, string[]>) =>
      `[package]\nname="a"\nversion="1.0.0"\n${Object.entries(edges)
        .map(([name, on]) => `[[container]]\nname="${name}"\nimage="x"\ndepends-on=${JSON.stringify(on)}`)
        .join('\n')}`;
    expect(await problemsOf(containers({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] }))).toHaveLength(3);
    expect(await problemsOf(containers({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([]);
  });

  test('a package may not name paths or sources', async () => {
    const config = {
      package: { name: 'a', version: '1.0.0' },
      container: [
        { name: 'c', component: 'a.wasm' },
        { name: 'd', source: 'a.ts' },
      ],
    };
    const error = await parseManifestJson(new TextEncoder().encode(JSON.stringify(config)), 'cfg').catch((thrown: PackageError) => thrown);
    expect((error as PackageError).problems.map(({ where }) => where)).toEqual(['cfg#/container/0/component', 'cfg#/container/1/source']);
  });

  test('a hostile config costs no more than its bytes', async () => {
    const containers = Array.from({ length: 3_000 }, (_, index) => ({ name: `c${index}`, 'depends-on': Array.from({ length: 30 }, (__, other) => `c${(index + other) % 3_000}`) }));
    const configs = [
      { package: {}, container: containers },
      { container: new Array(90_000).fill(null) },
      { package: { authors: new Array(90_000).fill('') } },
      { capabilities: Object.fromEntries(containers.map(({ name }) => [`${name} !`, 0])) },
      { container: containers.slice(0, 1_024) },
      { container: Array.from({ length: 95 }, () => ({ args: new Array(1_000).fill(0) })) },
    ];
    for (const config of configs) {
      const before = cpuMs();
      await expect(parseManifestJson(new TextEncoder().encode(JSON.stringify(config)))).rejects.toBeInstanceOf(PackageError);
      expect(cpuMs(before)).toBeLessThan(2_000);
    }
  });

  test('every value of the wrong type is a problem and never an exception', async () => {
    const wrong: unknown[] = [null, true, 0, -1, 1.5, '', 'x', [], [null], [[]], {}, { a: 1 }];
    const base = JSON.parse(new TextDecoder().decode(encodeManifest(await parseManifestToml(FULL)))) as Record<string, unknown>;
    const paths = listPaths(base);
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      for (const value of wrong) {
        const changed = structuredClone(base);
        const last = path.at(-1) as string;
        const owner = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, changed);
        owner[last] = value;
        await parseManifestJson(new TextEncoder().encode(JSON.stringify(changed))).catch((error: unknown) => expect(error).toBeInstanceOf(PackageError));
      }
    }
  });
});

function listPaths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [...(path.length > 0 ? [path] : []), ...Object.entries(value).flatMap(([key, item]) => listPaths(item, [...path, key]))];
}

describe('the schema', () => {
  const schema = JSON.parse(readFileSync(new URL('../../sdk/package/schema/forge.schema.json', import.meta.url), 'utf8')) as SchemaNode;

  test('describes every field, with its default or that it is required', () => {
    const fields = listFields(schema);
    expect(fields.length).toBeGreaterThan(50);
    for (const [name, field] of fields) {
      const target = field.$ref?.startsWith('#/$defs/') ? schema.$defs?.[field.$ref.slice(8)] : undefined;
      const description = field.description ?? target?.description ?? '';
      expect(description, name).toMatch(/Default|Required|One /);
    }
  });

  test('is what the committed validator was generated from', () => {
    const committed = readFileSync(new URL('../../sdk/package/src/generated/validate-manifest.js', import.meta.url), 'utf8');
    expect(generateManifestValidator() === committed, 'run: node sdk/package/scripts/generate-manifest-validator.ts').toBe(true);
  });
});

interface SchemaNode {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

function listFields(node: SchemaNode, path = ''): [string, SchemaNode][] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]): [string, SchemaNode][] => [[`${path}/${name}`, field], ...listFields(field, `${path}/${name}`)]);
  return [...own, ...Object.entries(node.$defs ?? {}).flatMap(([name, definition]) => listFields(definition, `${path}/$defs/${name}`))];
}

test.each([
  ['64MiB', 67_108_864],
  ['1.5 KiB', 1_536],
  ['2GB', 2_000_000_000],
  ['7B', 7],
  [42, 42],
  ['0B', undefined],
  ['0.1B', undefined],
  ['10', undefined],
  ['10 mib', undefined],
  [-1, undefined],
  [1.5, undefined],
])('the size %s is %s bytes', (size, bytes) => {
  expect(parseByteSize(size)).toBe(bytes);
});

test.each([
  ['nmae', 'name'],
  ['dependson', 'depends-on'],
  ['depends_on', 'depends-on'],
  ['Volumes', 'volumes'],
  ['xyz', undefined],
  ['a'.repeat(1_000_000), undefined],
])('the key nearest to %.20s is %s', (written, expected) => {
  expect(nearestKey(written, ['name', 'depends-on', 'volumes', 'image'])).toBe(expected);
});

test('positions are found under every way TOML has to write a key', () => {
  const positions = locateTomlKeys(`a.b = 1 # c = 2
"quoted key" = """
fake = 1
"""
list = [
  { x = 1, y = [ 'z', "]" ] }, # ]
  { 'x.y' = 2 },
]
[t]
u = 'a\\'
[[r]]
[[r.s]]
v = 1
[r.w]
k = { deep.er = 1 }
[[r]]
v = 2
`);
  expect(Object.fromEntries([...positions].map(([pointer, { line, column }]) => [pointer, `${line}:${column}`]))).toMatchObject({
    '/a': '1:1',
    '/a/b': '1:1',
    '/quoted key': '2:1',
    '/list': '5:1',
    '/list/0': '6:3',
    '/list/0/x': '6:5',
    '/list/0/y': '6:12',
    '/list/0/y/1': '6:23',
    '/list/1/x.y': '7:5',
    '/t/u': '10:1',
    '/r': '11:1',
    '/r/0': '11:1',
    '/r/0/s/0/v': '13:1',
    '/r/0/w/k/deep/er': '15:7',
    '/r/1/v': '17:1',
  });
});
