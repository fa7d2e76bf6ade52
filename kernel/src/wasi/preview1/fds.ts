/** The file descriptors of a preview 1 program (data plane beside step 8): small numbers, lowest first, as POSIX has them. */
import { ERRNO } from '../../host/errno.ts';
import { STAT } from '../../host/host.ts';
import { DESCRIPTOR_FLAG, Descriptor, type DirectoryStream, flagsOfRights } from '../descriptor.ts';
import type { Preopen } from '../filesystem.ts';
import type { Guest } from '../guest.ts';
import { ClosedOutput, EmptyInput, type InputStream, NativeInput, NativeOutput, type OutputStream } from '../streams.ts';

/** `rights` of preview 1 that mean something here; the others are shown and stand for nothing. */
export const FD_RIGHT = {
  read: 1 << 1,
  seek: 1 << 2,
  tell: 1 << 5,
  write: 1 << 6,
  allocate: 1 << 8,
  pathFilestatSetSize: 1 << 19,
  readdir: 1 << 14,
  filestatSetSize: 1 << 22,
} as const;
const RIGHTS_ALL = 2 ** 30 - 1;
/** What directories never have. */
const FILE_ONLY = FD_RIGHT.read | FD_RIGHT.seek | FD_RIGHT.tell | FD_RIGHT.write | FD_RIGHT.allocate | FD_RIGHT.filestatSetSize | FD_RIGHT.pathFilestatSetSize;
/** Rights whose names begin with `path_`, and `fd_readdir`: what files never have. */
const DIRECTORY_ONLY = (0xfff << 9) | (0b111 << 24);

/** `fdflags` of preview 1. */
export const FDFLAG = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;

/** A standard stream. */
export interface StreamFd {
  readonly kind: 'stream';
  readonly input: InputStream | undefined;
  readonly output: OutputStream | undefined;
  readonly isTerminal: boolean;
  flags: number;
}

/** A listing in progress: the entries from cookie `base` on that were fetched and may be asked for again. */
export interface Listing {
  readonly stream: DirectoryStream;
  base: number;
  readonly window: { readonly name: string; readonly type: number }[];
}

/** A file or directory. */
export interface NodeFd {
  readonly kind: 'node';
  readonly descriptor: Descriptor;
  /** Set for the directories that the program was given. */
  readonly preopenPath: string | undefined;
  /** Where read and write go on; undefined after an append, which leaves it at the end. */
  position: number | undefined;
  flags: number;
  /** `rights` of preview 1: what the program asked for and did not give up. What it may do is decided by the machine. */
  rights: number;
  rightsInheriting: number;
  listing: Listing | undefined;
}

export type Fd = StreamFd | NodeFd;

export interface StandardStreams {
  readonly stdin?: number | undefined;
  readonly stdout?: number | undefined;
  readonly stderr?: number | undefined;
}

export class FdTable {
  readonly #guest: Guest;
  readonly #fds: (Fd | undefined)[] = [];

  constructor(guest: Guest, streams: StandardStreams, preopens: readonly Preopen[]) {
    this.#guest = guest;
    const isTerminal = (handle: number | undefined): boolean => handle !== undefined && guest.host.isTerminal(guest.owner, handle) === 1;
    // An absent stream keeps its number: a program's first file must never become its standard output.
    const { stdin } = streams;
    const input = stdin === undefined ? new EmptyInput() : new NativeInput(guest, stdin);
    this.#fds.push({ kind: 'stream', input, output: undefined, isTerminal: isTerminal(stdin), flags: 0 });
    for (const handle of [streams.stdout, streams.stderr]) {
      const output = handle === undefined ? new ClosedOutput() : new NativeOutput(guest, handle);
      this.#fds.push({ kind: 'stream', input: undefined, output, isTerminal: isTerminal(handle), flags: FDFLAG.append });
    }
    for (const { path, dir, rights } of preopens) {
      const descriptor = guest.add(new Descriptor(guest, dir, rights, flagsOfRights(rights), false));
      this.#fds.push({ kind: 'node', descriptor, preopenPath: path, position: 0, flags: 0, rights: RIGHTS_ALL, rightsInheriting: RIGHTS_ALL, listing: undefined });
    }
  }

  find(fd: number): Fd | undefined {
    return this.#fds[fd];
  }

  /** A file or directory; -errno for numbers that are none. */
  node(fd: number): NodeFd | number {
    const found = this.#fds[fd];
    return found?.kind === 'node' ? found : -ERRNO.EBADF;
  }

  /** A directory's descriptor, for calls that start a path there. */
  directory(fd: number): Descriptor | number {
    const found = this.#fds[fd];
    if (found === undefined) return -ERRNO.EBADF;
    return found.kind === 'node' ? found.descriptor : -ERRNO.ENOTDIR;
  }

  /** Takes a descriptor in under the lowest free number. */
  add(descriptor: Descriptor, flags: number, rights: number, rightsInheriting: number): number {
    this.#guest.add(descriptor);
    let fd = 0;
    while (this.#fds[fd] !== undefined) fd++;
    this.#fds[fd] = { kind: 'node', descriptor, preopenPath: undefined, position: 0, flags, rights, rightsInheriting, listing: undefined };
    return fd;
  }

  close(fd: number): number {
    const found = this.#fds[fd];
    if (found === undefined) return -ERRNO.EBADF;
    this.#fds[fd] = undefined;
    this.#release(found);
    return 0;
  }

  /** `to` becomes what `from` was; both must be open. */
  renumber(from: number, to: number): number {
    const moved = this.#fds[from];
    const replaced = this.#fds[to];
    if (moved === undefined || replaced === undefined) return -ERRNO.EBADF;
    if (from === to) return 0;
    this.#fds[to] = moved;
    this.#fds[from] = undefined;
    this.#release(replaced);
    return 0;
  }

  #release(fd: Fd): void {
    if (fd.kind === 'stream') return;
    endListing(this.#guest, fd);
    this.#guest.drop(fd.descriptor.rep);
  }
}

export function endListing(guest: Guest, fd: NodeFd): void {
  if (fd.listing !== undefined) guest.drop(fd.listing.stream.rep);
  fd.listing = undefined;
}

/** Where the next read or write of a file is; -errno when it cannot be told. */
export function positionOf(guest: Guest, fd: NodeFd): number {
  if (fd.position !== undefined) return fd.position;
  const result = fd.descriptor.stat();
  if (result < 0) return result;
  fd.position = Number(guest.stat[STAT.size]);
  return fd.position;
}

/** The rights of a file or directory as fd_fdstat_get shows them. */
export const shownRights = (fd: NodeFd, isDirectory: boolean): number => fd.rights & (isDirectory ? RIGHTS_ALL & ~FILE_ONLY : RIGHTS_ALL & ~DIRECTORY_ONLY);

/** What a stream shows: wasi-libc's isatty wants one that cannot seek. */
export const streamRights = (): number => RIGHTS_ALL & ~(DIRECTORY_ONLY | FD_RIGHT.seek | FD_RIGHT.tell);

/** `fdflags` of preview 1 that decide how a file is opened, as descriptor flags. */
export const openFlagsOf = (flags: number): number =>
  ((flags & FDFLAG.sync) !== 0 ? DESCRIPTOR_FLAG.fileIntegritySync : 0) |
  ((flags & FDFLAG.dsync) !== 0 ? DESCRIPTOR_FLAG.dataIntegritySync : 0) |
  ((flags & FDFLAG.rsync) !== 0 ? DESCRIPTOR_FLAG.requestedWriteSync : 0);
