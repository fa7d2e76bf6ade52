/**
 * `forge:preview1/program` (data plane beside step 8): arguments, exit, file descriptors, reading, writing, waiting.
 *
 * Layouts are those of WASI preview 1's `witx`: fdstat type @0, flags @2, rights @8 and @16.
 */
import { ERRNO } from '../../host/errno.ts';
import { CLOCK, FILE_TYPE, STAT } from '../../host/host.ts';
import type { CliOptions } from '../cli.ts';
import { DESCRIPTOR_FLAG, writeAt } from '../descriptor.ts';
import type { Guest } from '../guest.ts';
import { WASI_BOUNDS } from '../limits.ts';
import { awaitReady, Pollable } from '../pollable.ts';
import type { InputStream, OutputStream } from '../streams.ts';
import { trap, WasiExit } from '../trap.ts';
import { errnoOf, NOT_CAPABLE, SUCCESS } from './errno.ts';
import { FD_RIGHT, FDFLAG, type FdTable, type NodeFd, positionOf, type StreamFd, shownRights, streamRights } from './fds.ts';
import { Iovecs, type Transfer } from './iovecs.ts';
import type { ProgramMemory } from './memory.ts';

/** `filetype` of preview 1, by {@link FILE_TYPE}. */
export const FILETYPES: readonly number[] = [0, 1, 2, 3, 0, 7, 4, 6];
const FILETYPE_CHARACTER_DEVICE = 2;
const FILETYPE_UNKNOWN = 0;
const WHENCE = { set: 0, cur: 1, end: 2 } as const;

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const EVENT_TYPE = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const CLOCK_ID = { realtime: 0, monotonic: 1 } as const;
const ABSOLUTE_TIME = 1;

export function createProgram(guest: Guest, options: CliOptions, fds: FdTable, memory: ProgramMemory) {
  const { host, owner } = guest;
  const iovecs = new Iovecs(guest, memory);
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

  const readInput: Transfer<InputStream> = (input, into, pointer, bytes) => input.readInto(into, pointer, bytes);
  const writeOutput: Transfer<OutputStream> = (output, from, pointer, bytes) => output.writeFrom(from, pointer, bytes) || bytes;
  const readFile: Transfer<NodeFd> = ({ descriptor }, into, pointer, bytes, offset) => host.pread(owner, descriptor.handle, into, pointer, bytes, offset);
  const writeFile: Transfer<NodeFd> = ({ descriptor }, from, pointer, bytes, offset) => writeAt(guest, descriptor, from, pointer, bytes, offset);
  const appendFile: Transfer<NodeFd> = ({ descriptor }, from, pointer, bytes) => host.append(owner, descriptor.handle, from, pointer, bytes);

  const readStream = ({ input, flags }: StreamFd): number => {
    if (input === undefined) return -ERRNO.EBADF;
    if ((flags & FDFLAG.nonblock) !== 0 && !input.isReady()) return -ERRNO.EAGAIN;
    return iovecs.scatter(input, 0, readInput);
  };

  const writeStream = ({ output, flags }: StreamFd): number => {
    if (output === undefined) return -ERRNO.EBADF;
    if ((flags & FDFLAG.nonblock) !== 0 && !output.isReady()) return -ERRNO.EAGAIN;
    return iovecs.gather(output, 0, writeOutput);
  };

  const readNode = (fd: NodeFd, offset: number): number => {
    const fault = fd.descriptor.checkFile(DESCRIPTOR_FLAG.read);
    if (fault < 0) return fault;
    return (fd.rights & FD_RIGHT.read) === 0 ? -ERRNO.EBADF : iovecs.scatter(fd, offset, readFile);
  };

  const writeNode = (fd: NodeFd, offset: number): number => ((fd.rights & FD_RIGHT.write) === 0 ? -ERRNO.EBADF : iovecs.gather(fd, offset, writeFile));

  const appendNode = (fd: NodeFd): number => {
    const { descriptor } = fd;
    if ((fd.rights & FD_RIGHT.write) === 0) return -ERRNO.EBADF;
    const fault = descriptor.checkFile(DESCRIPTOR_FLAG.write);
    if (fault < 0) return fault;
    const count = iovecs.gather(fd, 0, appendFile);
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
    const fault = iovecs.load(iovs, count);
    if (fault < 0) return errnoOf(fault);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return answerCount(at, readStream(fd));
    const position = positionOf(guest, fd);
    const bytes = position < 0 ? position : readNode(fd, position);
    if (bytes > 0) fd.position = position + bytes;
    return answerCount(at, bytes);
  };

  const fdWrite = (number: number, iovs: number, count: number, result: number): number => {
    const at = memory.check(result, 4);
    const fault = iovecs.load(iovs, count);
    if (fault < 0) return errnoOf(fault);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') return answerCount(at, writeStream(fd));
    if ((fd.flags & FDFLAG.append) !== 0) {
      const bytes = appendNode(fd);
      if (bytes > 0) fd.position = undefined;
      return answerCount(at, bytes);
    }
    const position = positionOf(guest, fd);
    const bytes = position < 0 ? position : writeNode(fd, position);
    if (bytes > 0) fd.position = position + bytes;
    return answerCount(at, bytes);
  };

  /** fd_pread and fd_pwrite. */
  const atOffset =
    (act: (fd: NodeFd, offset: number) => number) =>
    (number: number, iovs: number, count: number, offset: bigint, result: number): number => {
      const at = memory.check(result, 4);
      const fault = iovecs.load(iovs, count);
      if (fault < 0) return errnoOf(fault);
      const fd = fds.find(number);
      if (fd === undefined) return errnoOf(-ERRNO.EBADF);
      if (fd.kind === 'stream') return errnoOf(-ERRNO.ESPIPE);
      if (offset < 0n || offset > Number.MAX_SAFE_INTEGER) return errnoOf(-ERRNO.EINVAL);
      return answerCount(at, act(fd, Number(offset)));
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
