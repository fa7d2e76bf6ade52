/**
 * Scattered reads and gathered writes of preview 1 (data plane beside step 8): the program's list of buffers as one transfer.
 *
 * Reading and writing are what programs do most, so nothing is allocated here: one list serves all calls of a guest.
 */
import { ERRNO } from '../../host/errno.ts';
import type { Guest } from '../guest.ts';
import type { ProgramMemory } from './memory.ts';

/** IOV_MAX of Linux. */
const IOVECS_MAX = 1024;
/** `iovec` and `ciovec`: pointer @0, length @4. */
const IOVEC_BYTES = 8;

/** Moves bytes between a file and one buffer. Returns how many, or -errno. */
export type Transfer<F> = (fd: F, memory: Uint8Array, pointer: number, bytes: number, offset: number) => number;

export class Iovecs {
  readonly #guest: Guest;
  readonly #memory: ProgramMemory;
  readonly #pointers: number[] = [];
  readonly #lengths: number[] = [];
  #count = 0;
  #total = 0;

  constructor(guest: Guest, memory: ProgramMemory) {
    this.#guest = guest;
    this.#memory = memory;
  }

  /** Takes the buffers of a call in, empty ones left out. Traps for those outside memory; -EINVAL for too many. */
  load(pointer: number, count: number): number {
    if (count >>> 0 > IOVECS_MAX) return -ERRNO.EINVAL;
    const memory = this.#memory;
    const at = memory.check(pointer, count * IOVEC_BYTES);
    const { view } = memory;
    this.#count = 0;
    this.#total = 0;
    for (let i = at; i < at + count * IOVEC_BYTES; i += IOVEC_BYTES) {
      const bytes = view.getUint32(i + 4, true);
      if (bytes === 0) continue;
      this.#pointers[this.#count] = memory.check(view.getUint32(i, true), bytes);
      this.#lengths[this.#count] = bytes;
      this.#count++;
      this.#total += bytes;
    }
    return 0;
  }

  /** Fills the buffers. Several take one transfer through a buffer on this side, which may be short, as readv(2) may. */
  scatter<F>(fd: F, offset: number, read: Transfer<F>): number {
    if (this.#count === 0) return 0;
    const { bytes: memory } = this.#memory;
    if (this.#count === 1) {
      return read(fd, memory, this.#pointers[0] as number, Math.min(this.#lengths[0] as number, this.#guest.limits.readBytesMax), offset);
    }
    const { scratch } = this.#guest;
    const count = read(fd, scratch, 0, Math.min(this.#total, scratch.length), offset);
    for (let i = 0, done = 0; done < count; i++) {
      done += scratch.copy(memory, this.#pointers[i] as number, done, Math.min(count, done + (this.#lengths[i] as number)));
    }
    return count;
  }

  /** Writes the buffers out. Several small ones take one transfer, so that a line of output stays one. */
  gather<F>(fd: F, offset: number, write: Transfer<F>): number {
    const { bytes: memory } = this.#memory;
    const { scratch } = this.#guest;
    if (this.#count > 1 && this.#total <= scratch.length) {
      for (let i = 0, at = 0; i < this.#count; i++) {
        const pointer = this.#pointers[i] as number;
        at += memory.copy(scratch, at, pointer, pointer + (this.#lengths[i] as number));
      }
      return write(fd, scratch, 0, this.#total, offset);
    }
    let done = 0;
    for (let i = 0; i < this.#count; i++) {
      const bytes = this.#lengths[i] as number;
      const count = write(fd, memory, this.#pointers[i] as number, bytes, offset + done);
      // What went out counts; the next call will meet the error again.
      if (count < 0) return done > 0 ? done : count;
      done += count;
      if (count < bytes) break;
    }
    return done;
  }
}
