/** Says what a WebAssembly binary is, what it imports and exports, and what ForgeOne can run it as. */

import { LIMITS } from '../limits.ts';
import { refuse, refuseAny } from '../problems.ts';
import { ByteCursor } from './byte-cursor.ts';
import { type ComponentExtern, readComponent, readPreamble } from './component.ts';
import { type CoreExport, type CoreImport, type CoreModuleInfo, readCoreModule, WasmBudget } from './core-module.ts';
import { FeatureProblems } from './core-types.ts';

/** What the platform can do with it; `library` exports nothing it knows how to start. */
export type WasmKind = 'wasi-command' | 'wasi-http' | 'forge-http' | 'forge-plugin' | 'preview1-command' | 'preview1-reactor' | 'library';

export interface ComponentInfo {
  readonly format: 'component';
  readonly kind: WasmKind;
  readonly imports: readonly ComponentExtern[];
  readonly exports: readonly ComponentExtern[];
  /** Of nested components too. */
  readonly coreModules: readonly CoreModuleInfo[];
}

export interface ModuleInfo {
  readonly format: 'module';
  readonly kind: WasmKind;
  readonly imports: readonly CoreImport[];
  readonly exports: readonly CoreExport[];
  readonly module: CoreModuleInfo;
}

export type WasmInfo = ComponentInfo | ModuleInfo;

/**
 * Reads `bytes` at section level. `what` names them in problems.
 *
 * Refuses with `invalid` what is no WebAssembly or is cut, with `unsupported` shared memories, 64-bit memories, garbage
 * collection and unknown encodings, and with `limit` what is past `LIMITS.wasm`. Reads no instruction: compiling
 * validates those. Takes 2 to 25 ms for 0.1 to 10 MB in a fresh process, a third of that in a warm one: keep the result
 * by digest.
 */
export function inspectWasm(bytes: Uint8Array, what = 'component'): WasmInfo {
  if (bytes.length > LIMITS.wasm.bytesMax) refuse('limit', `${bytes.length} bytes of WebAssembly, more than ${LIMITS.wasm.bytesMax}`, { where: what });
  const cursor = new ByteCursor(bytes, what);
  const budget = new WasmBudget();
  const features = new FeatureProblems();
  if (readPreamble(cursor) === 'module') {
    const module = readCoreModule(cursor, budget, features);
    refuseAny(features.problems);
    return { format: 'module', kind: kindOfModule(module), imports: module.imports, exports: module.exports, module };
  }
  const { imports, exports, coreModules } = readComponent(cursor, budget, features);
  refuseAny(features.problems);
  return { format: 'component', kind: kindOfComponent(exports), imports, exports, coreModules };
}

/** True if the first bytes are those of a module or component of any version. */
export function looksLikeWasm(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
}

/**
 * First match wins: a plugin is a plugin whatever else it exports, and a server is asked before a command.
 * The version of a forge interface is the linker's business, which can say which versions it speaks; WASI 0.2 and
 * 0.3 are different ABIs.
 */
const COMPONENT_KINDS: readonly (readonly [RegExp, WasmKind])[] = [
  [/^forge:plugin\/lifecycle(@|$)/, 'forge-plugin'],
  [/^forge:http\/handler(@|$)/, 'forge-http'],
  [/^wasi:http\/incoming-handler@0\.2\.[0-9]+$/, 'wasi-http'],
  [/^wasi:cli\/run@0\.2\.[0-9]+$/, 'wasi-command'],
];

function kindOfComponent(exports: readonly ComponentExtern[]): WasmKind {
  const instances = exports.filter(({ kind }) => kind === 'instance');
  return COMPONENT_KINDS.find(([name]) => instances.some((instance) => name.test(instance.name)))?.[1] ?? 'library';
}

const PREVIEW1 = 'wasi_snapshot_preview1';

function kindOfModule({ imports, exports }: CoreModuleInfo): WasmKind {
  const usesPreview1 = imports.some(({ module }) => module === PREVIEW1);
  const hasStart = exports.some(({ name, kind }) => name === '_start' && kind === 'function');
  // A command that never calls the system imports nothing.
  if (hasStart && (usesPreview1 || imports.length === 0)) return 'preview1-command';
  return usesPreview1 ? 'preview1-reactor' : 'library';
}
