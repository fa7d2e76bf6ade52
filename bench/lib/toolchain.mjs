/** Compiles guests and native peers from the same sources. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canRun, run } from './children.mjs';
import { BENCH, JCO } from './places.mjs';

/** Why C guests cannot be built here; undefined when they can. */
export const noClang = existsSync('/usr/lib/wasm32-wasi/libc.a') && canRun('clang') ? undefined : 'clang or wasi-libc is not installed (apt-get install clang lld wasi-libc)';
export const noGcc = canRun('gcc') ? undefined : 'gcc is not installed';

const source = (name) => join(BENCH, 'guests', name);

/** A preview 1 module. @param {string} name @param {string} output */
export const compileGuest = (name, output) => run('clang', ['--target=wasm32-wasi', '-O2', source(name), '-o', output]) && output;

/** A core module without a C library. @param {string} name @param {string} output */
export const compileCore = (name, output) => run('clang', ['--target=wasm32', '-O2', '-nostdlib', '-Wl,--no-entry', source(name), '-o', output]) && output;

/** @param {string} name @param {string} output */
export const compileNative = (name, output) => run('gcc', ['-O2', '-pthread', '-D_GNU_SOURCE', source(name), '-o', output]) && output;

/** The component that jco makes of a preview 1 module. @param {string} module @param {string} output */
export const adapt = (module, output) => run(JCO, ['new', '--wasi-command', module, '-o', output]) && output;

/** What stock jco makes of a component; it has to lie below the repository, to find preview2-shim. @param {string} component @param {string} dir */
export function transpileStock(component, dir, name) {
  run(JCO, ['transpile', component, '-o', dir, '--name', name]);
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n');
  return join(dir, `${name}.js`);
}

/** @param {string} path */
export const bytesOf = (path) => readFileSync(path);
