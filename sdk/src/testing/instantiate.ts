/** Makes a component runnable in this Node process: jco's glue, evaluated from memory. For tests only: no limits, no isolation. */
import { createHash } from 'node:crypto';
import { compileFunction } from 'node:vm';
import { transpileBytes } from '@bytecodealliance/jco-transpile';

export type Exports = Record<string, Record<string, (...args: unknown[]) => unknown>>;
export type Imports = Record<string, Record<string, unknown>>;

export interface Runnable {
  /** Ids without version, as the glue wants them. */
  readonly imports: readonly string[];
  instantiate(imports: Imports): Exports;
}

interface Glue {
  instantiate(core: (path: string) => WebAssembly.Module, imports: Imports, make: (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance): Exports;
}

const known = new Map<string, Promise<Runnable>>();

async function transpileOnce(component: Uint8Array): Promise<Runnable> {
  const { files, imports } = await transpileBytes(component, {
    name: 'plugin',
    instantiation: 'sync',
    importBindings: 'hybrid',
    strict: true,
    noComponentErrorWrapping: false,
    base64Cutoff: 0,
    emitTypescriptDeclarations: false,
  } as unknown as Parameters<typeof transpileBytes>[1]);
  const byName = new Map(Object.entries(files));
  const glue = byName.get('plugin.js');
  if (!glue) throw new Error('the transpiler made no glue');
  // As a function, not as a module: the glue imports nothing, and a module from memory would put its whole text into every stack.
  const text = typeof glue === 'string' ? glue : new TextDecoder().decode(glue);
  const module = compileFunction(`${text.replace(/^export (?=function|const)/gm, '')}\nreturn { instantiate };`, [], { filename: 'forge-glue.js' })() as Glue;
  const compiled = new Map<string, WebAssembly.Module>();
  const core = (path: string): WebAssembly.Module => {
    const found = compiled.get(path) ?? new WebAssembly.Module(byName.get(path) as BufferSource);
    compiled.set(path, found);
    return found;
  };
  return {
    imports: [...(imports as readonly string[])].sort(),
    instantiate: (given) => module.instantiate(core, given, (wasm, wasmImports) => new WebAssembly.Instance(wasm, wasmImports)),
  };
}

/** Transpiles each component once a process. */
export function transpile(component: Uint8Array): Promise<Runnable> {
  const digest = createHash('sha256').update(component).digest('hex');
  const made = known.get(digest) ?? transpileOnce(component);
  known.set(digest, made);
  return made;
}
