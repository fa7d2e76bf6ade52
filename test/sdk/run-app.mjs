/** Runs a transpiled app in a process of its own over preview2-shim: `node run-app.mjs DIR ARGS...`. A host that knows nothing of the SDK. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dir, ...args] = process.argv.slice(2);
// The shim takes the arguments when it is loaded.
process.argv.splice(1, process.argv.length, 'app', ...args);
const { WASIShim } = await import('@bytecodealliance/preview2-shim/instantiation');
const { instantiate } = await import(pathToFileURL(join(dir, 'app.js')).href);
const core = async (path) => WebAssembly.compile(await readFile(join(dir, path)));
const { run } = await instantiate(core, new WASIShim().getImportObject());
run.run();
