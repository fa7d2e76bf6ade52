/**
 * `npm run bench [-- B1 B3 B4 B7] [--rounds N] [--quick]`: ForgeOne against its peers, in the same run.
 *
 * Prints one table a series and writes results/<time>.json and .svg. See README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

if (Number(process.versions.node.split('.')[0]) < 26) {
  console.error('bench: Node 26 is needed; npm run bench finds the one that npm ci installed');
  process.exit(1);
}

const { missingBuild, RESULTS, ROOT } = await import('./lib/places.mjs');
const { runSeries } = await import('./lib/measure.mjs');
const { printSeries } = await import('./lib/table.mjs');
const { plot } = await import('./lib/plot.mjs');

/** @type {Record<string, () => Promise<(options: { quick: boolean }) => Promise<import('./lib/measure.mjs').Series[]>>>} */
const BENCHMARKS = {
  B1: async () => (await import('./b1/start.mjs')).startSeries,
  B3: async () => (await import('./b3/syscall.mjs')).syscallSeries,
  B4: async () => (await import('./b4/plugin-call.mjs')).pluginCallSeries,
  B7: async () => (await import('./b7/volumes.mjs')).volumesSeries,
};
const ROUNDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, quick: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals.map((name) => name.toUpperCase()) : Object.keys(BENCHMARKS);
const unknown = names.find((name) => !(name in BENCHMARKS));
const missing = missingBuild();
if (unknown || missing) {
  console.error(`bench: ${unknown ? `there is no ${unknown}; there are ${Object.keys(BENCHMARKS).join(', ')}` : missing}`);
  process.exit(1);
}
// Two rounds say that it works; figures to be quoted need five.
const rounds = values.rounds === undefined ? (values.quick ? 2 : ROUNDS) : Number(values.rounds);
const begun = new Date();
const loadBefore = loadavg();
console.log(
  `${names.join(' ')}, ${rounds} rounds${values.quick ? ', quick' : ''}; ${cpus().length} x ${cpus()[0]?.model}, load ${loadBefore.map((load) => load.toFixed(1)).join(' ')}`,
);
const say = (text) => values.verbose && console.error(text);
const results = [];
for (const name of names) {
  const makeSeries = await BENCHMARKS[name]();
  const list = await makeSeries({ quick: values.quick });
  for (const series of list) {
    const result = { ...(await runSeries(series, rounds, say)), load: loadavg()[0] };
    results.push(result);
    console.log(printSeries(result));
  }
  for (const { close } of list) await close?.();
}

const verdicts = results.flatMap(({ rows }) => rows.flatMap((row) => [row.met, row.growth?.met, ...row.peers.map(({ met }) => met)])).filter((met) => met !== undefined);
const caption = `${begun.toISOString()}, ${rounds} rounds${values.quick ? ' (quick)' : ''}, ${cpus().length} x ${cpus()[0]?.model}, load ${loadBefore[0].toFixed(1)} to ${loadavg()[0].toFixed(1)}, Node ${process.versions.node}`;
mkdirSync(RESULTS, { recursive: true });
const file = join(RESULTS, begun.toISOString().replaceAll(':', '-').replace(/\..*/, ''));
const versionOf = (path) => JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')).version;
const versions = {
  forge: versionOf('cli'),
  node: process.versions.node,
  jco: versionOf('node_modules/@bytecodealliance/jco'),
  preview2Shim: versionOf('node_modules/@bytecodealliance/preview2-shim'),
};
const machine = { cpus: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem(), root: process.getuid?.() === 0 };
writeFileSync(`${file}.json`, `${JSON.stringify({ begun, rounds, quick: values.quick, loadBefore, loadAfter: loadavg(), machine, versions, results }, undefined, 1)}\n`);
writeFileSync(`${file}.svg`, plot(results, caption));
console.log(`\n${verdicts.filter(Boolean).length} of ${verdicts.length} goals met; load ${loadBefore[0].toFixed(1)} to ${loadavg()[0].toFixed(1)}\n${file}.json\n${file}.svg`);
