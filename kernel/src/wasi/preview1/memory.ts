/** The memory of an adapted program (data plane beside step 8): known from `attach` on, checked as any other guest's. */
import type { GuestMemory } from '../guest-memory.ts';
import { WASI_BOUNDS } from '../limits.ts';
import { trap } from '../trap.ts';

export class ProgramMemory {
  #memory: GuestMemory | undefined;

  attach(memory: GuestMemory): void {
    this.#memory = memory;
  }

  get #attached(): GuestMemory {
    return this.#memory ?? trap('called before the program was started');
  }

  get bytes(): Buffer {
    return this.#attached.bytes;
  }

  get view(): DataView {
    return this.#attached.view;
  }

  /** Traps unless the range lies in memory. Returns its start as an unsigned number. */
  check(pointer: number, bytes: number): number {
    return this.#attached.checkRange(pointer, bytes >>> 0);
  }

  /** A path parameter, or undefined for one that is too long to be one. Traps on what is not UTF-8. */
  path(pointer: number, bytes: number): string | undefined {
    if (bytes >>> 0 > WASI_BOUNDS.pathBytesMax) {
      this.check(pointer, bytes);
      return undefined;
    }
    return this.#attached.string(pointer, bytes);
  }
}
