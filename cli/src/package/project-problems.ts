/** `forge validate DIR`: what is wrong with a project before it is built. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findComponentProblems, inspectWasm, type Manifest, PackageError, PLUGIN_COMPONENT, type Problem, parseManifestToml, type WasmInfo } from '@forgeone/package';

/** Every problem of forge.toml; if it has none, every file that it names and that is missing or cannot run. */
export async function findProjectProblems(dir: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  const manifest = await collect(problems, async () => parseManifestToml(await readFile(join(dir, 'forge.toml'), 'utf8'), 'forge.toml'));
  if (!manifest) return problems;
  for (const path of filesOf(manifest)) {
    if (!existsSync(join(dir, path))) problems.push({ code: 'not-found', message: `there is no ${path}`, where: 'forge.toml', hint: 'build it first, or correct the path' });
  }
  const components = new Map<string, WasmInfo>();
  for (const [name, path] of componentsOf(manifest)) {
    if (!existsSync(join(dir, path))) continue;
    const info = await collect(problems, async () => inspectWasm(await readFile(join(dir, path)), path));
    if (info) components.set(name, info);
  }
  return [...problems, ...findComponentProblems(manifest, components)];
}

const filesOf = ({ containers, plugin }: Manifest): ReadonlySet<string> =>
  new Set(
    [...containers, ...(plugin ? [{ ...plugin, layers: [] }] : [])].flatMap(({ source, component, layers }) => [source, component, ...layers].filter((path) => path !== undefined)),
  );

function componentsOf({ containers, plugin }: Manifest): (readonly [string, string])[] {
  const all = [...containers.map(({ name, component }) => [name, component] as const), ...(plugin ? [[PLUGIN_COMPONENT, plugin.component] as const] : [])];
  return all.flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
}

async function collect<T>(problems: Problem[], step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (thrown) {
    if (!(thrown instanceof PackageError)) throw thrown;
    problems.push(...thrown.problems);
    return undefined;
  }
}
