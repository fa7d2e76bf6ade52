/** Builds the plugins of B4: in C with the canonical ABI by hand, and in TypeScript by the SDK. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco';
import { buildPlugin } from '@forgeone/sdk/build';
import { BENCH, ROOT } from '../lib/places.mjs';
import { bytesOf, compileCore } from '../lib/toolchain.mjs';

const DEPENDENCIES = ['forge-types', 'forge-plugin', 'forge-kernel'];

/** The WIT of the benchmark with what it uses, as WIT tools expect it. @param {string} dir */
function layWit(dir) {
  for (const name of DEPENDENCIES) cpSync(join(ROOT, 'wit', name), join(dir, 'deps', name), { recursive: true });
  cpSync(join(BENCH, 'guests/wit/echo.wit'), join(dir, 'echo.wit'));
  return dir;
}

/** @param {string} dir Where everything is written. */
export async function buildPlugins(dir) {
  const wit = layWit(join(dir, 'wit'));
  const built = { cores: {}, components: {} };
  for (const [name, world] of [
    ['echo', 'echo-plugin'],
    ['caller', 'caller-plugin'],
  ]) {
    const core = compileCore(`${name}.c`, join(dir, `${name}.core.wasm`));
    built.cores[name] = core;
    const embedded = await componentEmbed({ binary: bytesOf(core), witPath: wit, world });
    built.components[`${name}-c`] = join(dir, `${name}-c.wasm`);
    writeFileSync(built.components[`${name}-c`], await componentNew(embedded.component ?? embedded, null));
  }
  for (const [name, provides] of [
    ['echo', 'bench:echo/echo@0.1.0'],
    ['caller', 'bench:echo/driver@0.1.0'],
  ]) {
    const projectDir = join(dir, `${name}-js`);
    mkdirSync(projectDir, { recursive: true });
    cpSync(join(BENCH, 'guests/wit'), join(projectDir, 'wit'), { recursive: true });
    cpSync(join(BENCH, `guests/${name}-js/plugin.ts`), join(projectDir, 'plugin.ts'));
    const outFile = join(dir, `${name}-js.wasm`);
    const manifest = { package: { name: `bench/${name}`, version: '0.1.0', kind: 'plugin' }, plugin: { source: 'plugin.ts', provides: [provides] } };
    await buildPlugin({ projectDir, manifest, outFile });
    built.components[`${name}-js`] = outFile;
  }
  built.extism = compileCore('extism-echo.c', join(dir, 'extism-echo.wasm'));
  return built;
}
