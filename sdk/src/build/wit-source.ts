/**
 * Finds the WIT packages a build may use: the released ABI of `@forgeone/wit`, vendored WASI, and the project's own
 * `wit/` directory.
 */
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseWit, type WitInterface, type WitPackage } from '../wit/parse.ts';

export interface WitFile {
  readonly path: string;
  readonly wit: WitPackage;
}

export interface WitSource {
  readonly files: readonly WitFile[];
  /** By id, for example `forge:host/dirs@0.1.0`. */
  readonly interfaces: ReadonlyMap<string, WitInterface>;
  /** Lays the packages out as WIT tools expect dependencies: one folder a package. */
  copyTo(dir: string): Promise<void>;
}

/** Where the released ABI is: `wit/` of this repository or the installed package. */
export const abiDir = (): string => dirname(fileURLToPath(import.meta.resolve('@forgeone/wit/package.json')));

async function listWitFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.wit'))
    .map((entry) => join(dir, entry.name))
    .sort();
}

async function listFolders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(dir, entry.name))
    .sort();
}

/** Reads the packages under each directory: its own files, its folders, and `deps/`. An earlier directory wins. */
export async function readWitSource(dirs: readonly string[]): Promise<WitSource> {
  const groups = new Map<string, WitFile[]>();
  for (const dir of dirs) {
    for (const folder of [dir, ...(await listFolders(dir)), ...(await listFolders(join(dir, 'deps')))]) {
      const files: WitFile[] = [];
      for (const path of await listWitFiles(folder)) files.push({ path, wit: parseWit(await readFile(path, 'utf8'), path) });
      // A package may spread over files of which only one names it.
      const named = files.find((file) => file.wit.name !== '')?.wit;
      if (!named) continue;
      const id = `${named.name}@${named.version}`;
      if (!groups.has(id)) groups.set(id, files);
    }
  }
  const interfaces = new Map<string, WitInterface>();
  for (const [id, files] of groups) {
    const [name, version] = id.split('@');
    for (const file of files) {
      for (const item of file.wit.interfaces) {
        if (item.unstable) continue;
        const full = `${name}/${item.name}${version ? `@${version}` : ''}`;
        interfaces.set(full, { ...item, id: full });
      }
    }
  }
  return {
    files: [...groups.values()].flat(),
    interfaces,
    async copyTo(dir) {
      for (const [id, files] of groups) {
        const folder = join(dir, id.replace(/[:@]/g, '-'));
        await mkdir(folder, { recursive: true });
        for (const [index, file] of files.entries()) await cp(file.path, join(folder, `${index}.wit`));
      }
    },
  };
}
