import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openPackage, PackageError, type PackageReader, validatePackage } from '../../sdk/package/src/index.ts';
import { digestOf, FORGE, forgeLayout, json, LayoutFiles, type Ref, tempFile, tempPath } from './layouts.ts';
import { concat, type RawEntry, rawTar } from './tar-bytes.ts';
import { COMMAND, component, coreModule, PLUGIN, section, text, vec } from './wasm-bytes.ts';

async function refusal(path: string): Promise<PackageError> {
  const outcome = await openPackage(path).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(PackageError);
  return outcome as PackageError;
}

const PREVIEW1 = coreModule(
  section(1, vec([0x60, 0, 0])),
  section(2, vec([...text('wasi_snapshot_preview1'), ...text('sched_yield'), 0x00, 0])),
  section(3, vec([0])),
  section(7, vec([...text('_start'), 0x00, 1])),
  section(10, vec([2, 0, 0x0b])),
);

async function contentOf(reader: PackageReader): Promise<unknown> {
  return Promise.all(reader.components.map(async (part) => ({ container: part.container, digest: part.digest, matches: digestOf(await part.read()) === part.digest })));
}

describe('a .forgepkg', () => {
  test.each(['tar', 'directory'] as const)('is opened from a %s', async (where) => {
    const layout = forgeLayout(COMMAND);
    const reader = await openPackage(where === 'tar' ? layout.tar() : layout.directory());
    expect(reader).toMatchObject({ kind: 'forgepkg', reference: 'acme/web@1.2.0', files: [], referrers: [] });
    expect(reader.manifest.containers[0]?.name).toBe('web');
    expect(await contentOf(reader)).toEqual([{ container: 'web', digest: digestOf(COMMAND), matches: true }]);
    await reader.verify();
    expect(await validatePackage(reader.path)).toEqual([]);
  });

  test('may be opened by digest, and then has that digest', async () => {
    const path = forgeLayout(COMMAND).tar();
    const { digest } = await openPackage(path);
    expect((await openPackage(path, { digest })).digest).toBe(digest);
    await expect(openPackage(path, { digest: digestOf(COMMAND) })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('its manifest is checked, unless the kernel knows that config already', async () => {
    const layout = new LayoutFiles();
    const layer = layout.blob(COMMAND, 'application/wasm');
    const config = layout.blob(json({ package: { name: 'acme/web', version: '1.2.0' }, container: [{ name: 'web', component: layer.digest, unknown: 1 }] }), FORGE.config);
    const path = layout.index([layout.manifest({ artifactType: FORGE.artifactType, config, layers: [layer] })]).tar();
    expect((await refusal(path)).message).toContain('unknown key "unknown"');
    expect((await openPackage(path, { isCheckedConfig: (digest) => digest === config.digest })).reference).toBe('acme/web@1.2.0');
  });

  test('lists its file layers and reads their entries', async () => {
    const layout = new LayoutFiles();
    const layer = layout.blob(COMMAND, 'application/wasm');
    const files = layout.blob(zstdCompressSync(rawTar({ name: 'static/Index.html', content: '<p>' })), 'application/vnd.oci.image.layer.v1.tar+zstd');
    const config = { package: { name: 'a', version: '1.0.0' }, container: [{ name: 'web', component: layer.digest, layers: [files.digest] }] };
    const manifest = layout.manifest({ artifactType: FORGE.artifactType, config: layout.blob(json(config), FORGE.config), layers: [layer, files] });
    const reader = await openPackage(layout.index([manifest]).tar());
    expect(reader.files).toMatchObject([{ containers: ['web'], digest: files.digest, size: files.size }]);
    const names: string[] = [];
    for await (const entry of reader.files[0]?.entries() ?? []) names.push(entry.name);
    expect(names).toEqual(['static/Index.html']);
  });

  test('may hold referrers, which are listed with their subject and never opened as packages', async () => {
    const layout = forgeLayout(COMMAND);
    const { manifests } = JSON.parse(new TextDecoder().decode(layout.files.get('index.json'))) as { manifests: Ref[] };
    const [root] = manifests as [Ref];
    const signature = layout.manifest({
      artifactType: 'application/vnd.example.signature.v1+json',
      config: layout.blob(json({}), 'application/vnd.oci.empty.v1+json'),
      layers: [layout.blob(json({ sig: 1 }), 'application/octet-stream')],
      subject: root,
    });
    const reader = await openPackage(layout.index([signature, root]).tar());
    expect(reader.digest).toBe(root.digest);
    expect(reader.referrers).toMatchObject([{ digest: signature.digest, subject: root.digest, artifactType: 'application/vnd.example.signature.v1+json' }]);
    expect(await reader.referrers[0]?.layers[0]?.read()).toEqual(Buffer.from('{"sig":1}'));
  });

  test('with several packages asks for a digest', async () => {
    const one = forgeLayout(COMMAND);
    const other = forgeLayout(component({ exports: ['wasi:cli/run@0.2.0'] }));
    const manifests = [one, other].flatMap(({ files }) => (JSON.parse(new TextDecoder().decode(files.get('index.json'))) as { manifests: Ref[] }).manifests);
    for (const [name, bytes] of other.files) one.files.set(name, bytes);
    const error = await refusal(one.index(manifests).tar());
    expect(error.code).toBe('conflict');
    for (const { digest } of manifests) expect(error.message).toContain(digest);
  });
});

describe('a CNCF wasm artifact', () => {
  const artifact = (config: unknown, wasm = COMMAND, extraLayers: (layout: LayoutFiles) => Ref[] = () => []) => {
    const layout = new LayoutFiles();
    const layer = layout.blob(wasm, 'application/wasm');
    const manifest = layout.manifest({ config: layout.blob(json(config), 'application/vnd.wasm.config.v0+json'), layers: [layer, ...extraLayers(layout)] });
    return layout.index([manifest]);
  };
  const config = { created: '2026-01-01T00:00:00Z', architecture: 'wasm', os: 'wasip2', layerDigests: [digestOf(COMMAND)] };

  test.each(['tar', 'directory'] as const)('is opened from a %s with a manifest made for it', async (where) => {
    const layout = artifact(config);
    const reader = await openPackage(where === 'tar' ? layout.tar('Hello_World.tar') : layout.directory('Hello_World'));
    expect(reader).toMatchObject({ kind: 'wasm-artifact', reference: 'hello-world@0.0.0' });
    expect(await contentOf(reader)).toEqual([{ container: 'hello-world', digest: digestOf(COMMAND), matches: true }]);
    expect(await validatePackage(reader.path)).toEqual([]);
  });

  test('must have one layer, the right architecture and its own digests', async () => {
    const second = (layout: LayoutFiles) => [layout.blob(json('x'), 'application/wasm')];
    expect((await refusal(artifact(config, COMMAND, second).tar())).message).toContain('exactly one layer');
    expect((await refusal(artifact({ ...config, architecture: 'amd64' }).tar())).message).toContain('amd64');
    expect((await refusal(artifact({ ...config, layerDigests: [digestOf(PLUGIN)] }).tar())).message).toContain('layerDigests');
  });

  test('that holds no WebAssembly is refused', async () => {
    expect((await refusal(artifact({ architecture: 'wasm' }, Buffer.from('MZ')).tar())).message).toContain('is not WebAssembly');
  });
});

describe('a bare .wasm', () => {
  test.each([
    ['app.wasm', COMMAND, 'app@0.0.0', 'app'],
    ['My Prog-1.0.WASM', PREVIEW1, 'my-prog-1-0@0.0.0', 'my-prog-1-0'],
    ['%%%.wasm', COMMAND, 'package@0.0.0', 'package'],
    ['p.wasm', PLUGIN, 'p@0.0.0', 'plugin'],
  ])('%s is opened', async (name, bytes, reference, container) => {
    const reader = await openPackage(tempFile(name, bytes));
    expect(reader).toMatchObject({ kind: 'wasm', reference, digest: digestOf(bytes) });
    expect(await contentOf(reader)).toEqual([{ container, digest: digestOf(bytes), matches: true }]);
    expect(await validatePackage(reader.path)).toEqual([]);
  });

  test('that exports a plugin life cycle is a plugin which provides its other interfaces', async () => {
    expect((await openPackage(tempFile('p.wasm', PLUGIN))).manifest).toMatchObject({
      package: { kind: 'plugin' },
      plugin: { provides: ['forge:storage/volumes@0.1.0'] },
      containers: [],
    });
  });

  test('that is a library can be opened and is no valid program', async () => {
    const path = tempFile('lib.wasm', component({ exports: ['acme:math/add@1.0.0'] }));
    await openPackage(path);
    expect(await validatePackage(path)).toMatchObject([{ code: 'unsupported', message: expect.stringContaining('"acme:math/add@1.0.0"') }]);
  });
});

describe('an ordinary OCI image', () => {
  const image = (config: unknown, layers: readonly (readonly [Uint8Array, string])[], diffIds = layers.map(([tar]) => digestOf(tar))) => {
    const layout = new LayoutFiles();
    const blobs = layers.map(([tar, type]) => layout.blob(type.endsWith('gzip') ? gzipSync(tar) : type.endsWith('zstd') ? zstdCompressSync(tar) : tar, type));
    const manifest = layout.manifest({
      config: layout.blob(json({ rootfs: { type: 'layers', diff_ids: diffIds }, ...(config as object) }), 'application/vnd.oci.image.config.v1+json'),
      layers: blobs,
    });
    return layout.index([manifest]);
  };
  const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
  const ZSTD = 'application/vnd.oci.image.layer.v1.tar+zstd';
  const PLAIN = 'application/vnd.oci.image.layer.v1.tar';
  const wasi = (config: object) => ({ os: 'wasi', architecture: 'wasm', config });

  test('for Linux is recognised and refused with what to do instead', async () => {
    const error = await refusal(image({ os: 'linux', architecture: 'amd64', config: { Entrypoint: ['/bin/sh'] } }, [[rawTar({ name: 'bin/sh' }), GZIP]]).tar());
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('linux/amd64') });
    expect(error.problems[0]?.hint).toContain('image = ');
  });

  test.each([GZIP, ZSTD, PLAIN])('for wasi/wasm is opened from a layer of type %s, with its arguments and variables', async (type) => {
    const config = wasi({ Entrypoint: ['/App/main.wasm', '--flag'], Cmd: ['arg'], Env: ['A=1', 'B=x=y'] });
    const reader = await openPackage(image(config, [[rawTar({ name: 'App/', type: '5' }, { name: 'App/main.wasm', content: PREVIEW1 }), type]]).tar('img.tar'));
    expect(reader).toMatchObject({ kind: 'oci-image', manifest: { containers: [{ args: ['--flag', 'arg'], env: { A: '1', B: 'x=y' } }] } });
    expect(await contentOf(reader)).toEqual([{ container: 'img', digest: digestOf(PREVIEW1), matches: true }]);
  });

  test('whose entrypoint ends in .wasm is opened whatever its platform, relative to its working directory', async () => {
    const config = { os: 'linux', architecture: 'amd64', config: { WorkingDir: '/srv/app', Entrypoint: ['../main.wasm'] } };
    expect((await openPackage(image(config, [[rawTar({ name: 'srv/main.wasm', content: COMMAND }), GZIP]]).tar())).components[0]?.digest).toBe(digestOf(COMMAND));
  });

  test('the highest layer wins, whiteouts take away, and links are not followed', async () => {
    const config = wasi({ Entrypoint: ['a/m.wasm'] });
    const low: RawEntry = { name: 'a/m.wasm', content: PREVIEW1 };
    const open = async (...layers: RawEntry[][]) =>
      (
        await openPackage(
          image(
            config,
            layers.map((entries) => [rawTar(...entries), GZIP] as const),
          ).tar(),
        )
      ).components[0]?.digest;
    expect(await open([low], [{ name: 'a/m.wasm', content: COMMAND }])).toBe(digestOf(COMMAND));
    expect(await open([low], [{ name: 'a/other' }, { name: 'b', type: '2', linkName: '/etc' }])).toBe(digestOf(PREVIEW1));
    expect(await open([low], [{ name: 'a/m.wasm', content: COMMAND }, { name: 'a/.wh..wh..opq' }])).toBe(digestOf(COMMAND));
    for (const hiding of [
      { name: 'a/.wh.m.wasm' },
      { name: '.wh.a' },
      { name: 'a/.wh..wh..opq' },
      { name: 'a', type: '2', linkName: 'b' },
      { name: 'a/m.wasm', type: '2', linkName: '/bin/sh' },
    ]) {
      await expect(open([low], [hiding])).rejects.toThrow('is no file in its layers');
    }
  });

  test('whose layers are not their diff_ids is refused', async () => {
    const tar = rawTar({ name: 'm.wasm', content: COMMAND });
    expect((await refusal(image(wasi({ Entrypoint: ['m.wasm'] }), [[tar, GZIP]], [digestOf(Buffer.from('x'))]).tar())).message).toContain('diff_id');
    expect((await refusal(image(wasi({ Entrypoint: ['m.wasm'] }), [[tar, GZIP]], []).tar())).message).toContain('0 diff_ids');
  });

  test('may have beside it what `docker save` adds for older readers', async () => {
    const layout = image(wasi({ Entrypoint: ['m.wasm'] }), [[rawTar({ name: 'm.wasm', content: COMMAND }), GZIP]]);
    layout.files.set('manifest.json', json([]));
    expect((await openPackage(layout.tar())).kind).toBe('oci-image');
  });

  test('for several platforms is opened for wasi/wasm', async () => {
    const layout = image(wasi({ Entrypoint: ['m.wasm'] }), [[rawTar({ name: 'm.wasm', content: COMMAND }), GZIP]]);
    const [wasm] = (JSON.parse(new TextDecoder().decode(layout.files.get('index.json'))) as { manifests: [Ref] }).manifests;
    const linux = layout.manifest({ config: layout.blob(json({ os: 'linux' }), 'application/vnd.oci.image.config.v1+json'), layers: [] });
    const inner = layout.blob(
      json({
        schemaVersion: 2,
        manifests: [
          { ...linux, platform: { os: 'linux', architecture: 'amd64' } },
          { ...wasm, platform: { os: 'wasi', architecture: 'wasm' } },
        ],
      }),
      'application/vnd.oci.image.index.v1+json',
    );
    expect((await openPackage(layout.index([inner]).tar())).kind).toBe('oci-image');
  });

  describe('attack 3: decompression bombs are stopped at the budget', () => {
    const bomb = (tar: Uint8Array, type: string) => refusal(image(wasi({ Entrypoint: ['m.wasm'] }), [[tar, type]]).tar());
    const zeros = rawTar({ name: 'm.wasm', content: COMMAND }, { name: 'zeros', content: new Uint8Array(64 * 1024 * 1024) });

    test.each([GZIP, ZSTD])('64 MB of zeros in a layer of type %s', async (type) => {
      expect(await bomb(zeros, type)).toMatchObject({ code: 'limit', message: expect.stringContaining('times its') });
    });

    test('a bomb within a bomb is the file it is', async () => {
      expect((await bomb(rawTar({ name: 'm.wasm', content: gzipSync(zeros) }), GZIP)).message).toContain('is not WebAssembly');
    });

    test('a hundred thousand entries', async () => {
      expect((await bomb(manyFiles(100_001), PLAIN)).code).toBe('limit');
    });
  });

  test.each([
    ['data after the gzip stream', concat(gzipSync(rawTar({ name: 'm.wasm', content: COMMAND })), Buffer.from('more')), GZIP],
    ['zeros after the gzip stream', concat(gzipSync(rawTar({ name: 'm.wasm', content: COMMAND })), new Uint8Array(9)), GZIP],
    ['data after the zstd stream', concat(zstdCompressSync(rawTar({ name: 'm.wasm', content: COMMAND })), Buffer.from('more')), ZSTD],
    ['a cut gzip stream', gzipSync(rawTar({ name: 'm.wasm', content: COMMAND })).subarray(0, -9), GZIP],
    ['a layer that is no gzip', rawTar({ name: 'm.wasm', content: COMMAND }), GZIP],
    ['a gzip of no tar', gzipSync(Buffer.alloc(5_000, 1)), GZIP],
  ])('attack 4: %s is refused', async (_, bytes, type) => {
    const layout = new LayoutFiles();
    const layer = layout.blob(bytes, type);
    const config = layout.blob(json({ ...wasi({ Entrypoint: ['m.wasm'] }), rootfs: { diff_ids: [digestOf(bytes)] } }), 'application/vnd.oci.image.config.v1+json');
    expect((await refusal(layout.index([layout.manifest({ config, layers: [layer] })]).tar())).code).toBe('invalid');
  });

  test('with a device in a layer is refused', async () => {
    const tar = rawTar({ name: 'm.wasm', content: COMMAND }, { name: 'dev/null', type: '3' });
    expect((await refusal(image(wasi({ Entrypoint: ['m.wasm'] }), [[tar, GZIP]]).tar())).message).toContain('character device');
  });
});

function manyFiles(count: number): Uint8Array {
  const head = rawTar({ name: 'f0000000' }).subarray(0, 512);
  const baseSum = Number.parseInt(Buffer.from(head.subarray(148, 154)).toString(), 8);
  const tar = Buffer.alloc(512 * count + 1_024);
  for (let index = 0; index < count; index++) {
    const digits = String(index).padStart(7, '0');
    const sum = [...digits].reduce((total, digit) => total + Number(digit), baseSum);
    tar.set(head, 512 * index);
    tar.write(digits, 512 * index + 1);
    tar.write(sum.toString(8).padStart(6, '0'), 512 * index + 148);
  }
  return tar;
}

describe('attack 6: wrong digest or size, missing or extra blob', () => {
  const blobOf = (bytes: Uint8Array) => `blobs/${digestOf(bytes).replace(':', '/')}`;

  test('a missing blob is refused when the package is opened', async () => {
    const layout = forgeLayout(COMMAND);
    layout.files.delete(blobOf(COMMAND));
    for (const path of [layout.tar(), layout.directory()]) expect((await refusal(path)).message).toContain(`${digestOf(COMMAND)} is missing`);
  });

  test('a blob of another size is refused when the package is opened', async () => {
    const layout = forgeLayout(COMMAND);
    layout.files.set(blobOf(COMMAND), concat(COMMAND, Uint8Array.of(0)));
    for (const path of [layout.tar(), layout.directory()]) expect((await refusal(path)).message).toContain('should have');
  });

  test('a blob with other content is refused when it is read, and by verify and validate', async () => {
    const layout = forgeLayout(COMMAND);
    const changed = Uint8Array.from(COMMAND);
    changed[changed.length - 1] = 0x55;
    layout.files.set(blobOf(COMMAND), changed);
    for (const path of [layout.tar(), layout.directory()]) {
      const reader = await openPackage(path);
      await expect(reader.components[0]?.read()).rejects.toThrow('other content than its digest says');
      await expect(reader.verify()).rejects.toThrow('other content than its digest says');
      expect(await validatePackage(path)).toHaveLength(1);
    }
  });

  test('a component that is changed after the package was opened is refused', async () => {
    const directory = forgeLayout(COMMAND).directory();
    const reader = await openPackage(directory);
    writeFileSync(
      join(directory, blobOf(COMMAND)),
      Uint8Array.from(COMMAND, (byte) => byte ^ 1),
    );
    await expect(reader.components[0]?.read()).rejects.toBeInstanceOf(PackageError);
  });

  test.each([`blobs/sha256/${'ab'.repeat(32)}`, 'evil.sh', 'blobs/extra', 'manifest.json'])('the extra file %s is refused', async (name) => {
    const layout = forgeLayout(COMMAND);
    layout.files.set(name, Buffer.from('x'));
    for (const path of [layout.tar(), layout.directory()]) expect((await refusal(path)).message).toContain('belongs to nothing');
  });

  test('a config or manifest with other content than its digest says is refused', async () => {
    for (const kind of ['config', 'manifest']) {
      const layout = forgeLayout(COMMAND);
      const [name, bytes] = [...layout.files].find(([, content]) => new TextDecoder().decode(content).includes(kind === 'config' ? '"package":' : 'artifactType')) as [
        string,
        Uint8Array,
      ];
      layout.files.set(name, new TextEncoder().encode(new TextDecoder().decode(bytes).replace('application', 'Application').replace('acme', 'evil')));
      expect((await refusal(layout.tar())).message).toContain('other content than its digest says');
    }
  });

  test('two sizes for one digest are refused', async () => {
    const layout = new LayoutFiles();
    const layer = layout.blob(COMMAND, 'application/wasm');
    const config = layout.blob(json({ package: { name: 'a', version: '1.0.0' }, container: [{ name: 'c', component: layer.digest }] }), FORGE.config);
    const manifest = layout.manifest({ artifactType: FORGE.artifactType, config, layers: [layer, { ...layer, size: layer.size + 1 }] });
    expect((await refusal(layout.index([manifest]).tar())).message).toContain('should have');
  });

  test('a component that the manifest does not name, and one that is not there, are both told', async () => {
    const other = `sha256:${'cd'.repeat(32)}`;
    const layout = forgeLayout(COMMAND, { config: { package: { name: 'a', version: '1.0.0' }, container: [{ name: 'c', component: other, layers: [other] }] } });
    const { message } = await refusal(layout.tar());
    expect(message).toContain(`names the component ${other}, which is no layer`);
    expect(message).toContain(`names the layer ${other}, which is no file layer`);
    expect(message).toContain(`the component ${digestOf(COMMAND)} is not named`);
  });

  test('all problems of a package are told at once', async () => {
    const layout = forgeLayout(COMMAND, { config: { package: { name: 'A', version: '1' } } });
    layout.files.delete(blobOf(COMMAND));
    layout.files.set('extra', Buffer.from(''));
    const { problems } = await refusal(layout.tar());
    expect(problems.length).toBeGreaterThanOrEqual(5);
  });
});

describe('what is no package is refused with what would be one', () => {
  test.each([
    ['nothing there', () => tempPath('none'), 'not-found'],
    ['an empty file', () => tempFile('empty', ''), 'invalid'],
    ['text', () => tempFile('readme', 'hello'.repeat(200)), 'invalid'],
    ['a gzipped tar', () => tempFile('p.tgz', gzipSync(rawTar({ name: 'oci-layout' }))), 'invalid'],
    ['a tar of something else', () => tempFile('p.tar', rawTar({ name: 'readme' })), 'invalid'],
    ['a folder of something else', () => new LayoutFiles().directory().replace(/$/, '/..'), 'invalid'],
    ['a device', () => '/dev/zero', 'invalid'],
    ['a FIFO', () => makeFifo(tempPath('fifo')), 'invalid'],
    ['a WebAssembly header and garbage', () => tempFile('g.wasm', concat(COMMAND.subarray(0, 8), Uint8Array.of(99, 1, 1))), 'unsupported'],
  ])('%s', async (_, path, code) => {
    expect((await refusal(path())).code).toBe(code);
  });

  test('a layout with a symbolic link in it is refused', async () => {
    const layout = forgeLayout(COMMAND);
    const directory = layout.directory();
    symlinkSync('/etc/passwd', join(directory, 'blobs/sha256', 'cd'.repeat(32)));
    expect((await refusal(directory)).message).toContain('neither file nor directory');
  });

  test('a layout with a folder that is a symbolic link is refused', async () => {
    const outside = forgeLayout(COMMAND).directory();
    const directory = tempPath('layout');
    mkdirSync(directory);
    for (const file of ['oci-layout', 'index.json']) writeFileSync(join(directory, file), readFileSync(join(outside, file)));
    symlinkSync(join(outside, 'blobs'), join(directory, 'blobs'));
    expect((await refusal(directory)).message).toContain('neither file nor directory');
  });

  test.each([
    ['no layout version', (layout: LayoutFiles) => layout.files.set('oci-layout', json({})), 'unsupported'],
    ['a layout version from the future', (layout: LayoutFiles) => layout.files.set('oci-layout', json({ imageLayoutVersion: '2.0.0' })), 'unsupported'],
    ['no index', (layout: LayoutFiles) => layout.files.delete('index.json'), 'invalid'],
    ['an empty index', (layout: LayoutFiles) => layout.index([]), 'invalid'],
    ['an index that is no object', (layout: LayoutFiles) => layout.files.set('index.json', json('[]')), 'invalid'],
    ['an index with a key twice', (layout: LayoutFiles) => layout.files.set('index.json', json('{"schemaVersion":2,"manifests":[],"manifests":[]}')), 'invalid'],
    [
      'an index that is also a manifest (CVE-2021-41190)',
      (layout: LayoutFiles) => layout.files.set('index.json', json({ schemaVersion: 2, manifests: [], layers: [] })),
      'invalid',
    ],
    ['an index of 5 MB', (layout: LayoutFiles) => layout.files.set('index.json', json(`{"a":"${'x'.repeat(5_000_000)}"}`)), 'limit'],
    [
      'a digest of another kind',
      (layout: LayoutFiles) => layout.index([{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: `sha512:${'ab'.repeat(64)}`, size: 1 }]),
      'unsupported',
    ],
    [
      'a digest that is a path',
      (layout: LayoutFiles) => layout.index([{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: 'sha256:../../../etc/passwd', size: 1 }]),
      'unsupported',
    ],
    ['a negative size', (layout: LayoutFiles) => layout.index([{ mediaType: 'x', digest: digestOf(COMMAND), size: -1 }]), 'invalid'],
    ['a size of 2^53', (layout: LayoutFiles) => layout.index([{ mediaType: 'x', digest: digestOf(COMMAND), size: 2 ** 53 }]), 'invalid'],
    ['a manifest of unknown type', (layout: LayoutFiles) => layout.index([layout.manifest({ config: layout.blob(json({}), 'x') }, 'application/x')]), 'unsupported'],
    [
      'an artifact of unknown type',
      (layout: LayoutFiles) => layout.index([layout.manifest({ config: layout.blob(json({}), 'application/vnd.cncf.helm.config.v1+json') })]),
      'unsupported',
    ],
    ['half a forgepkg', (layout: LayoutFiles) => layout.index([layout.manifest({ artifactType: FORGE.artifactType, config: layout.blob(json({}), 'application/x') })]), 'invalid'],
    ['a hundred thousand manifests', (layout: LayoutFiles) => layout.index(new Array(20_000).fill({ mediaType: 'x', digest: digestOf(COMMAND), size: 1 })), 'limit'],
    ['indexes nested three deep', (layout: LayoutFiles) => layout.index([nestIndex(layout, 3)]), 'limit'],
  ])('%s', async (_, change, code) => {
    const layout = forgeLayout(COMMAND);
    change(layout);
    expect((await refusal(layout.tar())).code).toBe(code);
  });
});

function makeFifo(path: string): string {
  execFileSync('mkfifo', [path]);
  return path;
}

function nestIndex(layout: LayoutFiles, depth: number): Ref {
  const manifests = depth === 0 ? [] : [nestIndex(layout, depth - 1)];
  return layout.blob(json({ schemaVersion: 2, manifests }), 'application/vnd.oci.image.index.v1+json');
}

test('flipped bytes anywhere in a package are refused or harmless, and never crash or hang', async () => {
  const good = readFileSync(forgeLayout(COMMAND).tar());
  const { digest } = await openPackage(tempFile('good.forgepkg', good));
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const path = tempPath('flipped.forgepkg');
  let refused = 0;
  for (let round = 0; round < 1_000; round++) {
    const changed = Uint8Array.from(good);
    changed[random(changed.length)] = random(256);
    writeFileSync(path, changed);
    try {
      const reader = await openPackage(path);
      await reader.verify();
      // What is left to flip is what nobody reads: times and owners in headers, or the index's own annotations.
      expect(reader.digest).toBe(digest);
    } catch (error) {
      expect(error).toBeInstanceOf(PackageError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
});

test('no file stays open, however a reading ends', async () => {
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const layout = new LayoutFiles();
  const wasm = layout.blob(COMMAND, 'application/wasm');
  const files = layout.blob(
    gzipSync(rawTar({ name: 'a', content: new Uint8Array(300_000).map((_, index) => index * 7) }, { name: 'b' })),
    'application/vnd.oci.image.layer.v1.tar+gzip',
  );
  const config = layout.blob(json({ package: { name: 'a', version: '1.0.0' }, container: [{ name: 'c', component: wasm.digest, layers: [files.digest] }] }), FORGE.config);
  const path = layout.index([layout.manifest({ artifactType: FORGE.artifactType, config, layers: [wasm, files] })]).tar();
  const before = openFiles();
  const reader = await openPackage(path);
  for await (const _ of reader.files[0]?.entries() ?? []) break;
  for await (const { content } of reader.files[0]?.entries() ?? []) for await (const _ of content()) break;
  await expect(async () => {
    for await (const _ of reader.files[0]?.entries({ bytesMax: 1_000 }) ?? []);
  }).rejects.toMatchObject({ code: 'limit' });
  await reader.components[0]?.read();
  await openPackage(tempFile('x.tar', rawTar({ name: '../x' }))).catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(openFiles()).toBe(before);
});
