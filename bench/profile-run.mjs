/**
 * `node bench/profile-run.mjs FILE.wasm`: where a one-shot `forge run` spends its time, thread by thread: what it computes
 * itself (self) and with what it calls (total), in milliseconds of a sampled run with a warm cache.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './lib/children.mjs';
import { NODE, ROOT } from './lib/places.mjs';
import { round } from './lib/table.mjs';

const INTERVAL_US = 100;
const SHOWN = 22;
const WARM_UP = 3;

const file = process.argv[2];
if (!file) {
  console.error('bench: name a program: node bench/profile-run.mjs FILE.wasm');
  process.exit(1);
}
const preload = new URL('./lib/thread-times.cjs', import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), 'forge-profile-'));
process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
const env = { FORGE_HOME: join(dir, 'home') };
const forge = join(ROOT, 'cli/dist/forge.mjs');
for (let time = 0; time < WARM_UP; time += 1) run(NODE, [forge, 'run', file], { env });
const plain = run(NODE, [forge, 'run', file], { env }).ms;
const { ms } = run(NODE, ['--cpu-prof', '--cpu-prof-interval', String(INTERVAL_US), '--cpu-prof-dir', join(dir, 'profiles'), forge, 'run', file], { env });
console.log(`forge run ${file}: ${round(plain)} ms, with the profiler ${round(ms)} ms`);
console.log("\nprocessor time, in milliseconds, of threads that end by themselves; what is missing to `process` are guests' threads and V8's own (compilers, collector)");
for (let time = 0; time < WARM_UP; time += 1) {
  // The first of them makes the code cache for these flags.
  const times = join(dir, `times-${time}`);
  run(NODE, ['-r', preload, forge, 'run', file], { env: { ...env, THREAD_TIMES: times } });
  if (time > 0 && existsSync(times)) console.log(readFileSync(times, 'utf8').trimEnd());
}
console.log('\nwebassembly compilers, all threads');
const compiled = run(NODE, ['--trace-wasm-compilation-times', forge, 'run', file], { env }).stdout.matchAll(/using (Liftoff|TurboFan), took (\d+)/g);
const tiers = {};
for (const [, tier, us] of compiled) {
  tiers[tier] ??= { functions: 0, ms: 0 };
  tiers[tier].functions += 1;
  tiers[tier].ms += Number(us) / 1_000;
}
console.log(tiers);
for (const name of readdirSync(join(dir, 'profiles')).sort()) report(name, JSON.parse(readFileSync(join(dir, 'profiles', name), 'utf8')));

function report(name, { nodes, samples, timeDeltas, startTime, endTime }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const self = new Map();
  const total = new Map();
  const add = (map, key, value) => map.set(key, (map.get(key) ?? 0) + value);
  samples.forEach((id, index) => {
    const took = timeDeltas[index + 1] ?? 0;
    add(self, labelOf(byId.get(id)), took);
    const seen = new Set();
    for (let at = id; at !== undefined; at = parent.get(at)) {
      const label = labelOf(byId.get(at));
      if (!seen.has(label)) add(total, label, took);
      seen.add(label);
    }
  });
  console.log(`\n${name}: ${round((endTime - startTime) / 1_000)} ms`);
  for (const [title, map] of [
    ['self', self],
    ['total', total],
  ]) {
    console.log(` ${title}`);
    for (const [label, us] of [...map].sort((a, b) => b[1] - a[1]).slice(0, SHOWN)) console.log(`  ${round(us / 1_000).padStart(7)} ms  ${label}`);
  }
}

function labelOf({ callFrame: { functionName, url, lineNumber } }) {
  return `${functionName || '(anonymous)'} ${url ? `${url.replace(/^.*\/(dist|node_modules|cache)\//, '$1/').replace(/[0-9a-f]{60}/, '')}:${lineNumber + 1}` : ''}`;
}
