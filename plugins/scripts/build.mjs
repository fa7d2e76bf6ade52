/** Builds the plugins of the composition: TypeScript to component, component to glue and core modules, into `plugins/dist/`. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildPlugin } from '@forgeone/sdk/build';
import { transformSync } from 'esbuild';
import { parse } from 'smol-toml';
import { LIMITS } from '../../kernel/src/limits.ts';
import { TOOL_KEY } from '../../kernel/src/loader/cache.ts';
import { sha256, transpileComponent } from '../../kernel/src/loader/transpile.ts';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'dist');
const composition = parse(readFileSync(join(root, 'system.toml'), 'utf8'));
mkdirSync(dist, { recursive: true });

/** Names and spaces only: as syntax, the script's value would be dropped as unused. V8 then reads half as much at each start. */
const shrink = (script) => transformSync(script, { minifyWhitespace: true, minifyIdentifiers: true, charset: 'ascii' }).code;

const digests = {};
for (const { name } of composition.plugin) {
  const { component, size, ms } = await buildPlugin({ projectDir: join(root, name) });
  writeFileSync(join(dist, `${name}.wasm`), component);
  await transpileComponent(component, join(dist, 'cache'), LIMITS.pluginMemoryBytesMax, shrink);
  digests[name] = `sha256:${sha256(component)}`;
  console.log(`${name}: ${(size / 1e6).toFixed(1)} MB in ${(ms / 1000).toFixed(1)} s`);
}
// The list last and whole: what it names is there.
writeFileSync(join(dist, 'plugins.json.new'), JSON.stringify(digests, null, 2));
renameSync(join(dist, 'plugins.json.new'), join(dist, 'plugins.json'));
const kept = new Set(Object.values(digests).map((digest) => digest.slice('sha256:'.length)));
for (const tools of readdirSync(join(dist, 'cache'))) {
  for (const entry of readdirSync(join(dist, 'cache', tools))) {
    if (tools !== TOOL_KEY || !kept.has(basename(entry))) rmSync(join(dist, 'cache', tools, entry), { recursive: true });
  }
}

// What one user builds, others may run; nothing of it is secret.
const open = (path) => {
  const isDirectory = statSync(path).isDirectory();
  chmodSync(path, isDirectory ? 0o755 : 0o644);
  if (isDirectory) for (const name of readdirSync(path)) open(join(path, name));
};
open(dist);
