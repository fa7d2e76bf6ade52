/** Turns a project into the parts of a package: sources through the SDK, binaries and layers as they are. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  type FileLayerPart,
  type Manifest,
  MEDIA_TYPE,
  PackageError,
  PLUGIN_COMPONENT,
  type Problem,
  parseManifestToml,
  type WrittenPackage,
  writePackage,
} from '@forgeone/package';

export interface BuiltPackage extends WrittenPackage {
  readonly file: string;
  readonly manifest: Manifest;
  /** What each component imports, as far as the SDK built it. */
  readonly warnings: readonly string[];
}

export interface BuildOptions {
  /** Default: `NAME.forgepkg` in the project, without the name's namespace. */
  readonly out: string | undefined;
  readonly onProgress: (step: string) => void;
}

/** Throws a PackageError with every missing file, or the SDK's BuildError with every mistake of one source. */
export async function buildProject(dir: string, { out, onProgress }: BuildOptions): Promise<BuiltPackage> {
  const manifest = await parseManifestToml(await readManifest(dir), 'forge.toml');
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const components = new Map<string, Uint8Array>();
  for (const [name, { source, component }] of programsOf(manifest)) {
    if (source !== undefined) {
      onProgress(`building ${source}`);
      const built = await buildSource(dir, source, name === PLUGIN_COMPONENT && manifest.plugin !== undefined);
      components.set(name, built.component);
      warnings.push(...built.warnings);
    } else if (component !== undefined) {
      const bytes = await readPart(dir, component, `component of ${name}`, problems);
      if (bytes) components.set(name, bytes);
    }
  }
  const files = await readLayers(dir, manifest, problems);
  if (problems.length > 0) throw new PackageError(problems);
  const file = resolve(out ?? join(dir, `${manifest.package.name.split('/').at(-1)}.forgepkg`));
  onProgress('packing');
  return { ...(await writePackage(file, { manifest, components, files })), file, manifest, warnings };
}

async function readManifest(dir: string): Promise<string> {
  const path = join(dir, 'forge.toml');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const problem: Problem = missing
      ? { code: 'not-found', message: 'there is no forge.toml', where: path, hint: 'name the directory of the project: forge build DIR' }
      : { code: 'denied', message: `it cannot be read: ${(cause as Error).message}`, where: path };
    throw new PackageError([problem], { cause });
  }
}

interface Program {
  readonly source?: string | undefined;
  readonly component?: string | undefined;
}

const programsOf = ({ containers, plugin }: Manifest): (readonly [string, Program])[] => [
  ...containers.map((container) => [container.name, container] as const),
  ...(plugin ? [[PLUGIN_COMPONENT, plugin] as const] : []),
];

/** The compiler is loaded only for who has something to compile. */
async function buildSource(dir: string, source: string, isPlugin: boolean): Promise<{ component: Uint8Array; warnings: string[] }> {
  const { buildApp, buildPlugin } = await import('@forgeone/sdk/build');
  const entry = join(dir, source);
  const { component, warnings } = isPlugin ? await buildPlugin({ projectDir: dir, entry }) : await buildApp({ projectDir: dir, entry });
  return { component, warnings: warnings.map(({ message, file, line }) => `${[file, line].filter((part) => part !== undefined).join(':')}${file ? ': ' : ''}${message}`) };
}

async function readPart(dir: string, path: string, what: string, problems: Problem[]): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(dir, path));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    problems.push({
      code: missing ? 'not-found' : 'denied',
      message: missing ? `there is no ${path} (${what})` : `${path} cannot be read: ${(cause as Error).message}`,
      where: 'forge.toml',
      hint: missing ? 'build it first, or correct the path' : undefined,
    });
    return undefined;
  }
}

/** By ending, as tar itself tells them. */
const LAYER_TYPES: readonly (readonly [ending: RegExp, mediaType: string])[] = [
  [/\.(tar\.gz|tgz)$/, MEDIA_TYPE.layerTarGzip],
  [/\.(tar\.zst|tzst)$/, MEDIA_TYPE.layerTarZstd],
  [/\.tar$/, MEDIA_TYPE.layerTar],
];

async function readLayers(dir: string, manifest: Manifest, problems: Problem[]): Promise<Map<string, FileLayerPart>> {
  const files = new Map<string, FileLayerPart>();
  for (const path of new Set(manifest.containers.flatMap(({ layers }) => layers))) {
    const mediaType = LAYER_TYPES.find(([ending]) => ending.test(path))?.[1];
    if (!mediaType) problems.push({ code: 'unsupported', message: `${path} is no layer`, where: 'forge.toml', hint: 'layers end in .tar, .tar.gz, .tgz, .tar.zst or .tzst' });
    const bytes = await readPart(dir, path, 'layer', problems);
    if (bytes && mediaType) files.set(path, { bytes, mediaType });
  }
  return files;
}
