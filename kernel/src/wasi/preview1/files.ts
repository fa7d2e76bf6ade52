/**
 * `forge:preview1/filesystem` (data plane beside steps 8 and 9), over the same descriptors as `wasi:filesystem`.
 *
 * Layouts are those of WASI preview 1's `witx`: filestat device @0, inode @8, type @16, links @24, size @32, times @40,
 * @48, @56; dirent next @0, inode @8, name length @16, type @20, then the name.
 */
import { ERRNO } from '../../host/errno.ts';
import { FILE_TYPE, type NewTime, STAT } from '../../host/host.ts';
import { DESCRIPTOR_FLAG, type Descriptor, mutate, OPEN_FLAG, openAt, readDirectory, setSize, setTimes, setTimesAt } from '../descriptor.ts';
import type { Guest } from '../guest.ts';
import { errnoOf, SUCCESS } from './errno.ts';
import { endListing, FD_RIGHT, FDFLAG, type FdTable, type Listing, type NodeFd, openFlagsOf } from './fds.ts';
import type { ProgramMemory } from './memory.ts';
import { FILETYPES } from './program.ts';

const FILESTAT_BYTES = 64;
const DIRENT_BYTES = 24;
/** Preview 1 defines so many rights; programs that ask for more ask for none of these. */
const RIGHTS_BITS = 30;
const LOOKUP_SYMLINK_FOLLOW = 1;
const FSTFLAG = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;
const ADVICE_COUNT = 6;
const NANOS_PER_SECOND = 1_000_000_000n;
const FILETYPE_CHARACTER_DEVICE = 2;
/** `.` and `..` come first, with cookies 0 and 1. */
const DOTS = [
  { name: '.', type: FILE_TYPE.directory },
  { name: '..', type: FILE_TYPE.directory },
] as const;

export function createFiles(guest: Guest, fds: FdTable, memory: ProgramMemory) {
  const { host, owner } = guest;

  const answer = (result: number): number => errnoOf(guest.checkCancelled(result));

  // --- attributes -----------------------------------------------------------------------------------------------------

  const nanosOf = (seconds: number): bigint => {
    const nanos = (guest.stat[seconds] as bigint) * NANOS_PER_SECOND + (guest.stat[seconds + 1] as bigint);
    // A timestamp before 1970 has no way to be said.
    return nanos < 0n ? 0n : nanos;
  };

  /** Stores what the machine left in `guest.stat`. */
  const storeFilestat = (at: number): void => {
    const { stat } = guest;
    const { view } = memory;
    view.setBigUint64(at, (stat[STAT.device] as bigint) ^ guest.inodeKey[1], true);
    view.setBigUint64(at + 8, (stat[STAT.inode] as bigint) ^ guest.inodeKey[0], true);
    view.setBigUint64(at + 16, BigInt(FILETYPES[Number(stat[STAT.type])] ?? 0), true);
    view.setBigInt64(at + 24, stat[STAT.links] as bigint, true);
    view.setBigInt64(at + 32, stat[STAT.size] as bigint, true);
    view.setBigUint64(at + 40, nanosOf(STAT.accessSeconds), true);
    view.setBigUint64(at + 48, nanosOf(STAT.modifySeconds), true);
    view.setBigUint64(at + 56, nanosOf(STAT.changeSeconds), true);
  };

  const fdFilestatGet = (number: number, result: number): number => {
    const at = memory.check(result, FILESTAT_BYTES);
    const fd = fds.find(number);
    if (fd === undefined) return errnoOf(-ERRNO.EBADF);
    if (fd.kind === 'stream') {
      memory.bytes.fill(0, at, at + FILESTAT_BYTES);
      memory.view.setUint8(at + 16, fd.isTerminal ? FILETYPE_CHARACTER_DEVICE : FILE_TYPE.unknown);
      return SUCCESS;
    }
    const fault = fd.descriptor.stat();
    if (fault >= 0) storeFilestat(at);
    return errnoOf(fault);
  };

  /** Runs `act` on a directory and a path below it. */
  const at = (number: number, pointer: number, bytes: number, act: (base: Descriptor, path: string) => number): number => {
    const path = memory.path(pointer, bytes);
    const base = fds.directory(number);
    if (typeof base === 'number') return errnoOf(base);
    return answer(path === undefined ? -ERRNO.ENAMETOOLONG : act(base, path));
  };

  const pathFilestatGet = (number: number, flags: number, pointer: number, bytes: number, result: number): number => {
    const to = memory.check(result, FILESTAT_BYTES);
    return at(number, pointer, bytes, (base, path) => {
      const fault = host.statAt(owner, base.handle, path, (flags & LOOKUP_SYMLINK_FOLLOW) !== 0, guest.stat);
      if (fault >= 0) storeFilestat(to);
      return fault;
    });
  };

  /** The two times of a call, or undefined when its flags contradict each other. */
  const timesOf = (access: bigint, modify: bigint, flags: number): [NewTime, NewTime] | undefined => {
    const timeOf = (time: bigint, given: number, now: number): NewTime | undefined => {
      if ((flags & given) !== 0) {
        const nanos = BigInt.asUintN(64, time);
        return (flags & now) !== 0 ? undefined : { seconds: nanos / NANOS_PER_SECOND, nanos: Number(nanos % NANOS_PER_SECOND) };
      }
      return (flags & now) !== 0 ? 'now' : 'keep';
    };
    const newAccess = timeOf(access, FSTFLAG.atim, FSTFLAG.atimNow);
    const newModify = timeOf(modify, FSTFLAG.mtim, FSTFLAG.mtimNow);
    return newAccess === undefined || newModify === undefined ? undefined : [newAccess, newModify];
  };

  const withNode = (number: number, act: (fd: NodeFd) => number): number => {
    const fd = fds.node(number);
    return typeof fd === 'number' ? errnoOf(fd) : answer(act(fd));
  };

  const isOffset = (value: bigint): boolean => value >= 0n && value <= Number.MAX_SAFE_INTEGER;

  // --- opening and listing ------------------------------------------------------------------------------------------------

  const pathOpen = (
    ...[number, lookup, pointer, bytes, oflags, rights, inheriting, fdflags, result]: [...[number, number, number, number, number], ...[bigint, bigint], ...[number, number]]
  ): number => {
    const to = memory.check(result, 4);
    return at(number, pointer, bytes, (base, path) => {
      const wanted = Number(BigInt.asUintN(RIGHTS_BITS, rights));
      let flags = openFlagsOf(fdflags);
      if ((wanted & (FD_RIGHT.read | FD_RIGHT.readdir)) !== 0) flags |= DESCRIPTOR_FLAG.read;
      // Who asks for a directory with every right means to use it as one.
      // Only this right is a wish to write: Go asks for `filestatSetSize` on every file it reads.
      const writes = (wanted & FD_RIGHT.write) !== 0 && (oflags & OPEN_FLAG.directory) === 0;
      if (writes) flags |= DESCRIPTOR_FLAG.write;
      const opened = openAt(guest, base, lookup, path, oflags, flags);
      if (typeof opened === 'number') return opened;
      const kept = fdflags & (FDFLAG.append | FDFLAG.nonblock | FDFLAG.dsync | FDFLAG.rsync | FDFLAG.sync);
      memory.view.setUint32(to, fds.add(opened, kept, wanted, Number(BigInt.asUintN(RIGHTS_BITS, inheriting))), true);
      return 0;
    });
  };

  /** The entry with that cookie, fetched if need be; undefined at the end, -errno. */
  const entryAt = (listing: Listing, cookie: number): { readonly name: string; readonly type: number } | undefined | number => {
    while (listing.base + listing.window.length <= cookie) {
      const index = listing.base + listing.window.length;
      const entry = DOTS[index] ?? host.readDirNext(owner, listing.stream.handle);
      if (entry === undefined || typeof entry === 'number') return entry;
      listing.window.push(entry);
    }
    return listing.window[cookie - listing.base];
  };

  /** The listing of a directory, with what lies before `cookie` forgotten. Going back starts anew. */
  const listingFrom = (fd: NodeFd, cookie: number): Listing | number => {
    if (cookie === 0 || fd.listing === undefined || cookie < fd.listing.base) {
      endListing(guest, fd);
      const stream = readDirectory(guest, fd.descriptor);
      if (typeof stream === 'number') return stream;
      fd.listing = { stream: guest.add(stream), base: 0, window: [] };
    }
    const { listing } = fd;
    while (listing.base < cookie) {
      const entry = entryAt(listing, listing.base);
      if (typeof entry === 'number') return entry;
      if (entry === undefined) break;
      listing.window.shift();
      listing.base++;
    }
    return listing;
  };

  const inodeOf = (fd: NodeFd, name: string): bigint => {
    const fault = name === '.' ? fd.descriptor.stat() : name === '..' ? -1 : host.statAt(owner, fd.descriptor.handle, name, false, guest.stat);
    return fault < 0 ? 0n : (guest.stat[STAT.inode] as bigint) ^ guest.inodeKey[0];
  };

  const fdReaddir = (number: number, pointer: number, bytes: number, cookie: bigint, result: number): number => {
    const usedAt = memory.check(result, 4);
    const to = memory.check(pointer, bytes);
    const room = bytes >>> 0;
    return withNode(number, (fd) => {
      if (!isOffset(cookie)) return -ERRNO.EINVAL;
      const listing = listingFrom(fd, Number(cookie));
      if (typeof listing === 'number') return listing;
      let used = 0;
      for (let next = Number(cookie); used < room; next++) {
        const entry = entryAt(listing, next);
        if (typeof entry === 'number') return entry;
        if (entry === undefined) break;
        const name = Buffer.from(entry.name);
        const dirent = Buffer.alloc(DIRENT_BYTES + name.length);
        dirent.writeBigUInt64LE(BigInt(next + 1), 0);
        dirent.writeBigUInt64LE(inodeOf(fd, entry.name), 8);
        dirent.writeUInt32LE(name.length, 16);
        dirent.writeUInt8(FILETYPES[entry.type] ?? 0, 20);
        name.copy(dirent, DIRENT_BYTES);
        // The last one may be cut: a full buffer tells the program to ask again from its cookie.
        used += dirent.copy(memory.bytes, to + used, 0, Math.min(dirent.length, room - used));
      }
      memory.view.setUint32(usedAt, used, true);
      return 0;
    });
  };

  const pathReadlink = (number: number, pointer: number, bytes: number, buffer: number, bufferBytes: number, result: number): number => {
    const usedAt = memory.check(result, 4);
    const to = memory.check(buffer, bufferBytes);
    return at(number, pointer, bytes, (base, path) => {
      const target = host.readlinkAt(owner, base.handle, path);
      if (typeof target === 'number') return target;
      // Cut to the buffer without a word, as readlink(2).
      const used = Buffer.from(target).copy(memory.bytes, to, 0, bufferBytes >>> 0);
      memory.view.setUint32(usedAt, used, true);
      return 0;
    });
  };

  /** path_rename and path_link: two directories, two paths. */
  const between = (
    fromFd: number,
    from: readonly [pointer: number, bytes: number],
    toFd: number,
    to: readonly [pointer: number, bytes: number],
    act: (from: Descriptor, oldPath: string, to: Descriptor, newPath: string) => number,
  ): number => {
    const target = fds.directory(toFd);
    const newPath = memory.path(...to);
    return at(fromFd, ...from, (base, oldPath) => {
      if (typeof target === 'number') return target;
      if (newPath === undefined) return -ERRNO.ENAMETOOLONG;
      return mutate(base, () => act(base, oldPath, target, newPath), target);
    });
  };

  return {
    fd_advise: (number: number, offset: bigint, length: bigint, advice: number) =>
      withNode(number, ({ descriptor }) => {
        if (!isOffset(offset) || !isOffset(length) || advice < 0 || advice >= ADVICE_COUNT) return -ERRNO.EINVAL;
        return host.advise(owner, descriptor.handle, Number(offset), Number(length), advice);
      }),
    // Not every file system has fallocate(2), and a promise of space that is not one is worse than none.
    fd_allocate: (number: number) => withNode(number, ({ descriptor }) => (descriptor.type() === FILE_TYPE.directory ? -ERRNO.EBADF : -ERRNO.EOPNOTSUPP)),
    fd_datasync: (number: number) => withNode(number, ({ descriptor }) => host.sync(owner, descriptor.handle, true)),
    fd_filestat_get: fdFilestatGet,
    fd_filestat_set_size: (number: number, size: bigint) => withNode(number, ({ descriptor }) => (isOffset(size) ? setSize(guest, descriptor, Number(size)) : -ERRNO.EINVAL)),
    fd_filestat_set_times: (number: number, access: bigint, modify: bigint, flags: number) =>
      withNode(number, ({ descriptor }) => {
        const times = timesOf(access, modify, flags);
        return times === undefined ? -ERRNO.EINVAL : setTimes(guest, descriptor, ...times);
      }),
    fd_readdir: fdReaddir,
    fd_sync: (number: number) => withNode(number, ({ descriptor }) => host.sync(owner, descriptor.handle, false)),
    path_create_directory: (number: number, pointer: number, bytes: number) =>
      at(number, pointer, bytes, (base, path) => mutate(base, () => host.createDirectoryAt(owner, base.handle, path))),
    path_filestat_get: pathFilestatGet,
    path_filestat_set_times: (...[number, lookup, pointer, bytes, access, modify, flags]: [...[number, number, number, number], ...[bigint, bigint], number]) =>
      at(number, pointer, bytes, (base, path) => {
        const times = timesOf(access, modify, flags);
        return times === undefined ? -ERRNO.EINVAL : setTimesAt(guest, base, (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0, path, ...times);
      }),
    path_link: (...[fromFd, lookup, pointer, bytes, toFd, toPointer, toBytes]: [...[number, number, number, number], ...[number, number, number]]) =>
      between(fromFd, [pointer, bytes], toFd, [toPointer, toBytes], (from, oldPath, to, newPath) =>
        host.linkAt(owner, from.handle, oldPath, (lookup & LOOKUP_SYMLINK_FOLLOW) !== 0, to.handle, newPath),
      ),
    path_open: pathOpen,
    path_readlink: pathReadlink,
    path_remove_directory: (number: number, pointer: number, bytes: number) =>
      at(number, pointer, bytes, (base, path) => mutate(base, () => host.removeDirectoryAt(owner, base.handle, path))),
    path_rename: (fromFd: number, pointer: number, bytes: number, toFd: number, toPointer: number, toBytes: number) =>
      between(fromFd, [pointer, bytes], toFd, [toPointer, toBytes], (from, oldPath, to, newPath) => host.renameAt(owner, from.handle, oldPath, to.handle, newPath)),
    path_symlink: (targetPointer: number, targetBytes: number, number: number, pointer: number, bytes: number) => {
      const target = memory.path(targetPointer, targetBytes);
      return at(number, pointer, bytes, (base, path) => {
        if (target === undefined) return -ERRNO.ENAMETOOLONG;
        return mutate(base, () => host.symlinkAt(owner, base.handle, target, path));
      });
    },
    path_unlink_file: (number: number, pointer: number, bytes: number) =>
      at(number, pointer, bytes, (base, path) => mutate(base, () => host.unlinkFileAt(owner, base.handle, path))),
  };
}
