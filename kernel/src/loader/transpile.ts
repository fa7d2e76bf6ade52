/** Turns component bytes into glue and core modules on disk. Runs only in the throw-away child: hostile bytes can panic the transpiler. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// The generator itself: the package's main entry also loads a minifier and an optimizer, one of them a native addon.
import { $init, generate } from '@bytecodealliance/jco-transpile/component';
import { clampLimits, inspectWasm, quote, type WasmInfo } from '@forgeone/package';
import { Refusal } from '../errors.ts';
import { LIMITS, WASM_PAGE_BYTES } from '../limits.ts';
import { type ComponentMeta, componentDir, TRANSPILE_OPTIONS } from './cache.ts';
import { editGlue } from './glue.ts';
import { CAPPED_PREFIX, GLUE_FILE, META_FILE } from './instantiate.ts';

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** All that real toolchains use; no quote, backslash, backtick, brace, asterisk or line end. */
const PLAIN_NAME = /^[\w$.:@/#[\]|+=~!?%&^,() -]*$/;

/**
 * jco writes names into the glue between single quotes and escapes nothing, and glue runs with full rights: a module
 * that exports `x':(evil(),0),'y` would be a program for the host (attack 25).
 */
function checkNames(info: WasmInfo): void {
  const modules = info.format === 'component' ? info.coreModules : [info.module];
  const externs: readonly { readonly module?: string; readonly name: string }[] = [info, ...modules].flatMap(({ imports, exports }) => [...imports, ...exports]);
  const strange = externs.flatMap(({ module = '', name }) => [module, name]).find((name) => !PLAIN_NAME.test(name));
  if (strange === undefined) return;
  throw new Refusal('unsupported', `an import or export is called ${quote(strange)}`, {
    hint: 'rename it: letters, digits and _ $ . : @ / # [ ] | + = ~ ! ? % & ^ , ( ) - are taken',
  });
}

/**
 * Counts memories and tables over all core instances: caps are for each of them, and a component may instantiate a
 * module as often as it likes. 1,000 memories would be 1,000 times what was asked for (attack 14).
 */
function countCapped(glue: string, files: readonly (readonly [string, Uint8Array])[]): { readonly table: number } {
  const total = { instances: 0, memory: 0, table: 0 };
  for (const [, variable, file] of glue.matchAll(/const (module\d+) = getCoreModule\('([^']+)'\)/g)) {
    const module = inspectWasm(files.find(([name]) => name === file)?.[1] ?? new Uint8Array());
    if (module.format !== 'module') continue;
    const instances = glue.split(`instantiateCore(yield ${variable})`).length + glue.split(`instantiateCore(yield ${variable},`).length - 2;
    total.instances += instances;
    for (const kind of ['memory', 'table'] as const) {
      const all = kind === 'memory' ? module.module.memories : module.module.tables;
      total[kind] += instances * (all.length - module.imports.filter((extern) => extern.kind === kind).length);
    }
  }
  if (total.instances === 0) throw new Refusal('unsupported', "the transpiler's glue makes no instance; this version of it is not known");
  if (total.memory > LIMITS.componentMemoriesMax) throw new Refusal('limit', `its instances have ${total.memory} memories together, more than ${LIMITS.componentMemoriesMax}`);
  if (total.table > LIMITS.componentTablesMax) throw new Refusal('limit', `its instances have ${total.table} tables together, more than ${LIMITS.componentTablesMax}`);
  return total;
}

/** All tables share one cap: eight tables of a million elements fill a thread's heap, and V8 then aborts the process (attack 14). */
function capTables(files: readonly (readonly [string, Uint8Array])[], tables: number): [string, Uint8Array][] {
  const limits = { memoryPagesMax: LIMITS.workloadMemoryBytesMax / WASM_PAGE_BYTES, tableElementsMax: Math.floor(LIMITS.tableElementsMax / Math.max(1, tables)) };
  return files.map(([name, content]) => [name, name.endsWith('.wasm') ? clampLimits(content, limits, `core module ${name}`) : content]);
}

/** Twins of the core modules with their maxima capped at the usual limit, so that a usual start need not do it; none when one needs more from the start. */
function clampAll(files: readonly (readonly [string, Uint8Array])[], memoryBytesMax: number): Map<string, Uint8Array> {
  const limits = { memoryPagesMax: Math.floor(memoryBytesMax / WASM_PAGE_BYTES), tableElementsMax: LIMITS.tableElementsMax };
  try {
    return new Map(files.filter(([name]) => name.endsWith('.wasm')).map(([name, content]) => [name, clampLimits(content, limits)]));
  } catch {
    return new Map();
  }
}

/**
 * Writes `<cacheRoot>/<tools>/<digest>/`; the caller moves it into place. `shrink` may make the glue shorter, for what is
 * built once and started often.
 */
export async function transpileComponent(
  bytes: Uint8Array,
  cacheRoot: string,
  memoryBytesMax: number = LIMITS.workloadMemoryBytes,
  shrink = (script: string): string => script,
): Promise<ComponentMeta> {
  const digest = `sha256:${sha256(bytes)}`;
  const info = inspectWasm(bytes);
  checkNames(info);
  const { imports, exports } = info;
  const names = (externs: readonly { readonly name: string }[]): string[] => externs.map(({ name }) => name);
  await $init;
  const generated = generate(bytes, TRANSPILE_OPTIONS).files;
  const glue = Buffer.from(generated.find(([name]) => name.endsWith('.js'))?.[1] ?? []).toString('utf8');
  if (!glue) throw new Refusal('other', 'the transpiler made no glue');
  const files = capTables(generated, countCapped(glue, generated).table);
  const dir = componentDir(cacheRoot, digest);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const clamped = clampAll(files, memoryBytesMax);
  const modules: Record<string, string> = {};
  for (const [name, content] of files) {
    if (!name.endsWith('.wasm')) continue;
    // The full validation that lets later starts compile lazily.
    if (!WebAssembly.validate(content as Uint8Array<ArrayBuffer>)) throw new Refusal('unsupported', `core module ${name} does not validate on this engine`);
    modules[name] = sha256(content);
    writeFileSync(join(dir, name), content, { mode: 0o600 });
    const module = clamped.get(name);
    if (module) writeFileSync(join(dir, CAPPED_PREFIX + name), module, { mode: 0o600 });
  }
  const script = shrink(editGlue(glue));
  // Read back as Latin-1, the form in which V8 needs no second look.
  if (Buffer.from(script, 'latin1').toString('latin1') !== script) throw new Refusal('unsupported', 'an import or export has a name beyond Latin-1');
  const edited = Buffer.from(script, 'latin1');
  writeFileSync(join(dir, GLUE_FILE), edited, { mode: 0o600 });
  const meta: ComponentMeta = {
    digest,
    glueDigest: sha256(edited),
    imports: names(imports),
    exports: names(exports),
    modules,
    memoryBytesMax: clamped.size > 0 ? memoryBytesMax : 0,
    bytes: bytes.length,
  };
  writeFileSync(join(dir, META_FILE), JSON.stringify(meta), { mode: 0o600 });
  return meta;
}
