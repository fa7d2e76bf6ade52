/**
 * An esbuild plugin that makes Node's own modules load when they are first used.
 *
 * `import { request } from 'node:http'` costs 40 ms in Node 26: an ES module import of a built-in reads all of its
 * exports, and `http.WebSocket` is a getter that loads undici. `node:process` constructs the standard streams in the
 * same way. Through `process.getBuiltinModule` the same module costs 2 ms, and through the getters made here nothing
 * until something of it is used.
 */
import { builtinModules } from 'node:module';

const NAMES = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

/** Node has loaded these before we begin; some are classes, which cannot be stood in for. */
const EAGER = new Set(['events', 'stream', 'module', 'buffer', 'timers']);

export function lazyBuiltins() {
  return {
    name: 'lazy-builtins',
    setup(build) {
      build.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path }) => {
        const name = path.replace(/^node:/, '');
        return NAMES.has(name) || path.startsWith('node:') ? { path: name, namespace: 'builtin', sideEffects: false } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: standIn(path), loader: 'js' }));
    },
  };
}

function standIn(name) {
  const load = `process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`;
  if (name === 'process') return 'module.exports = process;';
  if (EAGER.has(name)) return `module.exports = ${load};`;
  const loaded = process.getBuiltinModule(`node:${name}`);
  const keys = Object.getOwnPropertyNames(loaded).filter((key) => typeof loaded === 'object' || !['length', 'name', 'prototype'].includes(key));
  const getters = `{\n${keys.map((key) => `  get ${JSON.stringify(key)}() { return builtin()[${JSON.stringify(key)}]; },`).join('\n')}\n}`;
  // The getters stand on a prototype: esbuild copies the own properties of a CommonJS module for each file that
  // imports it, and keeps its prototype. No `default` and no `__esModule`: the whole is the default import.
  const whole = typeof loaded === 'function' ? `Object.setPrototypeOf((...args) => builtin()(...args), ${getters})` : `Object.create(${getters})`;
  return `let loaded;\nconst builtin = () => (loaded ??= ${load});\nmodule.exports = ${whole};`;
}
