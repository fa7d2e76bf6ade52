/**
 * Preloaded into every thread of a `forge run` by profile-run.mjs: what processor time each thread took, and how much of it
 * V8 spent on making code. Processor time, because other programs on the machine do not show in it. One JSON line a thread.
 */
const { appendFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');
const vm = require('node:vm');
const { isMainThread, threadId } = require('node:worker_threads');

const cpuMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
const atPreload = cpuMs();
const spent = {};
let rejected = 0;

/** Adds up what `make` takes, without what it calls that is counted itself. */
const depth = [];
function count(what, make) {
  const began = cpuMs();
  depth.push(0);
  try {
    return make();
  } finally {
    const took = cpuMs() - began;
    const inner = depth.pop();
    spent[what] = (spent[what] ?? 0) + took - inner;
    if (depth.length > 0) depth[depth.length - 1] += took;
  }
}
const wrap = (of, name, what) => {
  const Original = of[name];
  of[name] = new Proxy(Original, {
    construct: (target, args, newTarget) => {
      const made = count(what, () => Reflect.construct(target, args, newTarget));
      if (made.cachedDataRejected) rejected += 1;
      return made;
    },
  });
};
wrap(WebAssembly, 'Module', 'compile wasm');
wrap(WebAssembly, 'Instance', 'instantiate wasm');
wrap(vm, 'Script', 'load glue');
syncBuiltinESMExports();

let told = false;
function tell() {
  if (told) return;
  told = true;
  const line = { thread: isMainThread ? 'main' : `worker ${threadId}`, cpu: cpuMs(), atPreload, ...spent, rejected };
  if (isMainThread) {
    const { user, system } = process.cpuUsage();
    line.process = (user + system) / 1_000;
  }
  appendFileSync(process.env.THREAD_TIMES ?? '/dev/stderr', `${JSON.stringify(line)}\n`);
}
process.on('exit', tell);
