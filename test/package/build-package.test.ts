import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  buildFileLayer,
  buildPackage,
  MEDIA_TYPE,
  openPackage,
  PackageError,
  type PackageParts,
  PLUGIN_COMPONENT,
  parseManifestToml,
  validatePackage,
  writePackage,
} from '../../sdk/package/src/index.ts';
import { digestOf, tempFile, tempPath } from './layouts.ts';
import { COMMAND, component, PLUGIN } from './wasm-bytes.ts';

const HANDLER = component({ exports: ['forge:http/handler@0.1.0'] });
const ASSETS = await buildFileLayer([{ name: 'index.html', bytes: Buffer.from('<p>') }]);

async function app(): Promise<PackageParts> {
  const manifest = await parseManifestToml(`
    [package]
    name = "acme/web"
    version = "1.2.0+build.1"
    license = "Apache-2.0"
    authors = ["Ada", "Grace"]
    [[container]]
    name = "web"
    source = "src/web.ts"
    layers = ["assets"]
    [[container]]
    name = "job"
    component = "job.wasm"
    depends-on = ["web"]
    [[container]]
    name = "job-again"
    component = "job.wasm"
    [[container]]
    name = "db"
    image = "postgres:18"
  `);
  return {
    manifest,
    components: new Map([
      ['web', HANDLER],
      ['job', COMMAND],
      ['job-again', COMMAND],
    ]),
    files: new Map([['assets', ASSETS]]),
  };
}

async function problemsOf(parts: PackageParts): Promise<string[]> {
  const outcome = await buildPackage(parts).catch((error: unknown) => error);
  return outcome instanceof PackageError ? outcome.problems.map(({ message }) => message) : [];
}

describe('a package that was written', () => {
  test('reads back with its manifest, components and layers', async () => {
    const parts = await app();
    const path = tempPath('web.forgepkg');
    const { digest, size } = await writePackage(path, parts);
    const reader = await openPackage(path);
    expect(reader).toMatchObject({ kind: 'forgepkg', digest, reference: 'acme/web@1.2.0+build.1' });
    expect(readFileSync(path)).toHaveLength(size);
    const [web, job, jobAgain, db] = parts.manifest.containers;
    expect(reader.manifest).toEqual({
      ...parts.manifest,
      containers: [
        { ...web, source: undefined, component: digestOf(HANDLER), layers: [digestOf(ASSETS.bytes)] },
        { ...job, component: digestOf(COMMAND) },
        { ...jobAgain, component: digestOf(COMMAND) },
        db,
      ],
    });
    expect(reader.components.map(({ container, digest: of }) => [container, of])).toEqual([
      ['web', digestOf(HANDLER)],
      ['job', digestOf(COMMAND)],
      ['job-again', digestOf(COMMAND)],
    ]);
    expect(Buffer.from((await reader.components[0]?.read()) ?? [])).toEqual(Buffer.from(HANDLER));
    for await (const { name } of reader.files[0]?.entries() ?? []) expect(name).toBe('index.html');
    expect(reader.annotations).toMatchObject({ 'org.opencontainers.image.title': 'acme/web', 'org.opencontainers.image.authors': 'Ada, Grace' });
    expect(await validatePackage(path)).toEqual([]);
  });

  test('has the same bytes whenever and in whatever order it was built', async () => {
    const parts = await app();
    const reversed = { ...parts, components: new Map([...parts.components].reverse()), annotations: { 'b.x': '1', 'a.x': '2' } };
    expect(digestOf(await buildPackage(parts))).toBe(digestOf(await buildPackage(await app())));
    expect(digestOf(await buildPackage(reversed))).toBe(digestOf(await buildPackage({ ...parts, annotations: { 'a.x': '2', 'b.x': '1' } })));
  });

  test('is packed again from its own manifest to the same bytes', async () => {
    const parts = await app();
    const reader = await openPackage(tempFile('a.forgepkg', await buildPackage(parts)));
    const again = await buildPackage({ ...parts, manifest: reader.manifest, files: new Map([[digestOf(ASSETS.bytes), ASSETS]]) });
    expect(digestOf(again)).toBe(digestOf(await buildPackage(parts)));
  });

  test('may be a plugin', async () => {
    const manifest = await parseManifestToml(
      '[package]\nname = "forge/storage"\nversion = "0.1.0"\nkind = "plugin"\n[plugin]\nsource = "s.ts"\nprovides = ["forge:storage/volumes@0.1.0"]',
    );
    const path = tempFile('p.forgepkg', await buildPackage({ manifest, components: new Map([[PLUGIN_COMPONENT, PLUGIN]]) }));
    expect((await openPackage(path)).components).toMatchObject([{ container: 'plugin', digest: digestOf(PLUGIN) }]);
    expect(await validatePackage(path)).toEqual([]);
  });
});

describe('parts that do not fit are refused, all at once', () => {
  test('what is missing and what is too much', async () => {
    const parts = await app();
    expect(
      await problemsOf({
        ...parts,
        components: new Map([
          ['web', HANDLER],
          ['job', COMMAND],
          ['extra', COMMAND],
        ]),
        files: new Map([['other', ASSETS]]),
      }),
    ).toEqual([
      'the layer "assets" was not given',
      'the component of "job-again" was not given',
      'a component was given for "extra", which has none in the manifest',
      'the layer "other" is not named by the manifest',
    ]);
  });

  test('components that are none, that cannot run, or that are plugins', async () => {
    const parts = await app();
    const components = new Map([
      ['web', PLUGIN],
      ['job', component({ exports: ['a:b/c@1.0.0'] })],
      ['job-again', Buffer.from('MZ')],
    ]);
    expect(await problemsOf({ ...parts, components })).toEqual([
      'is not WebAssembly: it does not begin with "\\0asm"',
      'is a plugin, not a program',
      'exports nothing that can be run; it exports "a:b/c@1.0.0"',
    ]);
  });

  test('attack 18: a plugin that provides an interface, or a version, that it does not export', async () => {
    const manifest = await parseManifestToml(
      '[package]\nname = "a"\nversion = "0.1.0"\nkind = "plugin"\n[plugin]\nsource = "s.ts"\nprovides = ["forge:storage/volumes@0.2.0", "forge:security/authorizer@0.1.0"]',
    );
    expect(await problemsOf({ manifest, components: new Map([[PLUGIN_COMPONENT, PLUGIN]]) })).toHaveLength(2);
    expect((await problemsOf({ manifest, components: new Map([[PLUGIN_COMPONENT, COMMAND]]) }))[0]).toContain('exports no forge:plugin/lifecycle');
  });

  test('a manifest that was made without checking it', async () => {
    const parts = await app();
    const manifest = { ...parts.manifest, package: { ...parts.manifest.package, version: 'latest' } };
    expect(await problemsOf({ ...parts, manifest })).toEqual(['package.version cannot be "latest"']);
  });

  test('a layer of a type that is no file layer', async () => {
    const parts = await app();
    expect(await problemsOf({ ...parts, files: new Map([['assets', { ...ASSETS, mediaType: 'text/html' }]]) })).toEqual([
      'the layer "assets" has the type "text/html", which is no file layer\'s',
    ]);
  });
});

describe('writing', () => {
  test('leaves nothing behind when it fails, and the old file as it was', async () => {
    const path = tempPath('web.forgepkg');
    mkdirSync(path);
    await expect(writePackage(path, await app())).rejects.toMatchObject({ code: expect.stringMatching(/^E/) });
    expect(readdirSync(dirname(path))).toEqual(['web.forgepkg']);
    const old = tempFile('old.forgepkg', 'old');
    await expect(writePackage(old, { ...(await app()), components: new Map() })).rejects.toBeInstanceOf(PackageError);
    expect(readFileSync(old, 'utf8')).toBe('old');
  });

  test('replaces a file in one step, so that a reader of the old one keeps it whole', async () => {
    const path = tempFile('web.forgepkg', 'old');
    await writePackage(path, await app());
    expect((await openPackage(path)).reference).toBe('acme/web@1.2.0+build.1');
    expect(readdirSync(dirname(path))).toEqual(['web.forgepkg']);
  });
});

const hasTool = (tool: string) => {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!hasTool('skopeo'))('skopeo (skipped where it is not installed)', () => {
  const skopeo = (...args: string[]) => execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  test('reads a .forgepkg as an oci-archive and sees the same manifest', async () => {
    const path = tempPath('web.forgepkg');
    const { digest } = await writePackage(path, await app());
    const raw = skopeo('inspect', '--raw', `oci-archive:${path}`);
    expect((JSON.parse(raw) as { artifactType: string }).artifactType).toBe(MEDIA_TYPE.forgePackage);
    expect(digestOf(Buffer.from(raw))).toBe(digest);
  });

  test('and a copy made by skopeo is the same package', async () => {
    const path = tempPath('web.forgepkg');
    const { digest } = await writePackage(path, await app());
    const [directory, archive] = [tempPath('copy'), tempPath('copy.tar')];
    skopeo('copy', `oci-archive:${path}`, `oci:${directory}:latest`);
    skopeo('copy', `oci-archive:${path}`, `oci-archive:${archive}`);
    for (const copy of [directory, archive]) {
      const reader = await openPackage(copy);
      expect(reader).toMatchObject({ digest, reference: 'acme/web@1.2.0+build.1' });
      expect(await validatePackage(copy)).toEqual([]);
    }
  });
});

describe.skipIf(!hasTool('tar'))('GNU tar', () => {
  test('unpacks a .forgepkg to a layout, and packs one that is read again', async () => {
    const path = tempPath('web.forgepkg');
    const { digest } = await writePackage(path, await app());
    const directory = tempPath('unpacked');
    mkdirSync(directory);
    execFileSync('tar', ['-xf', path, '-C', directory]);
    expect((await openPackage(directory)).digest).toBe(digest);
    const packed = `${directory}.tar`;
    execFileSync('tar', ['-cf', packed, '-C', directory, '.']);
    expect((await openPackage(packed)).digest).toBe(digest);
    writeFileSync(`${directory}/blobs/extra`, '');
    expect(await validatePackage(directory)).toHaveLength(1);
  });
});
