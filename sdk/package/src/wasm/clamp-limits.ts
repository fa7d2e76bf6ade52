/** Rewrites a core module so that its memories and tables cannot grow past what the platform gives. */

import { LIMITS } from '../limits.ts';
import { refuse, refuseAny } from '../problems.ts';
import { ByteCursor } from './byte-cursor.ts';
import { readPreamble } from './component.ts';
import { EXTERN_KINDS, forEachCoreSection, SECTION, WasmBudget } from './core-module.ts';
import { FeatureProblems, readGlobalType, readLimits, readReferenceType, type SizeLimits, skipConstExpression } from './core-types.ts';

export interface ClampedLimits {
  /** Pages of 64 KiB, for each memory. */
  readonly memoryPagesMax: number;
  /** Elements, for each table. */
  readonly tableElementsMax: number;
}

/**
 * A copy of `module` in which each memory and table, defined or imported, has a maximum of at most `limits`.
 *
 * V8's worker limits do not cap wasm memory, and growing a table can abort the process, so the bound goes into the
 * module itself, where growth past it fails as the specification says. Modules clamped to the same limits still
 * link: whatever satisfied an import before satisfies it after. A Memory or Table that the host passes in needs a
 * maximum of at most `limits` too.
 *
 * Refuses with `limit` when a declared minimum is already above.
 */
export function clampLimits(module: Uint8Array, limits: ClampedLimits, what = 'module'): Uint8Array<ArrayBuffer> {
  const cursor = new ByteCursor(module, what);
  if (readPreamble(cursor) !== 'module') refuse('invalid', 'is a component; limits are clamped in core modules', { where: what });
  const writer = new ModuleWriter(module, limits);
  forEachCoreSection(cursor, new WasmBudget(), (id, section, start) => writer.section(id, section, start));
  return writer.finish();
}

/** Copies the module and replaces the limits as it meets them. */
class ModuleWriter {
  readonly #module: Uint8Array;
  readonly #limits: ClampedLimits;
  readonly #features = new FeatureProblems();
  readonly #output: Uint8Array[] = [];
  /** Bytes of the module before this offset are in the output already. */
  #copied = 0;

  constructor(module: Uint8Array, limits: ClampedLimits) {
    this.#module = module;
    this.#limits = limits;
  }

  section(id: number, section: ByteCursor, start: number): void {
    if (id !== SECTION.import && id !== SECTION.table && id !== SECTION.memory) return;
    this.#copyTo(start);
    const outer = this.#output.splice(0);
    this.#copied = section.at;
    this.#rewrite(id, section);
    refuseAny(this.#features.problems);
    section.expectEnd(`section ${id}`);
    this.#copyTo(section.end);
    const body = this.#output.splice(0);
    const length = body.reduce((sum, part) => sum + part.length, 0);
    this.#output.push(...outer, Uint8Array.of(id, ...encodeU32(length)), ...body);
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#copyTo(this.#module.length);
    return Buffer.concat(this.#output);
  }

  #rewrite(id: number, section: ByteCursor): void {
    const count = section.count('entries', LIMITS.wasm.externsMax);
    for (let index = 0; index < count; index++) {
      if (id === SECTION.import) this.#import(section);
      else if (id === SECTION.table) this.#table(section);
      else this.#memory(section);
    }
  }

  #import(section: ByteCursor): void {
    section.name();
    section.name();
    const byte = section.u8();
    const kind = EXTERN_KINDS[byte] ?? section.unknown('an import', byte);
    if (kind === 'memory') this.#memory(section);
    else if (kind === 'table') this.#table(section);
    else if (kind === 'global') readGlobalType(section, this.#features);
    else {
      if (kind === 'tag') section.u8();
      section.u32();
    }
  }

  #memory(section: ByteCursor): void {
    this.#clamp(section, this.#limits.memoryPagesMax, 'pages of memory');
  }

  #table(section: ByteCursor): void {
    const hasInitialValue = this.#module[section.at] === 0x40;
    if (hasInitialValue) section.skip(2);
    readReferenceType(section, this.#features);
    this.#clamp(section, this.#limits.tableElementsMax, 'table elements');
    if (hasInitialValue) skipConstExpression(section, this.#features);
  }

  #clamp(section: ByteCursor, most: number, what: string): void {
    this.#copyTo(section.at);
    const declared: SizeLimits = readLimits(section, this.#features);
    if (declared.min > most) refuse('limit', `starts with ${declared.min} ${what}, more than the ${most} allowed`, section.here());
    const max = Math.min(declared.max ?? most, most);
    this.#output.push(Uint8Array.of(0x01, ...encodeU32(declared.min), ...encodeU32(max)));
    this.#copied = section.at;
  }

  #copyTo(offset: number): void {
    if (offset > this.#copied) this.#output.push(this.#module.subarray(this.#copied, offset));
    this.#copied = Math.max(this.#copied, offset);
  }
}

function encodeU32(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest !== 0);
  return bytes;
}
