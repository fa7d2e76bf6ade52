/** B4: what one call into a plugin costs, by its host and by another plugin, in one domain and across two. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transpile } from '@bytecodealliance/jco';
import { transpileComponent } from '../../kernel/src/loader/transpile.ts';
import { readFigures, run } from '../lib/children.mjs';
import { installPeer } from '../lib/peers.mjs';
import { BENCH, NODE, PEERS } from '../lib/places.mjs';
import { compileNative, noClang, noGcc } from '../lib/toolchain.mjs';
import { buildPlugins } from './build-plugins.mjs';

const KINDS = [
  ['nop', 'nop'],
  ['echo32', 'echo 32 B'],
  ['echo4096', 'echo 4 KiB'],
  ['echo65536', 'echo 64 KiB'],
];

/** What ForgeOne and stock jco each make of the components, done before anything is measured. */
async function prepare(dir, { components }) {
  const digests = {};
  for (const [name, file] of Object.entries(components)) {
    const bytes = readFileSync(file);
    digests[name] = (await transpileComponent(bytes, join(dir, 'cache'))).digest;
    const { files } = await transpile(bytes, { name, instantiation: 'async', nodejsCompat: false });
    for (const [path, content] of Object.entries(files)) {
      const target = join(dir, 'stock', name, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
    writeFileSync(join(dir, 'stock', name, 'package.json'), '{ "type": "module" }\n');
  }
  writeFileSync(join(dir, 'built.json'), JSON.stringify({ digests }));
}

/** @param {{ quick: boolean }} options @returns {Promise<import('../lib/measure.mjs').Series[]>} */
export async function pluginCallSeries({ quick }) {
  if (noClang) return [{ title: 'B4 plugin call', contestants: [{ name: 'ForgeOne', skip: noClang }], rows: [] }];
  mkdirSync(PEERS, { recursive: true });
  const dir = mkdtempSync(join(PEERS, 'made-b4-'));
  const close = () => process.env['BENCH_KEEP'] || rmSync(dir, { recursive: true, force: true });
  process.once('exit', close);
  const built = await buildPlugins(dir);
  await prepare(dir, built);
  const budgetMs = quick ? '50' : '200';
  const child = (name, script, mode, ...more) => ({ name, run: () => readFigures(run(NODE, [join(BENCH, 'b4', script), mode, budgetMs, dir, ...more]).stdout) });
  const extism = installPeer('@extism/extism');
  const extismPeer = (mode) => (extism.entry ? child(`Extism ${mode}`, 'call-extism.mjs', mode, extism.entry) : { name: `Extism ${mode}`, skip: extism.skip ?? '' });
  const futex = noGcc ? undefined : compileNative('futex.c', join(dir, 'futex'));
  const futexPeer = futex ? { name: 'C futex', run: () => readFigures(run(futex, [budgetMs]).stdout) } : { name: 'C futex', skip: noGcc ?? '' };

  const jcoGoal = { peer: 'stock jco', atMost: 0.3 };
  const row = (id, label, metric, peers, goals = [], limit = undefined) => ({ id, label, metric, unit: 'ns', ours: 'ForgeOne', peers, goals, limit });
  const both = (id, extra) => KINDS.flatMap(([metric, label], index) => extra(`${id}.${index + 1}`, metric, label));
  return [
    {
      title: 'B4 plugin call: host -> plugin, same thread',
      contestants: [
        child('ForgeOne', 'call-forge.mjs', 'direct'),
        child('stock jco', 'call-stock.mjs', 'direct'),
        extismPeer('foreground'),
        child('raw wasm', 'call-raw.mjs', 'direct'),
      ],
      rows: both('B4.1', (id, metric, label) => [
        row(id, `${label}, C plugin`, metric, ['stock jco', 'Extism foreground', 'raw wasm'], [jcoGoal, { peer: 'Extism foreground', atMost: 0.5 }], 'raw wasm 10 ns'),
        row(`${id}q`, `${label}, TypeScript plugin`, `js-${metric}`, ['stock jco'], [jcoGoal]),
      ]),
    },
    {
      title: 'B4 plugin call: plugin -> plugin through the linker, one domain',
      contestants: [child('ForgeOne', 'call-forge.mjs', 'together'), child('stock jco', 'call-stock.mjs', 'together'), child('raw wasm', 'call-raw.mjs', 'together')],
      rows: [
        ...both('B4.2', (id, metric, label) => [
          row(id, `${label}, C plugins`, metric, ['stock jco', 'raw wasm'], [jcoGoal], 'raw wasm 10 ns'),
          row(`${id}q`, `${label}, TypeScript plugins`, `js-${metric}`, ['stock jco'], [jcoGoal]),
        ]),
        row('B4.2.5', 'guest -> host: clock, C plugin', 'clock', ['stock jco', 'raw wasm'], [jcoGoal]),
        row('B4.2.5q', 'guest -> host: clock, TypeScript plugin', 'js-clock', ['stock jco'], [jcoGoal]),
      ],
    },
    {
      title: 'B4 plugin call: plugin -> plugin across two domains',
      contestants: [child('ForgeOne', 'call-forge.mjs', 'across'), futexPeer],
      rows: both('B4.3', (id, metric, label) => [
        row(
          id,
          `${label}, C plugins`,
          metric,
          ['C futex', { from: 'C futex', metric: `${metric}-spin`, name: 'C futex, spins 20 us' }],
          [{ peer: 'C futex', atMost: 1.2 }],
          'futex 60 us across idle CPUs, 5 us on one',
        ),
        row(`${id}q`, `${label}, TypeScript plugins`, `js-${metric}`, [{ from: 'C futex', metric }], [{ peer: 'C futex', atMost: 1.2 }]),
      ]),
    },
    {
      title: 'B4 plugin call: host -> plugin in another thread, asynchronously',
      contestants: [child('ForgeOne', 'call-forge.mjs', 'async'), extismPeer('worker')],
      rows: both('B4.4', (id, metric, label) => [row(id, `${label}, C plugin`, metric, ['Extism worker'], [{ peer: 'Extism worker', atMost: 0.5 }])]),
      close,
    },
  ];
}
