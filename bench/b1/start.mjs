/** B1: how long it takes until a program has run. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { canRun, childrenCpuMs, run } from '../lib/children.mjs';
import { ask, Forge } from '../lib/forge.mjs';
import { median, medianMs } from '../lib/measure.mjs';
import { FORGE, JCO, NODE, ROOT } from '../lib/places.mjs';
import { adapt, compileGuest, noClang } from '../lib/toolchain.mjs';

const CONTAINERS = [0, 100];
const BALLAST_MB = 400;
const NODE_LIMIT = 'Node starts in 28-35 ms';

/** @returns {import('../lib/measure.mjs').Contestant} */
function ociPeer(program, forge) {
  const name = `${program} run`;
  if (process.getuid?.() !== 0) return { name, skip: 'needs root' };
  if (!canRun(program)) return { name, skip: `${program} is not installed (apt-get install ${program} busybox-static)` };
  if (!existsSync('/bin/busybox')) return { name, skip: 'busybox-static is not installed' };
  const bundle = forge.path(`${program}-bundle`);
  mkdirSync(join(bundle, 'rootfs/bin'), { recursive: true });
  run('cp', ['/bin/busybox', join(bundle, 'rootfs/bin/true')]);
  run(program, ['spec'], { cwd: bundle });
  run(NODE, ['-e', `const f='${bundle}/config.json',c=JSON.parse(fs.readFileSync(f));c.process.terminal=false;c.process.args=['/bin/true'];fs.writeFileSync(f,JSON.stringify(c))`]);
  let count = 0;
  const nextId = () => {
    count += 1;
    return `bench-${process.pid}-${count}`;
  };
  try {
    run(program, ['run', '--bundle', bundle, nextId()]);
  } catch (thrown) {
    return { name, skip: `does not run here: ${String(thrown.message).slice(0, 160)}` };
  }
  return { name, run: async () => ({ ms: await medianMs(() => run(program, ['run', '--bundle', bundle, nextId()])) }) };
}

/** The TypeScript example as a package; what went wrong, when it cannot be built. */
function buildTypeScriptHello(forge) {
  const project = join(ROOT, 'examples/hello');
  const output = forge.path('hello.forgepkg');
  try {
    forge.forge('build', project, '-o', output);
    return { file: output };
  } catch (thrown) {
    return { skip: `examples/hello does not build: ${thrown.message.slice(0, 200)}` };
  }
}

/** @param {{ quick: boolean }} options @returns {Promise<import('../lib/measure.mjs').Series[]>} */
export async function startSeries({ quick }) {
  if (noClang) return [{ title: 'B1 start', contestants: [{ name: 'ForgeOne', skip: noClang }], rows: [] }];
  const forge = new Forge();
  const times = quick ? 2 : 3;
  const wasm = compileGuest('hello.c', forge.path('hello.wasm'));
  const component = adapt(wasm, forge.path('hello.component.wasm'));
  const script = forge.path('hello.js');
  writeFileSync(script, "console.log('hello');\n");
  const typescript = buildTypeScriptHello(forge);
  const timed = (name, program, args, env) => ({
    name,
    run: async () => {
      const began = childrenCpuMs();
      const ms = await medianMs(() => run(program, args, { env, cwd: forge.dir }), { times });
      return { ms, cpu: (childrenCpuMs() - began) / times };
    },
  });
  const env = { FORGE_HOME: forge.home };
  const forgeRun = (name, file, ...flags) => timed(name, FORGE, ['run', ...flags, file], env);
  // Twice: the first run installs, the second keeps what V8 compiled.
  for (const file of [wasm, typescript.file]) if (file) for (let time = 0; time < 2; time += 1) forge.forge('run', file);

  const nodeHello = timed('node hello.js', NODE, [script]);
  const nodeNothing = timed('node -e 0', NODE, ['-e', '0']);
  const jcoRun = timed('jco run', JCO, ['run', component]);
  const cold = {
    title: 'B1 start, one-shot: `forge run hello` with a warm cache and no daemon',
    contestants: [
      forgeRun('forge run hello.c', wasm),
      nodeHello,
      nodeNothing,
      jcoRun,
      typescript.file ? forgeRun('forge run hello.ts', typescript.file) : { name: 'forge run hello.ts', skip: typescript.skip },
      ociPeer('runc', forge),
      ociPeer('crun', forge),
    ],
    rows: [
      {
        id: 'B1.1',
        label: 'cold, C',
        metric: 'ms',
        unit: 'ms',
        ours: 'forge run hello.c',
        peers: ['node hello.js', 'jco run', 'node -e 0', 'runc run', 'crun run'],
        goals: [
          { peer: 'node hello.js', atMost: 1.5 },
          { peer: 'jco run', atMost: 0.15 },
        ],
        limit: NODE_LIMIT,
      },
      {
        id: 'B1.2',
        label: 'cold, TypeScript',
        metric: 'ms',
        unit: 'ms',
        ours: 'forge run hello.ts',
        peers: ['node hello.js', 'jco run'],
        goals: [
          { peer: 'node hello.js', atMost: 1.5 },
          { peer: 'jco run', atMost: 0.15 },
        ],
        limit: NODE_LIMIT,
      },
      // Other programs on the machine do not show in it, and it tells what a busy machine pays.
      { id: 'B1.1p', label: 'cold, C, processor time', metric: 'cpu', unit: 'ms', ours: 'forge run hello.c', peers: ['node hello.js', 'jco run', 'node -e 0'], goals: [] },
      { id: 'B1.2p', label: 'cold, TypeScript, processor time', metric: 'cpu', unit: 'ms', ours: 'forge run hello.ts', peers: ['node hello.js', 'jco run'], goals: [] },
    ],
  };

  return [cold, daemonSeries({ forge, wasm, nodeHello, nodeNothing, forgeRun, quick })];
}

/** A daemon is started for each turn, so that turns do not see what earlier ones left on its heap. */
function daemonSeries({ forge, wasm, nodeNothing, nodeHello, forgeRun, quick }) {
  const through = forgeRun('', wasm, '--rm');
  const inside = async ({ containers, ballastMb }) => {
    const daemon = await forge.serve(ballastMb);
    try {
      const { client } = daemon;
      const first = await ask(client, 'GET', '/v1/containers', undefined, [['all', 'true']]);
      const digest = await digestOf(forge, client, wasm);
      const idle = [];
      for (let count = 0; count < containers; count += 1) idle.push((await ask(client, 'POST', '/v1/containers', { package: digest, name: `idle-${count}` })).id);
      const took = { 'run+wait': [], health: [], remove: [] };
      const timed = async (list, work) => {
        const began = performance.now();
        const result = await work();
        list.push(performance.now() - began);
        return result;
      };
      const one = async () => {
        await timed(took.health, () => ask(client, 'GET', '/v1/health'));
        const id = await timed(took['run+wait'], async () => {
          const started = await ask(client, 'POST', '/v1/run', { package: digest });
          const [container] = started.containers;
          const ended = await ask(client, 'POST', `/v1/containers/${container.id}/wait`);
          if (ended.exitCode !== 0) throw new Error(`it ended with ${ended.exitCode}: ${ended.reason}`);
          return container.id;
        });
        await timed(took.remove, () => ask(client, 'DELETE', `/v1/containers/${id}`));
      };
      for (let time = 0; time < 5; time += 1) await one();
      for (const list of Object.values(took)) list.length = 0;
      for (let time = 0; time < (quick ? 10 : 40); time += 1) await one();
      const figures = Object.fromEntries(Object.entries(took).map(([name, list]) => [name, median(list)]));
      const { ms, cpu } = await through.run();
      figures['forge run'] = ms;
      figures['forge run cpu'] = cpu;
      for (const id of idle) await ask(client, 'DELETE', `/v1/containers/${id}`);
      return { ...figures, existing: (first.containers ?? first).length };
    } finally {
      await daemon.close();
    }
  };
  const variant = (containers, ballastMb) => ({ name: `${containers} containers${ballastMb ? `, ${ballastMb} MB ballast` : ''}`, run: () => inside({ containers, ballastMb }) });
  const variants = [...CONTAINERS.map((count) => variant(count, 0)), variant(0, BALLAST_MB)];
  const [plain] = variants;
  const peer = (from) => ({ from, metric: 'ms' });
  const rows = variants.flatMap(({ name }, index) => {
    const axis = index === 0 ? undefined : { growthMax: 1.2 };
    return [
      {
        id: `B1.3${'abc'[index]}`,
        label: `through the daemon, ${name}`,
        metric: 'forge run',
        unit: 'ms',
        ours: name,
        peers: [peer('node -e 0'), peer('node hello.js')],
        goals: [{ peer: 'node -e 0', atMost: 1.3 }],
        limit: NODE_LIMIT,
        ...(axis ? { axis: { first: 'B1.3a', ...axis } } : {}),
      },
      {
        id: `B1.4${'abc'[index]}`,
        label: `in the daemon: run + wait, ${name}`,
        metric: 'run+wait',
        unit: 'ms',
        ours: name,
        // What the control API itself costs; a run has two requests.
        peers: [{ from: name, metric: 'health', name: 'GET /v1/health' }],
        goals: [{ atMost: 0.5 }],
        limit: 'new Instance 30 us',
        ...(axis ? { axis: { first: 'B1.4a', ...axis } } : {}),
      },
      {
        id: `B1.5${'abc'[index]}`,
        label: `in the daemon: remove, ${name}`,
        metric: 'remove',
        unit: 'ms',
        ours: name,
        peers: [{ from: name, metric: 'health', name: 'GET /v1/health' }],
        ...(axis ? { axis: { first: 'B1.5a', ...axis } } : {}),
      },
    ];
  });
  return { title: 'B1 start, with a daemon', contestants: [plain, nodeNothing, nodeHello, ...variants.slice(1)], rows, close: () => forge.remove() };
}

/** `forge run -d` installs it and says which package it is. */
async function digestOf(forge, client, file) {
  const { containers } = JSON.parse(forge.forge('run', '-d', '--format', 'json', file).stdout);
  const [{ id, package: digest }] = containers;
  await ask(client, 'POST', `/v1/containers/${id}/wait`);
  await ask(client, 'DELETE', `/v1/containers/${id}`);
  return digest;
}
