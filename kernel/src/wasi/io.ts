/**
 * `wasi:io`: error, poll, streams (data plane beside step 8).
 *
 * Each function stands here twice: as a method, for glue that lifts, and lowered, over raw core values, for the rest.
 * Offsets in the lowered ones follow from the canonical ABI's `alignment` and `size`; the layout is noted beside them.
 */
import { errnoName } from '../host/errno.ts';
import { errorCodeOf, type FilesystemErrorCode, WitError } from './error-code.ts';
import { type Guest, KIND } from './guest.ts';
import { type CoreFunction, clampU64, type GuestMemory, type Lowering, withLowering } from './guest-memory.ts';
import { makeDroppable, unwrapResource, wrap } from './lifted.ts';
import { WASI_BOUNDS } from './limits.ts';
import { awaitReady, Pollable } from './pollable.ts';
import { InputStream, IoError, type OutputStream } from './streams.ts';
import { trap } from './trap.ts';

/** Discriminants of `stream-error`. */
const STREAM_ERROR = { lastOperationFailed: 0, closed: 1 } as const;

export type Io = ReturnType<typeof createIo>;

export function createIo(guest: Guest) {
  // --- what both forms share ----------------------------------------------------------------------------------------

  /** Notes a failed operation. Returns the error to hand out, or undefined when the stream is simply closed. */
  const failure = (stream: InputStream | OutputStream, operation: string, result: number): IoError | undefined => {
    guest.checkCancelled(result);
    if (stream.isClosed || result === 0) return undefined;
    if (stream instanceof InputStream || stream.endsWith(result)) stream.isClosed = true;
    return new IoError(operation, result);
  };

  const checkWrite = (stream: OutputStream): number => {
    if (stream.isClosed) return -1;
    stream.permitBytes = stream.isReady() ? WASI_BOUNDS.writePermitBytes : 0;
    return stream.permitBytes;
  };

  /** Takes `bytes` from the permit of the last `check-write`; a guest that writes more broke the contract. */
  const usePermit = (stream: OutputStream, bytes: number): void => {
    if (bytes > stream.permitBytes) trap('write beyond what check-write permitted');
    stream.permitBytes -= bytes;
  };

  /** The blocking forms need no permit, but one call stays bounded. */
  const checkBlockingWrite = (bytes: number): void => {
    if (bytes > guest.limits.readBytesMax) trap('blocking write beyond the limit');
  };

  const writeZeroes = (stream: OutputStream, bytes: number): number => {
    const zeroes = guest.scratch.fill(0);
    for (let left = bytes; left > 0; left -= zeroes.length) {
      const result = stream.writeFrom(zeroes, 0, Math.min(left, zeroes.length));
      if (result < 0) return result;
    }
    return 0;
  };

  /** Reads at most one buffer to nowhere. Returns its bytes, 0 at the end, -errno. */
  const skip = (stream: InputStream, bytes: number): number => {
    const { scratch } = guest;
    return stream.readInto(scratch, 0, Math.min(bytes, scratch.length));
  };

  // --- wasi:io/error ------------------------------------------------------------------------------------------------

  class ErrorResource {
    toDebugString(): string {
      const { operation, result } = unwrapResource(guest, this, KIND.error) as IoError;
      return `${operation}: ${errnoName(-result)}`;
    }
  }
  makeDroppable(guest, ErrorResource);

  const streamError = (error: IoError | undefined): WitError => new WitError(error ? { tag: 'last-operation-failed', val: wrap(guest, ErrorResource, error) } : { tag: 'closed' });

  /** `wasi:filesystem/types.filesystem-error-code` of an error, which every stream error of this host has. */
  const filesystemErrorCode = (object: object): FilesystemErrorCode => errorCodeOf((unwrapResource(guest, object, KIND.error) as IoError).result);

  // --- wasi:io/poll -------------------------------------------------------------------------------------------------

  class PollableResource {
    ready(): boolean {
      return awaitReady(guest, [unwrapResource(guest, this, KIND.pollable) as Pollable], false).length > 0;
    }
    block(): void {
      awaitReady(guest, [unwrapResource(guest, this, KIND.pollable) as Pollable], true);
    }
  }
  makeDroppable(guest, PollableResource);
  const pollables = PollableResource.prototype;

  withLowering(guest, pollables.ready, ({ tables }) => (self: number) => {
    guest.enter();
    return awaitReady(guest, [tables.borrow(self, KIND.pollable) as Pollable], false).length;
  });

  withLowering(guest, pollables.block, ({ tables }) => (self: number) => {
    guest.enter();
    awaitReady(guest, [tables.borrow(self, KIND.pollable) as Pollable], true);
  });

  const checkPollCount = (count: number): void => {
    if (count === 0) trap('poll of an empty list');
    if (count > guest.limits.pollablesMax) trap('poll of more pollables than a guest may have');
  };

  const poll = (list: readonly object[]): Uint32Array => {
    guest.enter();
    checkPollCount(list.length);
    return Uint32Array.from(
      awaitReady(
        guest,
        list.map((object) => unwrapResource(guest, object, KIND.pollable) as Pollable),
        true,
      ),
    );
  };

  withLowering(guest, poll, ({ memory, tables }) => (listPointer: number, length: number, result: number) => {
    guest.enter();
    const at = memory.checkResult(result, 8, 4);
    const count = length >>> 0;
    checkPollCount(count);
    const list = memory.checkRange(listPointer, count * 4, 4);
    const waited: Pollable[] = [];
    for (let i = 0; i < count; i++) waited.push(tables.borrow(memory.view.getUint32(list + i * 4, true), KIND.pollable) as Pollable);
    const ready = awaitReady(guest, waited, true);
    const pointer = memory.allocate(ready.length * 4, 4);
    for (const [i, index] of ready.entries()) memory.view.setUint32(pointer + i * 4, index, true);
    memory.storeList(at, pointer, ready.length);
  });

  const subscribe = (stream: InputStream | OutputStream): Pollable => new Pollable({ stream });

  // --- wasi:io/streams.input-stream -----------------------------------------------------------------------------------

  const wanted = (bytes: bigint): number => clampU64(bytes, guest.limits.readBytesMax);

  /** A read for lifted glue. */
  const readLifted = (object: object, bytes: bigint, waits: boolean): Uint8Array => {
    const stream = unwrapResource(guest, object, KIND.inputStream) as InputStream;
    if (stream.isClosed) throw streamError(undefined);
    const want = wanted(bytes);
    if (want === 0 || (!waits && !stream.isReady())) return new Uint8Array(0);
    const buffer = new Uint8Array(Math.min(want, Math.max(stream.expect(want), WASI_BOUNDS.scratchBytes)));
    const count = stream.readInto(buffer, 0, buffer.length);
    if (count <= 0) throw streamError(failure(stream, 'read', count));
    return buffer.subarray(0, count);
  };

  const skipLifted = (object: object, bytes: bigint, waits: boolean): bigint => {
    const stream = unwrapResource(guest, object, KIND.inputStream) as InputStream;
    if (stream.isClosed) throw streamError(undefined);
    if (bytes === 0n || (!waits && !stream.isReady())) return 0n;
    const count = skip(stream, wanted(bytes));
    if (count <= 0) throw streamError(failure(stream, 'skip', count));
    return BigInt(count);
  };

  class InputStreamResource {
    read(bytes: bigint): Uint8Array {
      return readLifted(this, bytes, false);
    }
    blockingRead(bytes: bigint): Uint8Array {
      return readLifted(this, bytes, true);
    }
    skip(bytes: bigint): bigint {
      return skipLifted(this, bytes, false);
    }
    blockingSkip(bytes: bigint): bigint {
      return skipLifted(this, bytes, true);
    }
    subscribe(): PollableResource {
      return wrap(guest, PollableResource, subscribe(unwrapResource(guest, this, KIND.inputStream) as InputStream));
    }
  }
  makeDroppable(guest, InputStreamResource);
  const inputs = InputStreamResource.prototype;

  /** result<list<u8>, stream-error>: tag @0, pointer @4, length @8 | error tag @4, handle @8. */
  const lowerRead =
    (waits: boolean) =>
    ({ memory, tables }: Lowering): CoreFunction =>
    (self: number, bytes: bigint, result: number) => {
      guest.enter();
      const stream = tables.borrow(self, KIND.inputStream) as InputStream;
      const at = memory.checkResult(result, 12, 4);
      if (stream.isClosed) return storeStreamError(memory, tables, at, 4, undefined);
      const want = wanted(bytes);
      if (want === 0 || (!waits && !stream.isReady())) return storeRead(memory, at, memory.allocate(0, 1), 0);
      const sure = stream.expect(want);
      if (sure > 0) {
        // The length is known, so the bytes go straight to where the guest will have them.
        const pointer = memory.allocate(sure, 1);
        const count = stream.readInto(memory.bytes, pointer, sure);
        // A file that shrank meanwhile leaves the end of the block unused: realloc cannot be asked again, as the
        // preview 1 adapter's allocator serves one request a call.
        if (count > 0) return storeRead(memory, at, pointer, count);
        return storeStreamError(memory, tables, at, 4, failure(stream, 'read', count));
      }
      const { scratch } = guest;
      const count = stream.readInto(scratch, 0, Math.min(want, scratch.length));
      if (count <= 0) return storeStreamError(memory, tables, at, 4, failure(stream, 'read', count));
      const pointer = memory.allocate(count, 1);
      memory.bytes.set(scratch.subarray(0, count), pointer);
      storeRead(memory, at, pointer, count);
    };
  withLowering(guest, inputs.read, lowerRead(false));
  withLowering(guest, inputs.blockingRead, lowerRead(true));

  /** result<u64, stream-error>: tag @0, value @8 | error tag @8, handle @12. */
  const lowerSkip =
    (waits: boolean) =>
    ({ memory, tables }: Lowering): CoreFunction =>
    (self: number, bytes: bigint, result: number) => {
      guest.enter();
      const stream = tables.borrow(self, KIND.inputStream) as InputStream;
      const at = memory.checkResult(result, 16, 8);
      if (stream.isClosed) return storeStreamError(memory, tables, at, 8, undefined);
      if (bytes === 0n || (!waits && !stream.isReady())) return storeCount(memory, at, 0);
      const count = skip(stream, wanted(bytes));
      if (count <= 0) return storeStreamError(memory, tables, at, 8, failure(stream, 'skip', count));
      storeCount(memory, at, count);
    };
  withLowering(guest, inputs.skip, lowerSkip(false));
  withLowering(guest, inputs.blockingSkip, lowerSkip(true));

  withLowering(guest, inputs.subscribe, ({ tables }) => (self: number) => {
    guest.enter();
    return tables.own(subscribe(tables.borrow(self, KIND.inputStream) as InputStream));
  });

  // --- wasi:io/streams.output-stream ----------------------------------------------------------------------------------

  const outputOf = (object: object): OutputStream => unwrapResource(guest, object, KIND.outputStream) as OutputStream;

  /** Runs a write of a lifted method. */
  const writeLifted = (object: object, act: (stream: OutputStream) => number): void => {
    const stream = outputOf(object);
    if (stream.isClosed) throw streamError(undefined);
    const result = act(stream);
    if (result < 0) throw streamError(failure(stream, 'write', result));
  };

  /** Moves at most one buffer. Returns its bytes, or -errno with which stream it was. */
  const spliceLifted = (object: object, source: object, bytes: bigint, waits: boolean): bigint => {
    const output = outputOf(object);
    const input = unwrapResource(guest, source, KIND.inputStream) as InputStream;
    if (output.isClosed || input.isClosed) throw streamError(undefined);
    if (bytes === 0n || (!waits && !(input.isReady() && output.isReady()))) return 0n;
    const { scratch } = guest;
    const count = input.readInto(scratch, 0, clampU64(bytes, scratch.length));
    if (count <= 0) throw streamError(failure(input, 'splice', count));
    const written = output.writeFrom(scratch, 0, count);
    if (written < 0) throw streamError(failure(output, 'splice', written));
    return BigInt(count);
  };

  class OutputStreamResource {
    checkWrite(): bigint {
      const permit = checkWrite(outputOf(this));
      if (permit < 0) throw streamError(undefined);
      return BigInt(permit);
    }
    write(contents: Uint8Array): void {
      writeLifted(this, (stream) => {
        usePermit(stream, contents.length);
        return stream.writeFrom(contents, 0, contents.length);
      });
    }
    blockingWriteAndFlush(contents: Uint8Array): void {
      checkBlockingWrite(contents.length);
      writeLifted(this, (stream) => stream.writeFrom(contents, 0, contents.length));
    }
    flush(): void {
      writeLifted(this, () => 0);
    }
    blockingFlush(): void {
      writeLifted(this, () => 0);
    }
    subscribe(): PollableResource {
      return wrap(guest, PollableResource, subscribe(outputOf(this)));
    }
    writeZeroes(bytes: bigint): void {
      writeLifted(this, (stream) => {
        const count = clampU64(bytes, Number.MAX_SAFE_INTEGER);
        usePermit(stream, count);
        return writeZeroes(stream, count);
      });
    }
    blockingWriteZeroesAndFlush(bytes: bigint): void {
      const count = clampU64(bytes, Number.MAX_SAFE_INTEGER);
      checkBlockingWrite(count);
      writeLifted(this, (stream) => writeZeroes(stream, count));
    }
    splice(source: InputStreamResource, bytes: bigint): bigint {
      return spliceLifted(this, source, bytes, false);
    }
    blockingSplice(source: InputStreamResource, bytes: bigint): bigint {
      return spliceLifted(this, source, bytes, true);
    }
  }
  makeDroppable(guest, OutputStreamResource);
  const outputs = OutputStreamResource.prototype;

  withLowering(guest, outputs.checkWrite, ({ memory, tables }) => (self: number, result: number) => {
    guest.enter();
    const stream = tables.borrow(self, KIND.outputStream) as OutputStream;
    const at = memory.checkResult(result, 16, 8);
    const permit = checkWrite(stream);
    if (permit < 0) return storeStreamError(memory, tables, at, 8, undefined);
    storeCount(memory, at, permit);
  });

  /** result<_, stream-error>: tag @0 | error tag @4, handle @8. */
  const lowerWrite =
    (needsPermit: boolean) =>
    ({ memory, tables }: Lowering): CoreFunction =>
    (self: number, pointer: number, length: number, result: number) => {
      guest.enter();
      const stream = tables.borrow(self, KIND.outputStream) as OutputStream;
      const at = memory.checkResult(result, 12, 4);
      const bytes = length >>> 0;
      const from = memory.checkRange(pointer, bytes);
      if (stream.isClosed) return storeStreamError(memory, tables, at, 4, undefined);
      if (needsPermit) usePermit(stream, bytes);
      else checkBlockingWrite(bytes);
      const written = stream.writeFrom(memory.bytes, from, bytes);
      if (written < 0) return storeStreamError(memory, tables, at, 4, failure(stream, 'write', written));
      memory.view.setUint8(at, 0);
    };
  withLowering(guest, outputs.write, lowerWrite(true));
  withLowering(guest, outputs.blockingWriteAndFlush, lowerWrite(false));

  /** Nothing is buffered here, so a flush only tells whether the stream still lives. */
  const lowerFlush =
    ({ memory, tables }: Lowering): CoreFunction =>
    (self: number, result: number) => {
      guest.enter();
      const stream = tables.borrow(self, KIND.outputStream) as OutputStream;
      const at = memory.checkResult(result, 12, 4);
      if (stream.isClosed) return storeStreamError(memory, tables, at, 4, undefined);
      memory.view.setUint8(at, 0);
    };
  withLowering(guest, outputs.flush, lowerFlush);
  withLowering(guest, outputs.blockingFlush, lowerFlush);

  withLowering(guest, outputs.subscribe, ({ tables }) => (self: number) => {
    guest.enter();
    return tables.own(subscribe(tables.borrow(self, KIND.outputStream) as OutputStream));
  });

  return {
    imports: {
      'wasi:io/error': { Error: ErrorResource },
      'wasi:io/poll': { Pollable: PollableResource, poll },
      'wasi:io/streams': { InputStream: InputStreamResource, OutputStream: OutputStreamResource },
    },
    wrapInput: (stream: InputStream) => wrap(guest, InputStreamResource, stream),
    wrapOutput: (stream: OutputStream) => wrap(guest, OutputStreamResource, stream),
    wrapPollable: (pollable: Pollable) => wrap(guest, PollableResource, pollable),
    filesystemErrorCode,
  };
}

function storeRead(memory: GuestMemory, at: number, pointer: number, length: number): void {
  const { view } = memory;
  view.setUint8(at, 0);
  view.setUint32(at + 4, pointer, true);
  view.setUint32(at + 8, length, true);
}

function storeCount(memory: GuestMemory, at: number, count: number): void {
  const { view } = memory;
  view.setUint8(at, 0);
  view.setUint32(at + 8, count, true);
  view.setUint32(at + 12, 0, true);
}

/** Stores the error case of a result whose payload starts `offset` behind `at`. Without an error the stream is closed. */
function storeStreamError(memory: GuestMemory, tables: Lowering['tables'], at: number, offset: number, error: IoError | undefined): void {
  const handle = error === undefined ? 0 : tables.own(error);
  const { view } = memory;
  view.setUint8(at, 1);
  view.setUint8(at + offset, error === undefined ? STREAM_ERROR.closed : STREAM_ERROR.lastOperationFailed);
  if (error !== undefined) view.setUint32(at + offset + 4, handle, true);
}
