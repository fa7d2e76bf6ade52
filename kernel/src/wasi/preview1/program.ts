/**
 * `forge:preview1/program` (data plane beside step 8): arguments, exit, file descriptors, reading, writing, waiting.
 *
 * Layouts are those of WASI preview 1's `witx`: iovec pointer @0, length @4; fdstat type @0, flags @2, rights @8 and @16.
 */
import { ERRNO } from '../../host/errno.ts';
import { CLOCK, FILE_TYPE, STAT } from '../../host/host.ts';
import type { CliOptions } from '../cli.ts';
import { DESCRIPTOR_FLAG, writeAt } from '../descriptor.ts';
import type { Guest } from '../guest.ts';
import { WASI_BOUNDS } from '../limits.ts';
import { awaitReady, Pollable } from '../pollable.ts';
import { trap, WasiExit } from '../trap.ts';
import { errnoOf, NOT_CAPABLE, SUCCESS } from './errno.ts';
import { FD_RIGHT, FDFLAG, type FdTable, type NodeFd, positionOf, type StreamFd, shownRights, streamRights } from './fds.ts';
import type { ProgramMemory } from './memory.ts';

/** `filetype` of preview 1, by {@link FILE_TYPE}. */
export const FILETYPES: readonly number[] = [0, 1, 2, 3, 0, 7, 4, 6];
const FILETYPE_CHARACTER_DEVICE = 2;
const FILETYPE_UNKNOWN = 0;
const WHENCE = { set: 0, cur: 1, end: 2 } as const;
/** IOV_MAX of Linux. */
const IOVECS_MAX = 1024;
const IOVEC_BYTES = 8;

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const EVENT_TYPE = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const CLOCK_ID = { realtime: 0, monotonic: 1 } as const;
const ABSOLUTE_TIME = 1;

interface Iovec {
  readonly pointer: number;
  readonly bytes: number;
}

export function createProgram(guest: Guest, options: CliOptions, fds: FdTable, memory: ProgramMemory) {
  const { host, owner } = guest;
  const encodedArgs = options.args.map((text) => Buffer.from(`${text}\0`));
  const encodedEnv = options.env.map(([name, value]) => Buffer.from(`${name}=${value}\0`));

  // --- arguments and environment --------------------------------------------------------------------------------------

  const sizesGet = (list: readonly Buffer[]) => (countPointer: number, bytesPointer: number) => {
    const count = memory.check(countPointer, 4);
    const bytes = memory.check(bytesPointer, 4);
    memory.view.setUint32(count, list.length, true);
    memory.view.setUint32(
      bytes,
      list.reduce((sum, text) => sum + text.length, 0),
      true,
    );
    return SUCCESS;
  };

  const listGet = (list: readonly Buffer[]) => (pointers: number, buffer: number) => {
    const at = memory.check(pointers, list.length * 4);
    let to = memory.check(
      buffer,
      list.reduce((sum, text) => sum + text.length, 0),
    );
    list.forEach((text, i) => {
      memory.view.setUint32(at + i * 4, to, true);
      memory.bytes.set(text, to);
      to += text.length;
    });
    return SUCCESS;
  };

  const procExit = (code: number): never => {
    guest.exitCode = code & WASI_BOUNDS.exitCodeMask;
    guest.end();
    return WasiExit.raise(guest.exitCode);
  };

  // --- reading and writing ------------------------------------------------------------------------------------------------

  /** The non-empty buffers of a call, each checked. */
  const iovecsOf = (pointer: number, count: number): Iovec[] | number => {
    if (count >>> 0 > IOVECS_MAX) return -ERRNO.EINVAL;
    const at = memory.check(pointer, count * IOVEC_BYTES);
    const iovecs: Iovec[] = [];
    const { view } = memory;
    for (let i = 0; i < count; i++) {
      const bytes = view.getUint32(at + i * IOVEC_BYTES + 4, true);
      if (bytes > 0) iovecs.push({ pointer: memory.check(view.getUint32(at + i * IOVEC_BYTES, true), bytes), bytes });
    }
    return iovecs;
  };

  const total = (iovecs: readonly Iovec[]): number => iovecs.reduce((sum, { bytes }) => sum + bytes, 0);

  /** Fills the buffers by `read`, which may give less than asked. Several small ones take one call to the machine. */
  const scatter = (iovecs: readonly Iovec[], read: (into: Uint8Array, pointer: number, bytes: number, done: number) => number): number => {
    const first = iovecs[0];
    if (first === undefined) return 0;
    if (iovecs.length === 1) return read(memory.bytes, first.pointer, Math.min(first.bytes, guest.limits.readBytesMax), 0);
    const { scratch } = guest;
    const count = read(scratch, 0, Math.min(total(iovecs), scratch.length), 0);
    let done = 0;
    for (const { pointer, bytes } of iovecs) {
      if (done >= count) break;
      const part = Math.min(bytes, count - done);
      memory.bytes.set(scratch.subarray(done, done + part), pointer);
      done += part;
    }
    return count;
  };

  /** Hands the buffers to `write`, which takes all or fails. Several small ones take one call to the machine. */
  const gather = (iovecs: readonly Iovec[], write: (from: Uint8Array, pointer: number, bytes: number, done: number) => number): number => {
    const first = iovecs[0];
    if (first === undefined) return 0;
    if (iovecs.length > 1 && total(iovecs) <= guest.scratch.length) {
      const { scratch } = guest;
      let bytes = 0;
      for (const iovec of iovecs) bytes += memory.bytes.copy(scratch, bytes, iovec.pointer, iovec.pointer + iovec.bytes);
      return write(scratch, 0, bytes, 0);
    }
    let done = 0;
    for (const { pointer, bytes } of iovecs) {
      const count = write(memory.bytes, pointer, bytes, done);
      if (count < 0) return done > 0 ? done : count;
      done += count;
      if (count < bytes) break;
    }
    return done;
  };

  const readStream = ({ input, flags }: StreamFd, iovecs: readonly Iovec[]): number => {
    if (input === undefined) return -ERRNO.EBADF;
    if ((flags & FDFLAG.nonblock) !== 0 && !input.isReady()) return -ERRNO.EAGAIN;
    return scatter(iovecs, (into, pointer, bytes) => input.readInto(into, pointer, bytes));
  };

  const writeStream = ({ output, flags }: StreamFd, iovecs: readonly Iovec[]): number => {
    if (output === undefined) return -ERRNO.EBADF;
    if ((flags & FDFLAG.nonblock) !== 0 && !output.isReady()) return -ERRNO.EAGAIN;
    return gather(iovecs, (from, pointer, bytes) => output.writeFrom(from, pointer, bytes) || bytes);
  };

  const readNode = (fd: NodeFd, iovecs: readonly Iovec[], offset: number): number => {
    const fault = fd.descriptor.checkFile(DESCRIPTOR_FLAG.read);
    if (fault < 0) return fault;
    if ((fd.rights & FD_RIGHT.read) === 0) return -ERRNO.EBADF;
    return scatter(iovecs, (into, pointer, bytes) => host.pread(owner, fd.descriptor.handle, into, pointer, bytes, offset));
  };

  const writeNode = (fd: NodeFd, iovecs: readonly Iovec[], offset: number): number => {
    if ((fd.rights & FD_RIGHT.write) === 0) return -ERRNO.EBADF;
    return gather(iovecs, (from, pointer, bytes, done) => writeAt(guest, fd.descriptor, from, pointer, bytes, offset + done));
  };

  const appendNode = ({ descriptor, rights }: NodeFd, iovecs: readonly Iovec[]): number => {
    if ((rights & FD_RIGHT.write) === 0) return -ERRNO.EBADF;
    const fault = descriptor.checkFile(DESCRIPTOR_FLAG.write);
    if (fault < 0) return fault;
    const count = gather(iovecs, (from, pointer, bytes) => host.append(owner, descriptor.handle, from, pointer, bytes));
    if (count < 0 || descriptor.sync === 'none') return count;
    return host.sync(owner, descriptor.handle, descriptor.sync === 'data') || count;
  };

  /** Stores a count and answers success, or answers the error. */
  const answerCount = (at: number, count: number): number => {
    guest.checkCancelled(count);
    if (count >= 0) memory.view.setUint32(at, count, true);
    return errnoOf(count);
  };

  const fdRead = (number: number, iovs: number, count: number, result: number): number => {
    const at = memory.check(result, 4);
    const iovecs = iovecsOf(iovs, count);
    if (typeof iovecs === 'number') return errnoOf(iovecs);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return answerCount(at, readStream(fd, iovecs));
    const position = positionOf(guest, fd);
    const bytes = position < 0 ? position : readNode(fd, iovecs, position);
    if (bytes > 0) fd.position = position + bytes;
    return answerCount(at, bytes);
  };

  const fdWrite = (number: number, iovs: number, count: number, result: number): number => {
    const at = memory.check(result, 4);
    const iovecs = iovecsOf(iovs, count);
    if (typeof iovecs === 'number') return errnoOf(iovecs);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return answerCount(at, writeStream(fd, iovecs));
    if ((fd.flags & FDFLAG.append) !== 0) {
      const bytes = appendNode(fd, iovecs);
      if (bytes > 0) fd.position = undefined;
      return answerCount(at, bytes);
    }
    const position = positionOf(guest, fd);
    const bytes = position < 0 ? position : writeNode(fd, iovecs, position);
    if (bytes > 0) fd.position = position + bytes;
    return answerCount(at, bytes);
  };

  /** fd_pread and fd_pwrite. */
  const atOffset =
    (act: (fd: NodeFd, iovecs: readonly Iovec[], offset: number) => number) =>
    (number: number, iovs: number, count: number, offset: bigint, result: number): number => {
      const at = memory.check(result, 4);
      const iovecs = iovecsOf(iovs, count);
      if (typeof iovecs === 'number') return errnoOf(iovecs);
      const fd = fds.find(number);
      if (fd === undefined) return errnoOf(-ERRNO.EBADF);
      if (fd.kind === 'stream') return errnoOf(-ERRNO.ESPIPE);
      if (offset < 0n || offset > Number.MAX_SAFE_INTEGER) return errnoOf(-ERRNO.EINVAL);
      return answerCount(at, act(fd, iovecs, Number(offset)));
    };

  // --- descriptors ----------------------------------------------------------------------------------------------------------

  const seek = (number: number, offset: bigint, whence: number, result: number): number => {
    const at = memory.check(result, 8);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return errnoOf(-ERRNO.ESPIPE);
    const type = fd.descriptor.type();
    if (type < 0) return errnoOf(type);
    if (type === FILE_TYPE.directory) return errnoOf(-ERRNO.EBADF);
    let base = 0;
    if (whence === WHENCE.cur) base = positionOf(guest, fd);
    else if (whence === WHENCE.end) base = fd.descriptor.stat() < 0 ? -ERRNO.EIO : Number(guest.stat[STAT.size]);
    else if (whence !== WHENCE.set) return errnoOf(-ERRNO.EINVAL);
    if (base < 0) return errnoOf(base);
    const position = base + Number(offset);
    if (position < 0) return errnoOf(-ERRNO.EINVAL);
    if (position > Number.MAX_SAFE_INTEGER) return errnoOf(-ERRNO.EOVERFLOW);
    fd.position = position;
    memory.view.setBigUint64(at, BigInt(position), true);
    return SUCCESS;
  };

  const fdstatGet = (number: number, result: number): number => {
    const at = memory.check(result, 24);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    let filetype = FILETYPE_UNKNOWN;
    let rights = streamRights();
    let inheriting = 0;
    if (fd.kind === 'node') {
      const type = fd.descriptor.type();
      if (type < 0) return errnoOf(type);
      filetype = FILETYPES[type] ?? FILETYPE_UNKNOWN;
      rights = shownRights(fd, type === FILE_TYPE.directory);
      inheriting = fd.rightsInheriting;
    } else if (fd.isTerminal) filetype = FILETYPE_CHARACTER_DEVICE;
    memory.bytes.fill(0, at, at + 24);
    const { view } = memory;
    view.setUint8(at, filetype);
    view.setUint16(at + 2, fd.flags, true);
    view.setUint32(at + 8, rights, true);
    view.setUint32(at + 16, inheriting, true);
    return SUCCESS;
  };

  const fdstatSetFlags = (number: number, flags: number): number => {
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    // As fcntl(2) F_SETFL: how writes reach the disk is settled at open.
    const fixed = FDFLAG.dsync | FDFLAG.rsync | FDFLAG.sync;
    if ((flags & fixed & ~fd.flags) !== 0 || (flags & ~(fixed | FDFLAG.append | FDFLAG.nonblock)) !== 0) return errnoOf(-ERRNO.EINVAL);
    fd.flags = (fd.flags & fixed) | (flags & (FDFLAG.append | FDFLAG.nonblock));
    return SUCCESS;
  };

  /** Rights can be given up and never taken back. */
  const fdstatSetRights = (number: number, rights: bigint, inheriting: bigint): number => {
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return errnoOf(-ERRNO.EOPNOTSUPP);
    const wanted = BigInt.asUintN(64, rights);
    const wantedInheriting = BigInt.asUintN(64, inheriting);
    if ((wanted & ~BigInt(fd.rights)) !== 0n || (wantedInheriting & ~BigInt(fd.rightsInheriting)) !== 0n) return NOT_CAPABLE;
    fd.rights = Number(wanted);
    fd.rightsInheriting = Number(wantedInheriting);
    return SUCCESS;
  };

  const preopenOf = (number: number): Buffer | number => {
    const fd = fds.node(number);
    if (typeof fd === 'number') return fd;
    return fd.preopenPath === undefined ? -ERRNO.EBADF : Buffer.from(fd.preopenPath);
  };

  const prestatGet = (number: number, result: number): number => {
    const at = memory.check(result, 8);
    const path = preopenOf(number);
    if (typeof path === 'number') return errnoOf(path);
    memory.view.setUint32(at, 0, true);
    memory.view.setUint32(at + 4, path.length, true);
    return SUCCESS;
  };

  const prestatDirName = (number: number, pointer: number, bytes: number): number => {
    const at = memory.check(pointer, bytes);
    const path = preopenOf(number);
    if (typeof path === 'number') return errnoOf(path);
    if (bytes >>> 0 < path.length) return errnoOf(-ERRNO.ENAMETOOLONG);
    memory.bytes.set(path, at);
    return SUCCESS;
  };

  // --- waiting ----------------------------------------------------------------------------------------------------------------

  /** What a subscription waits for; an errno of preview 1 for one that can only fail. */
  const pollableOf = (at: number, nowOf: (clock: number) => bigint): Pollable | number => {
    const { view } = memory;
    const type = view.getUint8(at + 8);
    if (type === EVENT_TYPE.clock) {
      const id = view.getUint32(at + 16, true);
      if (id !== CLOCK_ID.realtime && id !== CLOCK_ID.monotonic) return errnoOf(-ERRNO.EINVAL);
      const time = view.getBigUint64(at + 24, true);
      const isAbsolute = (view.getUint16(at + 40, true) & ABSOLUTE_TIME) !== 0;
      const monotonicNow = nowOf(CLOCK.monotonic);
      if (!isAbsolute) return new Pollable({ deadlineNs: monotonicNow + time });
      return new Pollable({ deadlineNs: id === CLOCK_ID.monotonic ? time : monotonicNow + time - nowOf(CLOCK.realtime) });
    }
    if (type !== EVENT_TYPE.fdRead && type !== EVENT_TYPE.fdWrite) return trap('invalid subscription');
    const fd = fds.find(view.getUint32(at + 16, true));
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'node') return new Pollable({});
    const stream = type === EVENT_TYPE.fdRead ? fd.input : fd.output;
    return stream === undefined ? errnoOf(-ERRNO.EBADF) : new Pollable({ stream });
  };

  const pollOneoff = (input: number, output: number, count: number, result: number): number => {
    const resultAt = memory.check(result, 4);
    if (count === 0) return errnoOf(-ERRNO.EINVAL);
    if (count >>> 0 > guest.limits.pollablesMax) return errnoOf(-ERRNO.EINVAL);
    const from = memory.check(input, count * SUBSCRIPTION_BYTES);
    const to = memory.check(output, count * EVENT_BYTES);
    // The program may have both lists in one place; events are shorter, but are read first all the same.
    const subscriptions = Array.from({ length: count }, (_, i) => {
      const at = from + i * SUBSCRIPTION_BYTES;
      return { userdata: memory.view.getBigUint64(at, true), type: memory.view.getUint8(at + 8), waits: pollableOf(at, (clock) => host.clockNow(clock)) };
    });
    const failed = subscriptions.some(({ waits }) => typeof waits === 'number');
    const pollables = subscriptions.map(({ waits }) => (typeof waits === 'number' ? new Pollable({}) : waits));
    const ready = awaitReady(guest, pollables, !failed);
    ready.forEach((index, i) => {
      const { userdata, type, waits } = subscriptions[index] as (typeof subscriptions)[number];
      const at = to + i * EVENT_BYTES;
      memory.bytes.fill(0, at, at + EVENT_BYTES);
      const { view } = memory;
      view.setBigUint64(at, userdata, true);
      view.setUint16(at + 8, typeof waits === 'number' ? waits : SUCCESS, true);
      view.setUint8(at + 10, type);
      // How much is there is not known; 1 says "something", which is what callers look at.
      if (type !== EVENT_TYPE.clock) view.setUint32(at + 16, 1, true);
    });
    memory.view.setUint32(resultAt, ready.length, true);
    return SUCCESS;
  };

  return {
    program: {
      args_get: listGet(encodedArgs),
      args_sizes_get: sizesGet(encodedArgs),
      environ_get: listGet(encodedEnv),
      environ_sizes_get: sizesGet(encodedEnv),
      fd_close: (fd: number) => errnoOf(fds.close(fd)),
      fd_fdstat_get: fdstatGet,
      fd_fdstat_set_flags: fdstatSetFlags,
      fd_fdstat_set_rights: fdstatSetRights,
      fd_prestat_get: prestatGet,
      fd_prestat_dir_name: prestatDirName,
      fd_read: fdRead,
      fd_renumber: (from: number, to: number) => errnoOf(fds.renumber(from, to)),
      fd_seek: seek,
      fd_tell: (fd: number, result: number) => seek(fd, 0n, WHENCE.cur, result),
      fd_write: fdWrite,
      poll_oneoff: pollOneoff,
      proc_exit: procExit,
      proc_raise: () => errnoOf(-ERRNO.ENOSYS),
      sched_yield: () => SUCCESS,
    },
    /** Share the buffers' handling, and stand in the filesystem's interface. */
    fd_pread: atOffset(readNode),
    fd_pwrite: atOffset(writeNode),
  };
}
