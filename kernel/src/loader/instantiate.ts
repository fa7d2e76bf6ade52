/** Turns a cached component into a running instance, with its memories and tables capped (loader, before call path step 5). */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { threadId } from 'node:worker_threads';
import { clampLimits } from '@forgeone/package';
import type { LoadedComponent } from '../domain/plugin-unit.ts';
import { Fault } from '../errors.ts';
import { LIMITS, WASM_PAGE_BYTES } from '../limits.ts';

// Each module passed a full WebAssembly.validate when it was installed, so functions need not be validated again
// before their first call: a QuickJS engine then compiles in 5 ms instead of 11.
setFlagsFromString('--wasm-lazy-validation');

/** Optimizing a plugin's engine takes 100 to 200 ms of processor time, which a process that calls it twenty times never earns back. */
const TIERING_FLAGS = ['wasm-tier-up', 'wasm-dynamic-tiering'];

/** Of the whole process. V8 looks when code is instantiated and run, and refuses kept code that was made under other flags. */
function setTiering(on: boolean): void {
  for (const flag of TIERING_FLAGS) setFlagsFromString(on ? `--${flag}` : `--no-${flag}`);
}

/**
 * What an instantiator is for: anything in a process that lives (`daemon`), or the plugins (`one-shot-plugins`) and the
 * guest (`one-shot-guest`) of one that ends with its guest. Only a guest is worth optimizing there.
 */
export type InstantiatorUse = 'daemon' | 'one-shot-plugins' | 'one-shot-guest';

/** What jco's glue evaluates to. */
type Glue = (
  getCoreModule: (path: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance,
) => Record<string, unknown>;

/** A running component: exports by versioned name. */
export type Instance = Readonly<Record<string, unknown>>;

/** File names in a cache directory. */
export const GLUE_FILE = 'component.js';
export const META_FILE = 'meta.json';
/** Before the name of a core module: its twin, capped at the component's `memoryBytesMax`. */
export const CAPPED_PREFIX = 'capped-';

/** Instantiates components on one thread; glue and compiled modules are kept for its life. */
export class Instantiator {
  readonly #use: InstantiatorUse;
  readonly #codeCache: string;
  readonly #sha256: (bytes: Uint8Array) => string;
  readonly #glues = new Map<string, Glue>();
  readonly #modules = new Map<string, WebAssembly.Module>();
  /** Scripts whose compiled code is not kept yet. */
  readonly #unkept = new Map<string, Script>();

  /** `codeCache` is where V8's code of glue is kept between processes. */
  constructor(codeCache: string, sha256: (bytes: Uint8Array) => string, use: InstantiatorUse = 'daemon') {
    this.#use = use;
    if (use !== 'daemon') setTiering(false);
    this.#codeCache = codeCache;
    this.#sha256 = sha256;
  }

  /** Compiles what an instance will need, ahead of time. */
  prepare(component: LoadedComponent, memoryBytesMax: number): void {
    this.#glueOf(component);
    for (const file of Object.keys(component.modules)) this.#compile(component, file, memoryBytesMax);
  }

  /** Throws what the guest's start function throws. */
  instantiate(component: LoadedComponent, imports: Record<string, unknown>, memoryBytesMax: number): Instance {
    const glue = this.#glueOf(component);
    if (this.#use === 'one-shot-guest') setTiering(true);
    const exports = glue(
      (file) => this.#compile(component, file, memoryBytesMax),
      imports,
      (module, coreImports) => new WebAssembly.Instance(module, coreImports),
    );
    if (exports instanceof Promise) throw new Fault(component.digest, 'its glue instantiates asynchronously');
    return exports;
  }

  /** Keeps the code of new glue for the next process. After work, because V8 keeps the functions that have run. */
  keepCode(): void {
    if (this.#unkept.size > 0 && this.#use !== 'daemon') setTiering(false);
    for (const [digest, script] of this.#unkept) {
      const file = this.#codeFile(digest);
      const temporary = `${file}.${process.pid}-${threadId}`;
      mkdirSync(this.#codeCache, { recursive: true, mode: 0o700 });
      writeFileSync(temporary, script.createCachedData(), { mode: 0o600 });
      renameSync(temporary, file);
    }
    this.#unkept.clear();
  }

  #codeFile(glueDigest: string): string {
    return join(this.#codeCache, `glue-${this.#use === 'daemon' ? 'daemon' : 'one-shot'}-${glueDigest}`);
  }

  #glueOf(component: LoadedComponent): Glue {
    const { glueDigest, dir } = component;
    const known = this.#glues.get(glueDigest);
    if (known) return known;
    const path = join(dir, GLUE_FILE);
    const source = readFileSync(path);
    // The glue runs with full rights, so the file must still be what the loader wrote.
    if (this.#sha256(source) !== glueDigest) {
      throw new Fault(component.digest, `the cached glue ${path} was changed; remove its directory and it is made again`);
    }
    const cachedData = readIfThere(this.#codeFile(glueDigest));
    const script = new Script(source.toString('latin1'), { filename: path, ...(cachedData ? { cachedData } : {}) });
    if (!cachedData || script.cachedDataRejected) this.#unkept.set(glueDigest, script);
    const glue = script.runInThisContext() as Glue;
    this.#glues.set(glueDigest, glue);
    return glue;
  }

  #cappedBytes(component: LoadedComponent, file: string, memoryBytesMax: number): Uint8Array<ArrayBuffer> {
    if (memoryBytesMax === component.memoryBytesMax) return readFileSync(join(component.dir, CAPPED_PREFIX + file));
    const limits = { memoryPagesMax: Math.floor(memoryBytesMax / WASM_PAGE_BYTES), tableElementsMax: LIMITS.tableElementsMax };
    return clampLimits(readFileSync(join(component.dir, file)), limits);
  }

  /** Compiles one core module with its memory and tables capped. */
  #compile(component: LoadedComponent, file: string, memoryBytesMax: number): WebAssembly.Module {
    const key = `${component.modules[file]}/${memoryBytesMax}`;
    let module = this.#modules.get(key);
    if (!module) {
      module = new WebAssembly.Module(this.#cappedBytes(component, file, memoryBytesMax));
      this.#modules.set(key, module);
    }
    return module;
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
