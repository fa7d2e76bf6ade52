/**
 * A guest's linear memory as lowered functions use it (data plane beside step 8): every pointer and length is checked.
 *
 * Out of range or misaligned is a trap (canonical ABI, `trap_if` in `load` and `store`). Views are renewed after growth,
 * which detaches the old buffer; the allocator's answer is checked like any other pointer.
 */
import type { Guest, Realloc } from './guest.ts';
import { type GlueTable, HandleTables } from './handle-tables.ts';
import { trap } from './trap.ts';

export type StringEncoding = 'utf8' | 'utf16' | 'compact-utf16';

/** What jco's glue hands to a function that carries {@link CABI_LOWER}. */
export interface LowerOptions {
  readonly memory?: WebAssembly.Memory;
  readonly realloc?: Realloc;
  readonly resourceTables?: readonly GlueTable[];
  readonly stringEncoding?: StringEncoding;
}

const CABI_LOWER: unique symbol = Symbol.for('cabiLower');

/** What a lowered function works with. */
export interface Lowering {
  readonly memory: GuestMemory;
  readonly tables: HandleTables;
}

/** Over raw core values; what it returns is the core result, or nothing when it stored one. */
export type CoreFunction = (...core: never[]) => unknown;

/**
 * Marks `lifted` so that hybrid bindings replace it by what `make` returns: a function over raw core values.
 * `make` runs once for each import that is linked.
 */
export function withLowering<F extends object>(guest: Guest, lifted: F, make: (lowering: Lowering) => CoreFunction): F {
  // Set, not defined: a guest has a hundred of these, and a descriptor object for each is what its start would cost.
  (lifted as { [CABI_LOWER]?: (options: LowerOptions) => CoreFunction })[CABI_LOWER] = (options) =>
    make({ memory: new GuestMemory(guest, options), tables: new HandleTables(guest, options.resourceTables) });
  return lifted;
}

/** Tag bit of a compact-utf16 length: set for UTF-16, clear for Latin-1. */
const UTF16_TAG = 0x8000_0000;
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));
const ASCII_MAX = 0x7f;

export class GuestMemory {
  readonly #guest: Guest;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #realloc: Realloc | undefined;
  readonly #encoding: StringEncoding;
  #bytes: Buffer = NO_BYTES;
  #view = NO_VIEW;

  constructor(guest: Guest, options: LowerOptions) {
    this.#guest = guest;
    this.#memory = options.memory;
    this.#realloc = options.realloc;
    this.#encoding = options.stringEncoding ?? 'utf8';
  }

  /** All of the memory as it is now. Do not keep it over a call into the guest. */
  get bytes(): Buffer {
    // Growth detaches the buffer, and a detached view has no length.
    if (this.#bytes.length === 0) this.#renew();
    return this.#bytes;
  }

  get view(): DataView {
    if (this.#bytes.length === 0) this.#renew();
    return this.#view;
  }

  #renew(): void {
    if (this.#memory === undefined) throw new Error('the glue passed no memory to a function that needs one');
    const { buffer } = this.#memory;
    this.#bytes = Buffer.from(buffer);
    this.#view = new DataView(buffer);
  }

  /** Checks a result pointer before anything is done: a call that cannot answer must not act. */
  checkResult(pointer: number, bytes: number, align: number): number {
    const at = pointer >>> 0;
    if ((at & (align - 1)) !== 0) trap('misaligned result pointer');
    if (at + bytes > this.bytes.length) trap('result pointer out of range');
    return at;
  }

  /** Checks a range that the guest passed. Returns its start as an unsigned number. */
  checkRange(pointer: number, bytes: number, align = 1): number {
    const at = pointer >>> 0;
    if ((at & (align - 1)) !== 0) trap('misaligned pointer');
    if (at + bytes > this.bytes.length) trap('pointer out of range');
    return at;
  }

  /** Asks the guest for memory. The answer is aligned and in range, or the guest traps. */
  allocate(bytes: number, align: number): number {
    if (this.#realloc === undefined) throw new Error('the glue passed no realloc to a function that needs one');
    const at = this.#guest.reallocate(this.#realloc, bytes, align);
    if ((at & (align - 1)) !== 0) trap('realloc returned a misaligned pointer');
    if (at + bytes > this.bytes.length) trap('realloc returned a pointer out of range');
    return at;
  }

  /** Bytes of a string parameter, for checks before it is decoded. */
  stringBytes(units: number): number {
    const length = units >>> 0;
    if (this.#encoding === 'utf8') return length;
    if (this.#encoding === 'utf16') return length * 2;
    return (length & UTF16_TAG) !== 0 ? (length & ~UTF16_TAG) * 2 : length;
  }

  /** A string parameter. Traps on what is not well-formed. */
  string(pointer: number, units: number): string {
    const bytes = this.stringBytes(units);
    const isWide = this.#encoding === 'utf16' || (this.#encoding === 'compact-utf16' && (units & UTF16_TAG) !== 0);
    const at = this.checkRange(pointer, bytes, this.#encoding === 'utf8' ? 1 : 2);
    if (isWide) {
      const wide = this.bytes.toString('utf16le', at, at + bytes);
      if (!wide.isWellFormed()) trap('string is not well-formed UTF-16');
      return wide;
    }
    if (this.#encoding === 'compact-utf16') return this.bytes.toString('latin1', at, at + bytes);
    const { bytes: memory } = this;
    let end = at;
    while (end < at + bytes && (memory[end] as number) <= ASCII_MAX) end++;
    if (end === at + bytes) return memory.toString('latin1', at, end);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(memory.subarray(at, at + bytes));
    } catch {
      trap('string is not UTF-8');
    }
  }

  /** Copies a string into fresh guest memory and stores pointer and length at `at`. */
  storeString(at: number, text: string): void {
    if (this.#encoding === 'utf8') {
      const bytes = Buffer.byteLength(text);
      const pointer = this.allocate(bytes, 1);
      this.bytes.write(text, pointer, bytes, 'utf8');
      this.view.setUint32(at, pointer, true);
      this.view.setUint32(at + 4, bytes, true);
      return;
    }
    const pointer = this.allocate(text.length * 2, 2);
    this.bytes.write(text, pointer, text.length * 2, 'utf16le');
    this.view.setUint32(at, pointer, true);
    this.view.setUint32(at + 4, this.#encoding === 'utf16' ? text.length : (text.length | UTF16_TAG) >>> 0, true);
  }

  /** Copies bytes into fresh guest memory and stores pointer and length at `at`. */
  storeBytes(at: number, bytes: Uint8Array): void {
    const pointer = this.allocate(bytes.length, 1);
    this.bytes.set(bytes, pointer);
    this.storeList(at, pointer, bytes.length);
  }

  storeList(at: number, pointer: number, length: number): void {
    const { view } = this;
    view.setUint32(at, pointer, true);
    view.setUint32(at + 4, length, true);
  }
}

/** A `u64` parameter as a number, at most `max`. Core i64 values arrive as signed BigInts. */
export function clampU64(value: bigint, max: number): number {
  return value < 0n || value > max ? max : Number(value);
}
