/** Reads the core type grammar: value types, limits, table and memory types, function types, constant expressions. */

import { LIMITS } from '../limits.ts';
import { type Problem, problem } from '../problems.ts';
import type { ByteCursor } from './byte-cursor.ts';

/** What may grow and by how much: pages of 64 KiB for a memory, elements for a table. */
export interface SizeLimits {
  readonly min: number;
  readonly max?: number | undefined;
}

/**
 * Policy refusals met on the way: features that are valid WebAssembly but let a guest reach past its bounds.
 * Parsing goes on after one where the bytes allow it, so that the author hears of all of them.
 */
export class FeatureProblems {
  readonly problems: Problem[] = [];
  readonly #seen = new Set<string>();

  /** One problem a feature is enough: a GC program uses thousands of GC types. */
  add(feature: keyof typeof REFUSED_FEATURES, cursor: ByteCursor): void {
    if (this.#seen.has(feature)) return;
    this.#seen.add(feature);
    const { message, hint } = REFUSED_FEATURES[feature];
    this.problems.push(problem('unsupported', message, { ...cursor.here(), hint }));
  }
}

const REFUSED_FEATURES = {
  gc: {
    message: 'uses garbage-collected types (struct, array, rec, sub, i31, any, eq)',
    hint: 'growing GC arrays can abort the whole process, whatever the limits; compile for linear memory',
  },
  shared: {
    message: 'uses shared memory, tables or functions',
    hint: 'compile without threads (no -pthread, no --shared-memory, no +atomics)',
  },
  memory64: {
    message: 'uses a 64-bit memory or table',
    hint: 'compile for wasm32',
  },
  pageSize: {
    message: 'uses a custom page size',
    hint: 'compile without -mcustom-page-sizes',
  },
} as const;

const NUMBER_TYPES = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b]);
/** func, extern, exn, and their bottoms nofunc, noextern, noexn. */
const PLAIN_HEAP_TYPES = new Set([0x70, 0x6f, 0x69, 0x73, 0x72, 0x74]);
/** any, eq, i31, struct, array, none. */
const GC_HEAP_TYPES = new Set([0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x71]);
const REF_NULL = 0x63;
const REF = 0x64;
const SHARED = 0x65;

export function readValueType(cursor: ByteCursor, features: FeatureProblems): void {
  const byte = cursor.u8();
  if (!NUMBER_TYPES.has(byte)) readReferenceTypeAfter(byte, cursor, features);
}

export function readReferenceType(cursor: ByteCursor, features: FeatureProblems): void {
  readReferenceTypeAfter(cursor.u8(), cursor, features);
}

function readReferenceTypeAfter(byte: number, cursor: ByteCursor, features: FeatureProblems): void {
  if (byte === REF_NULL || byte === REF) readHeapType(cursor, features);
  else if (!isAbstractHeapType(byte, cursor, features)) cursor.unknown('a value type', byte);
}

/** A heap type is a signed 33-bit number: negative ones are abstract, the others index the type section. */
function readHeapType(cursor: ByteCursor, features: FeatureProblems): void {
  const start = cursor.at;
  const byte = cursor.u8();
  if (byte === SHARED) {
    features.add('shared', cursor);
    cursor.u8();
  } else if (!isAbstractHeapType(byte, cursor, features)) {
    if (byte < 0x80 && byte >= 0x40) cursor.unknown('a heap type', byte);
    cursor.at = start;
    cursor.skipSigned(33);
  }
}

function isAbstractHeapType(byte: number, cursor: ByteCursor, features: FeatureProblems): boolean {
  if (GC_HEAP_TYPES.has(byte)) features.add('gc', cursor);
  return GC_HEAP_TYPES.has(byte) || PLAIN_HEAP_TYPES.has(byte);
}

const FUNC = 0x60;
/** rec, sub final, sub, array, struct. */
const GC_TYPE_FORMS = new Set([0x4e, 0x4f, 0x50, 0x5e, 0x5f]);

/** Reads the type section. GC code cannot exist without its forms here: `struct.new` and `array.new` index this section. */
export function readTypeSection(section: ByteCursor, features: FeatureProblems): void {
  const count = section.count('types', LIMITS.wasm.typesMax);
  for (let index = 0; index < count; index++) {
    const form = section.u8();
    if (form === SHARED || GC_TYPE_FORMS.has(form)) {
      // What follows needs the GC grammar; the module is refused, so the rest of the section does not matter.
      features.add(form === SHARED ? 'shared' : 'gc', section);
      section.skip(section.left);
      return;
    }
    if (form !== FUNC) section.unknown('a type', form);
    for (const what of ['parameters', 'results']) {
      const values = section.count(what, LIMITS.wasm.paramsMax);
      for (let value = 0; value < values; value++) readValueType(section, features);
    }
  }
}

/** Limits flags: 1 has a maximum, 2 shared, 4 64-bit, 8 custom page size. */
export function readLimits(cursor: ByteCursor, features: FeatureProblems): SizeLimits {
  const flags = cursor.u8();
  if (flags > 0x0f) cursor.unknown('a limit', flags);
  if (flags & 2) features.add('shared', cursor);
  if (flags & 8) features.add('pageSize', cursor);
  if (flags & 4) {
    features.add('memory64', cursor);
    cursor.skipSigned(64);
    if (flags & 1) cursor.skipSigned(64);
    if (flags & 8) cursor.u32();
    return { min: 0 };
  }
  const min = cursor.u32();
  const max = flags & 1 ? cursor.u32() : undefined;
  if (flags & 8) cursor.u32();
  if (max !== undefined && max < min) cursor.malformed(`a maximum of ${max} below its minimum of ${min}`);
  return { min, max };
}

export function readMemoryType(cursor: ByteCursor, features: FeatureProblems): SizeLimits {
  const limits = readLimits(cursor, features);
  const most = Math.max(limits.min, limits.max ?? 0);
  if (most > LIMITS.wasm.memoryPagesMax) cursor.malformed(`a memory of ${most} pages, more than ${LIMITS.wasm.memoryPagesMax}`);
  return limits;
}

/** A table's type and, in the table section, its initial value (0x40 0x00 before, an expression after). */
export function readTable(cursor: ByteCursor, features: FeatureProblems): SizeLimits {
  const hasInitialValue = cursor.bytes[cursor.at] === 0x40;
  if (hasInitialValue) {
    cursor.skip(1);
    const reserved = cursor.u8();
    if (reserved !== 0) cursor.unknown('a table', reserved);
  }
  readReferenceType(cursor, features);
  const limits = readLimits(cursor, features);
  if (hasInitialValue) skipConstExpression(cursor, features);
  return limits;
}

export function readGlobalType(cursor: ByteCursor, features: FeatureProblems): void {
  readValueType(cursor, features);
  const mutability = cursor.u8();
  if (mutability & 2) features.add('shared', cursor);
  if (mutability > 3) cursor.unknown('a global', mutability);
}

/** Steps over a constant expression (core specification 3.0, "Constant Expressions"), the `end` included. */
export function skipConstExpression(cursor: ByteCursor, features: FeatureProblems): void {
  for (let length = 0; length < LIMITS.wasm.constExpressionMax; length++) {
    const opcode = cursor.u8();
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x41: // i32.const
        cursor.skipSigned(32);
        break;
      case 0x42: // i64.const
        cursor.skipSigned(64);
        break;
      case 0x43: // f32.const
        cursor.skip(4);
        break;
      case 0x44: // f64.const
        cursor.skip(8);
        break;
      case 0x23: // global.get
      case 0xd2: // ref.func
        cursor.u32();
        break;
      case 0xd0: // ref.null
        readHeapType(cursor, features);
        break;
      case 0x6a: // i32.add, sub, mul and i64.add, sub, mul (extended-const)
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        break;
      case 0xfd: // v128.const
        if (cursor.u32() !== 12) cursor.unknown('a constant SIMD instruction', opcode);
        cursor.skip(16);
        break;
      case 0xfb: // struct.new, array.new, ref.i31, ...: operands need the GC grammar, so the section ends here.
        features.add('gc', cursor);
        cursor.skip(cursor.left);
        return;
      default:
        cursor.unknown('a constant instruction', opcode);
    }
  }
  cursor.malformed('a constant expression without end');
}
