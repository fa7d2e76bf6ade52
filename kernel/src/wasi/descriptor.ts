/**
 * Descriptors and what can be done with them (data plane beside steps 8 and 9), without the ABI around it.
 *
 * Results are as the machine's: zero or more, or -errno. What a descriptor may do is what its directory's handle may do,
 * cut by the flags it was opened with; the machine checks the handle's rights again.
 */
import { ERRNO } from '../host/errno.ts';
import { FILE_TYPE, type Handle, type NewTime, OPEN, RIGHT, type Rights, STAT } from '../host/host.ts';
import { type Guest, KIND, Resource } from './guest.ts';
import { FileInput, FileOutput, type FileOutputMode, FileRef } from './streams.ts';

/** Bits of `descriptor-flags`, `open-flags` and `path-flags`, in the order of the WIT flags. */
export const DESCRIPTOR_FLAG = {
  read: 1,
  write: 2,
  fileIntegritySync: 4,
  dataIntegritySync: 8,
  requestedWriteSync: 16,
  mutateDirectory: 32,
} as const;
export const OPEN_FLAG = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const;
export const PATH_FLAG = { symlinkFollow: 1 } as const;

const UNKNOWN_TYPE = -1;

export class Descriptor extends Resource {
  readonly kind = KIND.descriptor;
  readonly file: FileRef;
  /** Of the directory tree it came from. */
  readonly rights: Rights;
  /** Bits of {@link DESCRIPTOR_FLAG}. */
  readonly flags: number;
  /** A {@link FILE_TYPE}, once somebody asked. A descriptor's object never changes its type. */
  #type = UNKNOWN_TYPE;
  readonly #guest: Guest;

  constructor(guest: Guest, handle: Handle, rights: Rights, flags: number, isOwned: boolean) {
    super();
    this.#guest = guest;
    this.file = new FileRef(guest, handle, isOwned);
    this.rights = rights;
    this.flags = flags;
  }

  override dispose(): void {
    this.file.release();
  }

  get handle(): Handle {
    return this.file.handle;
  }

  /** Fills `guest.stat`. */
  stat(): number {
    const { host, owner, stat } = this.#guest;
    const result = this.#guest.checkCancelled(host.fstat(owner, this.handle, stat));
    if (result >= 0) this.#type = Number(stat[STAT.type]);
    return result;
  }

  /** A {@link FILE_TYPE} or -errno. */
  type(): number {
    if (this.#type !== UNKNOWN_TYPE) return this.#type;
    const result = this.stat();
    return result < 0 ? result : this.#type;
  }

  /** 0 when it is a regular file open for `flag`, else -errno. */
  checkFile(flag: number): number {
    if ((this.flags & flag) === 0) return -ERRNO.EBADF;
    const type = this.type();
    return type === FILE_TYPE.directory ? -ERRNO.EISDIR : Math.min(type, 0);
  }

  /** 0 when entries may be changed through it, else -errno. */
  checkMutate(): number {
    return (this.rights & RIGHT.mutate) !== 0 ? 0 : -ERRNO.EROFS;
  }

  get sync(): FileOutputMode['sync'] {
    if ((this.flags & DESCRIPTOR_FLAG.fileIntegritySync) !== 0) return 'file';
    return (this.flags & DESCRIPTOR_FLAG.dataIntegritySync) !== 0 ? 'data' : 'none';
  }
}

/** A directory being listed. */
export class DirectoryStream extends Resource {
  readonly kind = KIND.directoryStream;
  readonly handle: Handle;
  readonly #guest: Guest;

  constructor(guest: Guest, handle: Handle) {
    super();
    this.#guest = guest;
    this.handle = handle;
  }

  override dispose(): void {
    this.#guest.close(this.handle);
  }
}

/** The flags a descriptor of a directory tree with these rights shows. */
export const flagsOfRights = (rights: Rights): number =>
  ((rights & RIGHT.read) !== 0 ? DESCRIPTOR_FLAG.read : 0) | ((rights & RIGHT.mutate) !== 0 ? DESCRIPTOR_FLAG.mutateDirectory : 0);

/** open-at. A new descriptor that is not taken in yet, or -errno. */
export function openAt(guest: Guest, base: Descriptor, pathFlags: number, path: string, openFlags: number, flags: number): Descriptor | number {
  const creates = (openFlags & OPEN_FLAG.create) !== 0;
  const truncates = (openFlags & OPEN_FLAG.truncate) !== 0;
  const writes = (flags & DESCRIPTOR_FLAG.write) !== 0;
  if ((creates || (flags & DESCRIPTOR_FLAG.mutateDirectory) !== 0) && (base.rights & RIGHT.mutate) === 0) return -ERRNO.EROFS;
  if ((writes || truncates) && (base.rights & RIGHT.write) === 0) return -ERRNO.EROFS;
  if (!guest.hasRoom(KIND.descriptor)) return -ERRNO.EMFILE;
  let open = 0;
  if (creates) open |= OPEN.create;
  if ((openFlags & OPEN_FLAG.directory) !== 0) open |= OPEN.directory;
  if ((openFlags & OPEN_FLAG.exclusive) !== 0) open |= OPEN.exclusive;
  if (truncates) open |= OPEN.truncate;
  if ((pathFlags & PATH_FLAG.symlinkFollow) !== 0) open |= OPEN.follow;
  if (writes) open |= OPEN.write;
  // Linux has no way to open a file for neither; what the guest may do is held to `flags` here.
  if ((flags & DESCRIPTOR_FLAG.read) !== 0 || !writes) open |= OPEN.read;
  const handle = guest.checkCancelled(guest.host.openAt(guest.owner, base.handle, path, open));
  if (handle < 0) return handle;
  // A directory can change what its tree may change, whatever flags the guest thought to ask for.
  return new Descriptor(guest, handle, base.rights, flags | (base.rights & RIGHT.mutate ? DESCRIPTOR_FLAG.mutateDirectory : 0), true);
}

/** What get-flags answers: `mutate-directory` says something about directories only. */
export function shownFlags(descriptor: Descriptor): number {
  const type = descriptor.type();
  if (type < 0) return type;
  return type === FILE_TYPE.directory ? descriptor.flags : descriptor.flags & ~DESCRIPTOR_FLAG.mutateDirectory;
}

export function readViaStream(guest: Guest, descriptor: Descriptor, offset: number): FileInput | number {
  const fault = descriptor.checkFile(DESCRIPTOR_FLAG.read);
  if (fault < 0) return fault;
  return guest.hasRoom(KIND.inputStream) ? new FileInput(guest, descriptor.file, offset) : -ERRNO.ENOMEM;
}

/** An `offset` of undefined appends. */
export function writeViaStream(guest: Guest, descriptor: Descriptor, offset: number | undefined): FileOutput | number {
  const fault = descriptor.checkFile(DESCRIPTOR_FLAG.write);
  if (fault < 0) return fault;
  if (!guest.hasRoom(KIND.outputStream)) return -ERRNO.ENOMEM;
  return new FileOutput(guest, descriptor.file, { position: offset, sync: descriptor.sync });
}

export function readDirectory(guest: Guest, descriptor: Descriptor): DirectoryStream | number {
  const type = descriptor.type();
  if (type < 0) return type;
  if (type !== FILE_TYPE.directory) return -ERRNO.ENOTDIR;
  if (!guest.hasRoom(KIND.directoryStream)) return -ERRNO.EMFILE;
  const handle = guest.checkCancelled(guest.host.readDir(guest.owner, descriptor.handle));
  return handle < 0 ? handle : new DirectoryStream(guest, handle);
}

/** One write at an offset; may be short, as pwrite(2) may. */
export function writeAt(guest: Guest, descriptor: Descriptor, memory: Uint8Array, pointer: number, bytes: number, offset: number): number {
  const fault = descriptor.checkFile(DESCRIPTOR_FLAG.write);
  if (fault < 0) return fault;
  const { host, owner } = guest;
  const count = host.pwrite(owner, descriptor.handle, memory, pointer, bytes, offset);
  if (count < 0 || descriptor.sync === 'none') return count;
  return Math.min(count, host.sync(owner, descriptor.handle, descriptor.sync === 'data') || count);
}

export function setSize(guest: Guest, descriptor: Descriptor, size: number): number {
  const fault = descriptor.checkFile(DESCRIPTOR_FLAG.write);
  return fault < 0 ? fault : guest.host.setSize(guest.owner, descriptor.handle, size);
}

export function setTimes(guest: Guest, descriptor: Descriptor, access: NewTime, modify: NewTime): number {
  if ((descriptor.rights & RIGHT.write) === 0) return -ERRNO.EROFS;
  return guest.host.setTimes(guest.owner, descriptor.handle, access, modify);
}

export function setTimesAt(guest: Guest, base: Descriptor, follow: boolean, path: string, access: NewTime, modify: NewTime): number {
  if ((base.rights & RIGHT.write) === 0) return -ERRNO.EROFS;
  return guest.host.setTimesAt(guest.owner, base.handle, path, follow, access, modify);
}

/** Runs a change of entries below `base`, and below `other` when there are two. */
export function mutate(base: Descriptor, act: () => number, other: Descriptor = base): number {
  const fault = base.checkMutate() || other.checkMutate();
  return fault < 0 ? fault : act();
}

/** Whether two descriptors stand for one object: same device, same inode. */
export function isSameObject(guest: Guest, one: Descriptor, other: Descriptor): boolean {
  if (one.file === other.file) return true;
  if (one.stat() < 0) return false;
  const { [STAT.device]: device, [STAT.inode]: inode } = guest.stat;
  return other.stat() >= 0 && guest.stat[STAT.device] === device && guest.stat[STAT.inode] === inode;
}

/** Fills `guest.stat` with what is at a path. */
export const statAt = (guest: Guest, base: Descriptor, pathFlags: number, path: string): number =>
  guest.checkCancelled(guest.host.statAt(guest.owner, base.handle, path, (pathFlags & PATH_FLAG.symlinkFollow) !== 0, guest.stat));

/** Offsets and sizes past 2^53 - 1 are past every file of this machine. Core i64 values arrive signed. */
export const isOffset = (value: bigint): boolean => value >= 0n && value <= Number.MAX_SAFE_INTEGER;
