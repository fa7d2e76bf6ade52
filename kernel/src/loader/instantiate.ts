/** Turns a cached component into a running instance, with its memories and tables capped (loader, before call path step 5). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { clampLimits } from '@forgeone/package';
import type { LoadedComponent } from '../domain/plugin-unit.ts';
import { Fault } from '../errors.ts';
import { LIMITS, WASM_PAGE_BYTES } from '../limits.ts';

// Each module passed a full WebAssembly.validate when it was installed, so functions need not be validated again
// before their first call: a QuickJS engine then compiles in 5 ms instead of 11.
setFlagsFromString('--wasm-lazy-validation');

/** What jco's glue exports. */
interface Glue {
  instantiate(
    getCoreModule: (path: string) => WebAssembly.Module,
    imports: Record<string, unknown>,
    instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance,
  ): Record<string, unknown>;
}

/** A running component: exports by versioned name. */
export type Instance = Readonly<Record<string, unknown>>;

const require = createRequire(import.meta.url);
const glues = new Map<string, Glue>();
const modules = new Map<string, WebAssembly.Module>();
let newGlue = false;

/** File names in a cache directory. */
export const GLUE_FILE = 'component.mjs';
export const META_FILE = 'meta.json';

function glueOf(component: LoadedComponent): Glue {
  const cached = glues.get(component.glueDigest);
  if (cached) return cached;
  const path = join(component.dir, GLUE_FILE);
  // The glue runs with full rights, so the file must still be what the loader wrote.
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (digest !== component.glueDigest) throw new Fault(component.digest, `the cached glue ${path} was changed; remove its directory and it is made again`);
  const glue = require(path) as Glue;
  glues.set(component.glueDigest, glue);
  newGlue = true;
  return glue;
}

/** Compiles one core module with its memory and tables capped; the result is kept for the thread's life. */
function compile(component: LoadedComponent, file: string, memoryBytesMax: number): WebAssembly.Module {
  const key = `${component.modules[file]}/${memoryBytesMax}`;
  let module = modules.get(key);
  if (!module) {
    const bytes = clampLimits(readFileSync(join(component.dir, file)), {
      memoryPagesMax: Math.floor(memoryBytesMax / WASM_PAGE_BYTES),
      tableElementsMax: LIMITS.tableElementsMax,
    });
    module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    modules.set(key, module);
  }
  return module;
}

/** Compiles what an instance will need, ahead of time. */
export function prepare(component: LoadedComponent, memoryBytesMax: number): void {
  glueOf(component);
  for (const file of Object.keys(component.modules)) compile(component, file, memoryBytesMax);
}

/** Keeps what V8 compiled of new glue for the next process. A thread that is ended by another would lose it, so it is done after work. */
export function keepCompiledGlue(): void {
  if (newGlue) flushCompileCache();
  newGlue = false;
}

/** Instantiates on this thread. Throws what the guest's start function throws. */
export function instantiate(component: LoadedComponent, imports: Record<string, unknown>, memoryBytesMax: number): Instance {
  const exports = glueOf(component).instantiate(
    (file) => compile(component, file, memoryBytesMax),
    imports,
    (module, coreImports) => new WebAssembly.Instance(module, coreImports),
  );
  if (exports instanceof Promise) throw new Fault(component.digest, 'its glue instantiates asynchronously');
  return exports;
}
