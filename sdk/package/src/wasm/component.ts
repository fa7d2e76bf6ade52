/** Reads a WebAssembly component at section level: its imports and exports by full name, and the core modules inside. */

import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { type CoreModuleInfo, readCoreModule, type WasmBudget } from './core-module.ts';
import type { FeatureProblems } from './core-types.ts';

export type ComponentExternKind = 'core-module' | 'function' | 'value' | 'type' | 'component' | 'instance';

export interface ComponentExtern {
  /** As in the binary, version included: `wasi:cli/run@0.2.6`, or a plain name of the world. */
  readonly name: string;
  readonly kind: ComponentExternKind;
}

export interface ComponentParts {
  readonly imports: readonly ComponentExtern[];
  readonly exports: readonly ComponentExtern[];
  /** Of nested components too. */
  readonly coreModules: readonly CoreModuleInfo[];
}

/** Section ids of the component binary format (component-model, design/mvp/Binary.md). */
const COMPONENT_SECTION = { custom: 0, coreModule: 1, component: 4, import: 10, export: 11, last: 12 } as const;

/** `sort`, which is also `externdesc`'s first byte: both put core things under 0x00. */
const SORTS: readonly ComponentExternKind[] = ['core-module', 'function', 'value', 'type', 'component', 'instance'];

const PREAMBLE_MODULE = 0x0000_0001;
const PREAMBLE_COMPONENT = 0x0001_000d;

export type WasmFormat = 'module' | 'component';

/** Reads the eight bytes that tell module from component; refuses everything else. */
export function readPreamble(cursor: ByteCursor): WasmFormat {
  if (cursor.left < 8 || cursor.u8() !== 0 || cursor.u8() !== 0x61 || cursor.u8() !== 0x73 || cursor.u8() !== 0x6d) {
    refuse('invalid', 'is not WebAssembly: it does not begin with "\\0asm"', { where: cursor.what });
  }
  const version = cursor.u8() + (cursor.u8() << 8) + (cursor.u8() << 16) + cursor.u8() * 2 ** 24;
  if (version === PREAMBLE_MODULE) return 'module';
  if (version === PREAMBLE_COMPONENT) return 'component';
  const [number, layer] = [version % 2 ** 16, Math.floor(version / 2 ** 16)];
  return refuse('unsupported', `is WebAssembly of version ${number}, layer ${layer}; known are modules (1, 0) and components (13, 1)`, {
    where: cursor.what,
    hint: layer === 1 ? 'rebuild it with current component tools' : undefined,
  });
}

/** Reads the component that `cursor` is in, after its preamble. */
export function readComponent(cursor: ByteCursor, budget: WasmBudget, features: FeatureProblems, depth = 1): ComponentParts {
  if (depth > LIMITS.wasm.nestingMax) refuse('limit', `components nested deeper than ${LIMITS.wasm.nestingMax}`, cursor.here());
  const imports = new ExternList();
  const exports = new ExternList();
  const coreModules: CoreModuleInfo[] = [];
  while (cursor.left > 0) {
    budget.section(cursor);
    const id = cursor.u8();
    if (id > COMPONENT_SECTION.last) cursor.unknown('a component section', id);
    const section = cursor.take(cursor.u32());
    if (id === COMPONENT_SECTION.custom) section.name();
    else if (id === COMPONENT_SECTION.import) imports.read(section, readImport);
    else if (id === COMPONENT_SECTION.export) exports.read(section, readExport);
    else if (id === COMPONENT_SECTION.coreModule) {
      if (readPreamble(section) !== 'module') section.malformed('a core module section without a core module');
      coreModules.push(readCoreModule(section, budget, features));
    } else if (id === COMPONENT_SECTION.component) {
      if (readPreamble(section) !== 'component') section.malformed('a component section without a component');
      coreModules.push(...readComponent(section, budget, features, depth + 1).coreModules);
    }
    // The other kinds (types, instances, aliases, canonical functions) name nothing from outside; jco validates them.
  }
  return { imports: imports.externs, exports: exports.externs, coreModules };
}

/** The imports, or the exports, of one component, which may stand in many sections. */
class ExternList {
  readonly externs: ComponentExtern[] = [];
  readonly #names = new Set<string>();

  read(section: ByteCursor, readOne: (section: ByteCursor) => ComponentExtern): void {
    const count = section.count('imports or exports', LIMITS.wasm.externsMax);
    for (let index = 0; index < count; index++) {
      const extern = readOne(section);
      // A second `wasi:cli/run` could be shown to one reader and run by another.
      if (this.#names.has(extern.name)) section.malformed(`${quote(extern.name)} stands twice`);
      this.#names.add(extern.name);
      this.externs.push(extern);
    }
    if (this.externs.length > LIMITS.wasm.externsMax) refuse('limit', `more than ${LIMITS.wasm.externsMax} imports or exports`, section.here());
    section.expectEnd('an import or export section');
  }
}

function readImport(section: ByteCursor): ComponentExtern {
  const name = readExternName(section);
  return { name, kind: readExternDescription(section) };
}

function readExport(section: ByteCursor): ComponentExtern {
  const name = readExternName(section);
  const kind = readSort(section);
  section.u32();
  const isAscribed = section.u8();
  if (isAscribed > 1) section.unknown('an export', isAscribed);
  if (isAscribed === 1) readExternDescription(section);
  return { name, kind };
}

/** 0x00 and 0x01 are followed by a name, 0x02 by a name and the version's suffix, as in `wasi:cli/run@0.2` + `.6`. */
function readExternName(section: ByteCursor): string {
  const tag = section.u8();
  if (tag > 2) section.unknown('an import or export name', tag);
  const name = section.name();
  return tag === 2 ? name + section.name() : name;
}

function readSort(section: ByteCursor): ComponentExternKind {
  const byte = section.u8();
  const sort = SORTS[byte] ?? section.unknown('an export', byte);
  if (sort === 'core-module' && section.u8() !== 0x11) section.malformed('exports a core item that is no module');
  return sort;
}

function readExternDescription(section: ByteCursor): ComponentExternKind {
  const sort = readSort(section);
  if (sort === 'value') {
    if (section.u8() === 0) section.u32();
    else section.skipSigned(33);
  } else if (sort === 'type') {
    const bound = section.u8();
    if (bound > 1) section.unknown('a type bound', bound);
    if (bound === 0) section.u32();
  } else {
    section.u32();
  }
  return sort;
}
