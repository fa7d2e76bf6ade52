/** Bundles the command line and the entries of its threads and children into dist/; `npm run build` calls it with the pinned Node. */

import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.mjs';

const cli = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(cli, 'dist');
const kernel = join(cli, '..', 'kernel', 'src');

if (Number(process.versions.node.split('.')[0]) < 26) {
  console.error(`cli/scripts/build.mjs needs the pinned Node 26, not ${process.versions.node}: npm run build`);
  process.exit(1);
}

/**
 * Loaded from node_modules when they are used: compilers, which find files beside themselves, and the SDK, whose
 * sources become part of what it builds.
 */
const EXTERNAL = ['@forgeone/sdk/build', '@bytecodealliance/*', '@cedar-policy/*', 'componentize-qjs', 'esbuild'];

const { version } = JSON.parse(await readFile(join(cli, 'package.json'), 'utf8'));

/**
 * The entry enables the compile cache, so what it is for is another file. That one holds all that `forge run` needs,
 * because each file costs a start 0.4 ms; what only reads packages is a third, because its 250 KiB cost as much.
 */
const APART = { './main.ts': './main.mjs', '../package/index.ts': './package.mjs' };
const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/(main|package\/index)\.ts$/ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path: APART[path], external: true } : undefined));
  },
};

const shared = {
  absWorkingDir: cli,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  external: EXTERNAL,
  define: { FORGE_VERSION: JSON.stringify(version) },
  plugins: [apart, lazyBuiltins()],
  // Names stay, for stacks; spaces go, because every start reads the file.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  outExtension: { '.js': '.mjs' },
};

const PROGRAM = {
  forge: join(cli, 'src', 'forge.ts'),
  main: join(cli, 'src', 'main.ts'),
  package: join(cli, 'src', 'package', 'index.ts'),
};

/** The kernel finds them as `new URL('./NAME.mjs', import.meta.url)` beside the bundle. Each is one file: a thread starts faster so. */
const THREADS = {
  'domain-worker': join(kernel, 'domain', 'worker.ts'),
  'workload-worker': join(kernel, 'workload', 'worker.ts'),
  'transpile-child': join(kernel, 'loader', 'transpile-child.ts'),
};

async function buildInto(outdir) {
  const missing = Object.values(THREADS).filter((source) => !existsSync(source));
  if (missing.length > 0) throw new Error(`the kernel has no ${missing.join(', no ')}`);
  const { metafile } = await build({ ...shared, outdir, entryPoints: { ...PROGRAM, ...THREADS } });
  await buildPoolEntry(outdir);
  // The addon's loader is in the bundle and looks beside itself; a link, so that an addon built later is the one that is used.
  await symlink(join('..', '..', 'host-native', 'forge-host.node'), join(outdir, 'forge-host.node'));
  return metafile.outputs;
}

/** tinypool, which is bundled, starts its own entry from `./entry/worker.js` beside itself. */
async function buildPoolEntry(outdir) {
  const pool = dirname(createRequire(join(kernel, 'x.js')).resolve('tinypool'));
  await build({ ...shared, outdir: join(outdir, 'entry'), entryPoints: { worker: join(pool, 'entry', 'worker.js') }, outExtension: { '.js': '.js' } });
}

// Built aside and moved: a `forge` that runs meanwhile keeps its files whole.
const fresh = join(cli, `.dist-${process.pid}`);
try {
  await mkdir(fresh, { recursive: true });
  const outputs = await buildInto(fresh);
  await writeFile(join(fresh, 'package.json'), '{ "type": "module" }\n');
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
  for (const [file, { bytes }] of Object.entries(outputs)) console.log(`${String(Math.round(bytes / 1024)).padStart(6)} KiB  dist/${file.split('/').at(-1)}`);
} finally {
  await rm(fresh, { recursive: true, force: true });
}
