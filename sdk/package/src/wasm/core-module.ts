/** Reads a core WebAssembly module at section level: what it imports, exports and declares, within `LIMITS.wasm`. */

import { LIMITS } from '../limits.ts';
import { refuse } from '../problems.ts';
import type { ByteCursor } from './byte-cursor.ts';
import { type FeatureProblems, readGlobalType, readMemoryType, readTable, readTypeSection, readValueType, type SizeLimits, skipConstExpression } from './core-types.ts';

export type CoreExternKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly kind: CoreExternKind;
}

export interface CoreExport {
  readonly name: string;
  readonly kind: CoreExternKind;
}

export interface CoreModuleInfo {
  readonly imports: readonly CoreImport[];
  readonly exports: readonly CoreExport[];
  /** Defined and imported, in index order; pages of 64 KiB. */
  readonly memories: readonly SizeLimits[];
  /** Defined and imported, in index order; elements. */
  readonly tables: readonly SizeLimits[];
  /** Defined functions. */
  readonly functions: number;
  /** Of all data segments. */
  readonly dataBytes: number;
}

/** What one reading may use in all, a component's nested modules together. */
export class WasmBudget {
  #sections: number = LIMITS.wasm.sectionsMax;
  #modules: number = LIMITS.wasm.coreModulesMax;
  #functions: number = LIMITS.wasm.functionsMax;
  #locals: number = LIMITS.wasm.localsTotalMax;
  #dataBytes: number = LIMITS.wasm.dataBytesMax;

  section(cursor: ByteCursor): void {
    if (--this.#sections < 0) refuse('limit', `more than ${LIMITS.wasm.sectionsMax} sections`, cursor.here());
  }

  module(cursor: ByteCursor): void {
    if (--this.#modules < 0) refuse('limit', `more than ${LIMITS.wasm.coreModulesMax} core modules`, cursor.here());
  }

  functions(count: number, cursor: ByteCursor): void {
    this.#functions -= count;
    if (this.#functions < 0) refuse('limit', `more than ${LIMITS.wasm.functionsMax} functions`, cursor.here());
  }

  locals(count: number, cursor: ByteCursor): void {
    this.#locals -= count;
    if (this.#locals < 0) refuse('limit', `more than ${LIMITS.wasm.localsTotalMax} locals in all`, cursor.here());
  }

  data(bytes: number, cursor: ByteCursor): void {
    this.#dataBytes -= bytes;
    if (this.#dataBytes < 0) refuse('limit', `more than ${LIMITS.wasm.dataBytesMax} bytes of data segments`, cursor.here());
  }
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order the specification asks for; tag stands between memory and global, data count before code. */
const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

export const EXTERN_KINDS: readonly CoreExternKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/** Calls `visit` for each section of the module that `cursor` is in, after its eight bytes of preamble. */
export function forEachCoreSection(cursor: ByteCursor, budget: WasmBudget, visit: (id: number, section: ByteCursor, start: number) => void): void {
  let lastOrder = -1;
  while (cursor.left > 0) {
    budget.section(cursor);
    const start = cursor.at;
    const id = cursor.u8();
    if (id !== SECTION.custom) {
      const order = SECTION_ORDER.indexOf(id);
      if (order === -1) cursor.unknown('a section', id);
      if (order <= lastOrder) cursor.malformed(`section ${id} stands twice or out of order`);
      lastOrder = order;
    }
    visit(id, cursor.take(cursor.u32()), start);
  }
}

/** Reads the module that `cursor` is in, after its eight bytes of preamble. */
export function readCoreModule(cursor: ByteCursor, budget: WasmBudget, features: FeatureProblems): CoreModuleInfo {
  budget.module(cursor);
  const reader = new CoreModuleReader(budget, features);
  forEachCoreSection(cursor, budget, (id, section) => reader.read(id, section));
  return reader.finish(cursor);
}

class CoreModuleReader {
  readonly #budget: WasmBudget;
  readonly #features: FeatureProblems;
  readonly #imports: CoreImport[] = [];
  readonly #exports: CoreExport[] = [];
  readonly #memories: SizeLimits[] = [];
  readonly #tables: SizeLimits[] = [];
  #functions = 0;
  #bodies = 0;
  #dataBytes = 0;

  constructor(budget: WasmBudget, features: FeatureProblems) {
    this.#budget = budget;
    this.#features = features;
  }

  read(id: number, section: ByteCursor): void {
    switch (id) {
      case SECTION.custom:
        section.name();
        return;
      case SECTION.type:
        readTypeSection(section, this.#features);
        break;
      case SECTION.import:
        this.#readImports(section);
        break;
      case SECTION.function:
        this.#functions = section.count('functions', LIMITS.wasm.functionsMax);
        this.#budget.functions(this.#functions, section);
        for (let index = 0; index < this.#functions; index++) section.u32();
        break;
      case SECTION.table:
        this.#each(section, 'tables', LIMITS.wasm.tablesMax, () => this.#tables.push(readTable(section, this.#features)));
        break;
      case SECTION.memory:
        this.#each(section, 'memories', LIMITS.wasm.memoriesMax, () => this.#memories.push(readMemoryType(section, this.#features)));
        break;
      case SECTION.tag:
        this.#each(section, 'tags', LIMITS.wasm.tagsMax, () => readTag(section));
        break;
      case SECTION.global:
        this.#each(section, 'globals', LIMITS.wasm.globalsMax, () => {
          readGlobalType(section, this.#features);
          skipConstExpression(section, this.#features);
        });
        break;
      case SECTION.export:
        this.#readExports(section);
        break;
      case SECTION.start:
        section.u32();
        break;
      case SECTION.element:
        // The items are bounded by the bytes they take; V8 validates their grammar.
        section.count('element segments', LIMITS.wasm.segmentsMax);
        return;
      case SECTION.dataCount:
        if (section.u32() > LIMITS.wasm.segmentsMax) refuse('limit', `more than ${LIMITS.wasm.segmentsMax} data segments`, section.here());
        break;
      case SECTION.code:
        this.#readCode(section);
        break;
      case SECTION.data:
        this.#each(section, 'data segments', LIMITS.wasm.segmentsMax, () => this.#readData(section));
        break;
    }
    // A section read past a refused feature is not at its end, and the module is refused anyway.
    if (this.#features.problems.length === 0) section.expectEnd(`section ${id}`);
  }

  finish(cursor: ByteCursor): CoreModuleInfo {
    if (this.#bodies !== this.#functions) cursor.malformed(`declares ${this.#functions} functions and has ${this.#bodies} bodies`);
    if (this.#memories.length > LIMITS.wasm.memoriesMax) refuse('limit', `more than ${LIMITS.wasm.memoriesMax} memories`, cursor.here());
    if (this.#tables.length > LIMITS.wasm.tablesMax) refuse('limit', `more than ${LIMITS.wasm.tablesMax} tables`, cursor.here());
    return { imports: this.#imports, exports: this.#exports, memories: this.#memories, tables: this.#tables, functions: this.#functions, dataBytes: this.#dataBytes };
  }

  /** Stops at the section's end: after a refused feature the reader has stepped to it. */
  #each(section: ByteCursor, what: string, max: number, read: () => void): void {
    const count = section.count(what, max);
    for (let index = 0; index < count; index++) {
      if (section.left === 0 && this.#features.problems.length > 0) return;
      read();
    }
  }

  #readImports(section: ByteCursor): void {
    this.#each(section, 'imports', LIMITS.wasm.externsMax, () => {
      const module = section.name();
      const name = section.name();
      const kind = readExternKind(section);
      if (kind === 'function') section.u32();
      else if (kind === 'table') this.#tables.push(readTable(section, this.#features));
      else if (kind === 'memory') this.#memories.push(readMemoryType(section, this.#features));
      else if (kind === 'global') readGlobalType(section, this.#features);
      else readTag(section);
      this.#imports.push({ module, name, kind });
    });
  }

  #readExports(section: ByteCursor): void {
    const names = new Set<string>();
    this.#each(section, 'exports', LIMITS.wasm.externsMax, () => {
      const name = section.name();
      const kind = readExternKind(section);
      section.u32();
      if (names.has(name)) section.malformed('two exports with one name');
      names.add(name);
      this.#exports.push({ name, kind });
    });
  }

  #readCode(section: ByteCursor): void {
    this.#bodies = section.count('function bodies', LIMITS.wasm.functionsMax);
    for (let index = 0; index < this.#bodies; index++) {
      const length = section.u32();
      if (length > LIMITS.wasm.functionBytesMax) refuse('limit', `a function of ${length} bytes, more than ${LIMITS.wasm.functionBytesMax}`, section.here());
      const bodyEnd = section.at + length;
      section.skip(length);
      section.at = bodyEnd - length;
      this.#readLocals(section, bodyEnd);
      section.at = bodyEnd;
    }
  }

  /** Reads within the section's cursor, not one of its own: this loop runs for each of 10^5 functions. */
  #readLocals(section: ByteCursor, bodyEnd: number): void {
    const groups = section.count('groups of locals', LIMITS.wasm.localsMax, 2);
    let locals = 0;
    for (let group = 0; group < groups; group++) {
      locals += section.u32();
      if (locals > LIMITS.wasm.localsMax) refuse('limit', `a function with more than ${LIMITS.wasm.localsMax} locals`, section.here());
      readValueType(section, this.#features);
    }
    if (section.at > bodyEnd) section.malformed('locals reach past their function');
    this.#budget.locals(locals, section);
  }

  #readData(section: ByteCursor): void {
    const mode = section.u32();
    if (mode > 2) section.unknown('a data segment', mode);
    if (mode === 2) section.u32();
    if (mode !== 1) skipConstExpression(section, this.#features);
    const length = section.u32();
    this.#budget.data(length, section);
    this.#dataBytes += length;
    section.skip(length);
  }
}

function readExternKind(section: ByteCursor): CoreExternKind {
  const byte = section.u8();
  return EXTERN_KINDS[byte] ?? section.unknown('an import or export', byte);
}

function readTag(section: ByteCursor): void {
  const attribute = section.u8();
  if (attribute !== 0) section.unknown('a tag', attribute);
  section.u32();
}
