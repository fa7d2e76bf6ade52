/**
 * The byte streams a guest can hold (data plane beside steps 8 and 9): over files, over native streams, and closed ones.
 *
 * Results are as the machine's: a count, or -errno. What WASI makes of them is in `io.ts`.
 */
import { ERRNO } from '../host/errno.ts';
import { type Handle, STAT } from '../host/host.ts';
import { type Guest, KIND, Resource } from './guest.ts';

/** `wasi:io/error`: why an operation on a stream failed. */
export class IoError extends Resource {
  readonly kind = KIND.error;
  readonly result: number;
  readonly operation: string;

  constructor(operation: string, result: number) {
    super();
    this.operation = operation;
    this.result = result;
  }
}

/** An open file or directory of the machine, shared by a descriptor and the streams made from it. */
export class FileRef {
  readonly handle: Handle;
  readonly #guest: Guest;
  /** Preopens belong to whoever started the guest. */
  readonly #isOwned: boolean;
  #holders = 1;
  /** Size when last asked; it may have changed, so only ever a hint. */
  #sizeHint = 0;

  constructor(guest: Guest, handle: Handle, isOwned: boolean) {
    this.#guest = guest;
    this.handle = handle;
    this.#isOwned = isOwned;
  }

  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0 && this.#isOwned) this.#guest.close(this.handle);
  }

  /** How many bytes a read at `offset` will give, as far as one can know; 0 at the end and for files without a size. */
  expect(offset: number, bytes: number): number {
    if (offset + bytes <= this.#sizeHint) return bytes;
    const { host, owner } = this.#guest;
    const out = this.#guest.stat;
    if (host.fstat(owner, this.handle, out) < 0) return 0;
    this.#sizeHint = Number(out[STAT.size]);
    return Math.max(0, Math.min(bytes, this.#sizeHint - offset));
  }
}

// --- input -----------------------------------------------------------------------------------------------------------

export abstract class InputStream extends Resource {
  readonly kind = KIND.inputStream;
  /** Failed or at its end in a way that does not pass. */
  isClosed = false;

  /** Reads at least one byte, waiting for it; 0 at the end; -errno. */
  abstract readInto(memory: Uint8Array, pointer: number, bytes: number): number;
  /** Whether {@link readInto} would answer at once. */
  abstract isReady(): boolean;
  /** How many bytes a read of `bytes` will give, when that is known before; else 0. */
  expect(_bytes: number): number {
    return 0;
  }
  /** What to wait on; 0 for a stream that is always ready. */
  get waitable(): Handle {
    return 0;
  }
}

export class FileInput extends InputStream {
  readonly #guest: Guest;
  readonly #file: FileRef;
  #position: number;

  constructor(guest: Guest, file: FileRef, position: number) {
    super();
    this.#guest = guest;
    this.#file = file.retain();
    this.#position = position;
  }

  override dispose(): void {
    this.#file.release();
  }

  override isReady(): boolean {
    return true;
  }

  override expect(bytes: number): number {
    return this.#file.expect(this.#position, bytes);
  }

  override readInto(memory: Uint8Array, pointer: number, bytes: number): number {
    const { host, owner } = this.#guest;
    const count = host.pread(owner, this.#file.handle, memory, pointer, bytes, this.#position);
    if (count > 0) this.#position += count;
    return count;
  }
}

export class NativeInput extends InputStream {
  readonly #guest: Guest;
  readonly #handle: Handle;

  constructor(guest: Guest, handle: Handle) {
    super();
    this.#guest = guest;
    this.#handle = handle;
  }

  override get waitable(): Handle {
    return this.#handle;
  }

  override isReady(): boolean {
    return this.#guest.isReadyNow(this.#handle);
  }

  override readInto(memory: Uint8Array, pointer: number, bytes: number): number {
    const { host, owner } = this.#guest;
    let count: number;
    do count = host.streamRead(owner, this.#handle, memory, pointer, bytes);
    while (count === -ERRNO.EINTR);
    return count;
  }
}

/** Standard input of a guest that has none: at its end from the start. */
export class EmptyInput extends InputStream {
  override isReady(): boolean {
    return true;
  }
  override readInto(): number {
    return 0;
  }
}

// --- output ----------------------------------------------------------------------------------------------------------

export abstract class OutputStream extends Resource {
  readonly kind = KIND.outputStream;
  isClosed = false;
  /** What `check-write` allowed and `write` has not used. */
  permitBytes = 0;

  /** Writes all of it, waiting for room; 0 or -errno. */
  abstract writeFrom(memory: Uint8Array, pointer: number, bytes: number): number;
  abstract isReady(): boolean;
  get waitable(): Handle {
    return 0;
  }
  /** Whether a failure ends the stream. A full file system does not: the guest may make room and go on, as with write(2). */
  endsWith(_result: number): boolean {
    return true;
  }
}

/** Where a file stream writes, and whether each write is to be on the disk before it returns. */
export interface FileOutputMode {
  /** Undefined appends. */
  readonly position: number | undefined;
  readonly sync: 'none' | 'data' | 'file';
}

export class FileOutput extends OutputStream {
  readonly #guest: Guest;
  readonly #file: FileRef;
  readonly #sync: FileOutputMode['sync'];
  #position: number | undefined;

  constructor(guest: Guest, file: FileRef, mode: FileOutputMode) {
    super();
    this.#guest = guest;
    this.#file = file.retain();
    this.#position = mode.position;
    this.#sync = mode.sync;
  }

  override dispose(): void {
    this.#file.release();
  }

  override isReady(): boolean {
    return true;
  }

  override endsWith(result: number): boolean {
    return result !== -ERRNO.EDQUOT && result !== -ERRNO.ENOSPC && result !== -ERRNO.EFBIG;
  }

  override writeFrom(memory: Uint8Array, pointer: number, bytes: number): number {
    const { host, owner } = this.#guest;
    let done = 0;
    while (done < bytes) {
      const count =
        this.#position === undefined
          ? host.append(owner, this.#file.handle, memory, pointer + done, bytes - done)
          : host.pwrite(owner, this.#file.handle, memory, pointer + done, bytes - done, this.#position);
      if (count === -ERRNO.EINTR) continue;
      if (count < 0) return count;
      if (count === 0) return -ERRNO.EIO;
      done += count;
      if (this.#position !== undefined) this.#position += count;
    }
    return this.#sync === 'none' ? 0 : Math.min(0, host.sync(owner, this.#file.handle, this.#sync === 'data'));
  }
}

export class NativeOutput extends OutputStream {
  readonly #guest: Guest;
  readonly #handle: Handle;

  constructor(guest: Guest, handle: Handle) {
    super();
    this.#guest = guest;
    this.#handle = handle;
  }

  override get waitable(): Handle {
    return this.#handle;
  }

  override isReady(): boolean {
    return this.#guest.isReadyNow(this.#handle);
  }

  override writeFrom(memory: Uint8Array, pointer: number, bytes: number): number {
    const { host, owner } = this.#guest;
    let done = 0;
    while (done < bytes) {
      const count = host.streamWrite(owner, this.#handle, memory, pointer + done, bytes - done);
      if (count === -ERRNO.EINTR) continue;
      if (count < 0) return count;
      if (count === 0) return -ERRNO.EIO;
      done += count;
    }
    return 0;
  }
}

/** Standard output of a guest that has none: writing to it says so instead of losing the bytes. */
export class ClosedOutput extends OutputStream {
  override isClosed = true;
  override isReady(): boolean {
    return true;
  }
  override writeFrom(): number {
    return -ERRNO.EBADF;
  }
}
