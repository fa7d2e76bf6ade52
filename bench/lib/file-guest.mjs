/** One C program that works on files, run four ways: ForgeOne, jco with preview2-shim, Node, native. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readFigures, run } from './children.mjs';
import { BENCH, NODE, PEERS } from './places.mjs';
import { adapt, compileGuest, compileNative, noGcc, transpileStock } from './toolchain.mjs';

/** @param {import('./forge.mjs').Forge} forge @param {string} name */
export function prepareGuest(forge, name) {
  const wasm = compileGuest(`${name}.c`, forge.path(`${name}.wasm`));
  mkdirSync(PEERS, { recursive: true });
  const made = mkdtempSync(join(PEERS, `made-${name}-`));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  const stock = transpileStock(adapt(wasm, forge.path(`${name}.component.wasm`)), made, name);
  return { name, wasm, stock, native: noGcc ? undefined : compileNative(`${name}.c`, forge.path(`${name}-native`)) };
}

/**
 * @param {import('./forge.mjs').Forge} forge
 * @param {{ args: readonly string[], nodeScript?: string, only?: readonly string[], suffix?: string }} options
 * @returns {import('./measure.mjs').Contestant[]}
 */
export function fileContestants(forge, guest, { args, nodeScript, only, suffix = '' }) {
  const data = forge.path('data');
  mkdirSync(data, { recursive: true });
  // Each finds an empty directory.
  const fresh = () => {
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
  };
  const contestant = (name, go) => ({
    name: `${name}${suffix}`,
    run: () => {
      fresh();
      const { stdout } = go();
      return readFigures(stdout);
    },
  });
  const all = [
    contestant('ForgeOne', () => forge.forge('run', '-v', `${data}:/data`, guest.wasm, '/data', ...args)),
    contestant('jco + shim', () => run(NODE, [join(BENCH, 'lib/run-on-shim.mjs'), guest.stock, data, '/data', ...args])),
    ...(nodeScript ? [contestant('node:fs', () => run(NODE, [nodeScript, data, ...args]))] : []),
    guest.native ? contestant('native C', () => run(guest.native, [data, ...args])) : { name: `native C${suffix}`, skip: noGcc ?? '' },
  ];
  return only ? all.filter(({ name }) => only.includes(name.slice(0, name.length - suffix.length))) : all;
}
