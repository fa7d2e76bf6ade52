/**
 * The file system of the in-memory machine (call path step 9, for tests): nodes, confined path resolution, quotas.
 *
 * Behaves as ext4 under `openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)` for a privileged process, so that a test
 * which passes here passes on Linux. Functions return a node or `-errno`; see path_resolution(7) and openat2(2).
 */
import { ERRNO } from '../errno.ts';
import { FILE_TYPE, type NewTime, OPEN, type Quota, STAT, type Usage } from '../host.ts';

/** PATH_MAX without its final NUL, NAME_MAX, and MAXSYMLINKS of Linux. */
const PATH_BYTES_MAX = 4095;
const NAME_BYTES_MAX = 255;
const SYMLINKS_MAX = 40;
/** Smallest buffer of a file that has content; it doubles from there. */
const FILE_BUFFER_BYTES_MIN = 256;
const NANOS_PER_SECOND = 1_000_000_000n;
/** The one device number of this machine. */
const DEVICE = 1n;

export interface FileNode {
  readonly inode: number;
  readonly type: number;
  links: number;
  /** Of a directory: its entries; the Map's insertion order is the listing's. */
  readonly entries: Map<string, FileNode>;
  /** Of a directory: where `..` leads. */
  parent: FileNode | undefined;
  /** Of a regular file: content up to `size`; what lies past `data` is zero. */
  data: Uint8Array;
  size: number;
  /** Of a symbolic link. */
  readonly target: string;
  accessNs: bigint;
  modifyNs: bigint;
  changeNs: bigint;
}

/** One quota: what is counted, and how far it may go. Shared by all opens of one directory. */
export interface QuotaAccount {
  bytes: number;
  entries: number;
  bytesMax: number;
  entriesMax: number;
}

/** An open regular file. */
export interface OpenFile {
  readonly node: FileNode;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly quota: QuotaAccount | undefined;
}

interface Place {
  readonly directory: FileNode;
  /** Last component; empty when the path ends in `.`, `..` or the start itself. */
  readonly name: string;
  readonly node: FileNode | undefined;
  /** The path ended in a slash, so only a directory will do. */
  readonly wantsDirectory: boolean;
}

export class FileTree {
  readonly root: FileNode;
  readonly #nowNs: () => bigint;
  readonly #fileBytesMax: number;
  readonly #accounts = new WeakMap<FileNode, QuotaAccount>();
  #nextInode = 1;

  /** A file never grows past `fileBytesMax` (-EFBIG), as on a file system with that limit. */
  constructor(nowNs: () => bigint, fileBytesMax: number) {
    this.#nowNs = nowNs;
    this.#fileBytesMax = fileBytesMax;
    this.root = this.newNode(FILE_TYPE.directory);
  }

  newNode(type: number, target = ''): FileNode {
    const now = this.#nowNs();
    return {
      inode: this.#nextInode++,
      type,
      links: type === FILE_TYPE.directory ? 2 : 1,
      entries: new Map(),
      parent: undefined,
      data: new Uint8Array(0),
      size: Buffer.byteLength(target),
      target,
      accessNs: now,
      modifyNs: now,
      changeNs: now,
    };
  }

  // --- paths ----------------------------------------------------------------------------------------------------

  /** Walks `path` from `start` and never above it. `follow` is for the last component. */
  #walk(start: FileNode, path: string, follow: boolean): Place | number {
    const fault = pathFault(path);
    if (fault !== 0) return fault;
    if (path.startsWith('/')) return -ERRNO.EPERM;
    let pending = splitPath(path);
    let wantsDirectory = path.endsWith('/');
    let directory = start;
    let linksFollowed = 0;
    // `stack` is the way back for `..`: the walk may not leave `start`, whatever the directory's real parent is.
    const stack: FileNode[] = [];
    for (let step = 0; step < pending.length; step++) {
      const name = pending[step] as string;
      const last = step === pending.length - 1;
      if (name === '.') {
        if (last) return { directory, name: '', node: directory, wantsDirectory: true };
        continue;
      }
      if (name === '..') {
        const up = stack.pop();
        if (!up) return -ERRNO.EPERM;
        directory = up;
        if (last) return { directory, name: '', node: directory, wantsDirectory: true };
        continue;
      }
      if (Buffer.byteLength(name) > NAME_BYTES_MAX) return -ERRNO.ENAMETOOLONG;
      const node = directory.entries.get(name);
      if (node?.type === FILE_TYPE.symbolicLink && (!last || follow || wantsDirectory)) {
        if (++linksFollowed > SYMLINKS_MAX) return -ERRNO.ELOOP;
        if (node.target.startsWith('/')) return -ERRNO.EPERM;
        if (last && node.target.endsWith('/')) wantsDirectory = true;
        pending = [...splitPath(node.target), ...pending.slice(step + 1)];
        step = -1;
        continue;
      }
      if (last) return { directory, name, node, wantsDirectory };
      if (!node) return -ERRNO.ENOENT;
      if (node.type !== FILE_TYPE.directory) return -ERRNO.ENOTDIR;
      stack.push(directory);
      directory = node;
    }
    return { directory, name: '', node: directory, wantsDirectory: true };
  }

  /** The node that `path` names, or -errno. */
  lookup(start: FileNode, path: string, follow: boolean): FileNode | number {
    const place = this.#walk(start, path, follow);
    if (typeof place === 'number') return place;
    if (!place.node) return -ERRNO.ENOENT;
    if (place.wantsDirectory && place.node.type !== FILE_TYPE.directory) return -ERRNO.ENOTDIR;
    return place.node;
  }

  /** The node of an absolute canonical path, or -errno. Links are not followed: a grant names what it names. */
  lookupAbsolute(path: string): FileNode | number {
    const relative = splitPath(path).join('/');
    return relative === '' ? this.root : this.lookup(this.root, relative, false);
  }

  // --- opening and content ----------------------------------------------------------------------------------------

  /** Opens what `path` names: a directory's node, an open file, or -errno. Rights are the caller's affair. */
  open(start: FileNode, path: string, flags: number, quota: QuotaAccount | undefined): FileNode | OpenFile | number {
    const creates = (flags & OPEN.create) !== 0;
    const exclusive = creates && (flags & OPEN.exclusive) !== 0;
    const place = this.#walk(start, path, (flags & OPEN.follow) !== 0 && !exclusive);
    if (typeof place === 'number') return place;
    let node = place.node;
    if (node && exclusive) return -ERRNO.EEXIST;
    if (!node) {
      if (!creates) return -ERRNO.ENOENT;
      if (place.wantsDirectory) return -ERRNO.EISDIR;
      if ((flags & OPEN.directory) !== 0) return -ERRNO.EINVAL;
      const refused = this.#attach(place, FILE_TYPE.regularFile, '', quota);
      if (typeof refused === 'number') return refused;
      node = refused;
    }
    if (node.type === FILE_TYPE.symbolicLink) return -ERRNO.ELOOP;
    if (node.type === FILE_TYPE.directory) {
      if (creates || (flags & (OPEN.write | OPEN.truncate)) !== 0) return -ERRNO.EISDIR;
      return node;
    }
    if (place.wantsDirectory || (flags & OPEN.directory) !== 0) return -ERRNO.ENOTDIR;
    if (node.type !== FILE_TYPE.regularFile) return -ERRNO.EPERM;
    const file: OpenFile = { node, canRead: (flags & OPEN.read) !== 0, canWrite: (flags & OPEN.write) !== 0, quota };
    if ((flags & OPEN.truncate) !== 0) {
      const result = this.resize(node, 0, quota);
      if (result < 0) return result;
    }
    return file;
  }

  read(node: FileNode, into: Uint8Array, offset: number): number {
    if (node.type === FILE_TYPE.directory) return -ERRNO.EISDIR;
    const count = Math.max(0, Math.min(into.length, node.size - offset));
    const kept = Math.max(0, Math.min(count, node.data.length - offset));
    if (kept > 0) into.set(node.data.subarray(offset, offset + kept));
    if (count > kept) into.fill(0, kept, count);
    node.accessNs = this.#nowNs();
    return count;
  }

  /** Writes as much of `bytes` as quota and file size allow; -EDQUOT or -EFBIG when that is nothing. */
  write(file: OpenFile, bytes: Uint8Array, offset: number): number {
    if (bytes.length === 0) return 0;
    const { node, quota } = file;
    let end = offset + bytes.length;
    if (end > this.#fileBytesMax) end = this.#fileBytesMax;
    if (end <= offset) return -ERRNO.EFBIG;
    if (quota && quota.bytesMax !== 0 && end > node.size) {
      end = Math.min(end, node.size + Math.max(0, quota.bytesMax - quota.bytes));
      if (end <= offset) return -ERRNO.EDQUOT;
    }
    const count = end - offset;
    reserve(node, end);
    node.data.set(count === bytes.length ? bytes : bytes.subarray(0, count), offset);
    if (end > node.size) {
      if (quota) quota.bytes += end - node.size;
      node.size = end;
    }
    this.#touch(node);
    return count;
  }

  resize(node: FileNode, size: number, quota: QuotaAccount | undefined): number {
    if (!Number.isSafeInteger(size) || size < 0) return -ERRNO.EINVAL;
    if (size > this.#fileBytesMax) return -ERRNO.EFBIG;
    const growth = size - node.size;
    if (quota && quota.bytesMax !== 0 && growth > 0 && quota.bytes + growth > quota.bytesMax) return -ERRNO.EDQUOT;
    if (quota) quota.bytes += growth;
    // A hole is zero: what a shrink leaves behind must not come back when the file grows again.
    if (size < node.data.length) node.data = node.data.slice(0, size);
    node.size = size;
    this.#touch(node);
    return 0;
  }

  // --- entries ------------------------------------------------------------------------------------------------------

  createDirectory(start: FileNode, path: string, quota: QuotaAccount | undefined): number {
    const place = this.#walk(start, path, false);
    if (typeof place === 'number') return place;
    if (place.node) return -ERRNO.EEXIST;
    const made = this.#attach(place, FILE_TYPE.directory, '', quota);
    return typeof made === 'number' ? made : 0;
  }

  symlink(start: FileNode, target: string, path: string, quota: QuotaAccount | undefined): number {
    if (target === '') return -ERRNO.ENOENT;
    if (target.includes('\0')) return -ERRNO.EINVAL;
    if (target.startsWith('/')) return -ERRNO.EPERM;
    if (Buffer.byteLength(target) > PATH_BYTES_MAX) return -ERRNO.ENAMETOOLONG;
    const place = this.#walkEntry(start, path);
    if (typeof place === 'number') return place;
    if (place.node) return -ERRNO.EEXIST;
    if (place.wantsDirectory) return -ERRNO.ENOENT;
    const made = this.#attach(place, FILE_TYPE.symbolicLink, target, quota);
    return typeof made === 'number' ? made : 0;
  }

  readlink(start: FileNode, path: string): string | number {
    const node = this.lookup(start, path, false);
    if (typeof node === 'number') return node;
    return node.type === FILE_TYPE.symbolicLink ? node.target : -ERRNO.EINVAL;
  }

  unlink(start: FileNode, path: string, quota: QuotaAccount | undefined): number {
    const place = this.#walkEntry(start, path);
    if (typeof place === 'number') return place;
    if (!place.node) return -ERRNO.ENOENT;
    if (place.node.type === FILE_TYPE.directory) return -ERRNO.EISDIR;
    if (place.wantsDirectory) return -ERRNO.ENOTDIR;
    this.#detach(place.directory, place.name, place.node, quota);
    return 0;
  }

  removeDirectory(start: FileNode, path: string, quota: QuotaAccount | undefined): number {
    const place = this.#walkEntry(start, path);
    if (typeof place === 'number') return place;
    if (!place.node) return -ERRNO.ENOENT;
    if (place.name === '') return path.endsWith('..') ? -ERRNO.ENOTEMPTY : -ERRNO.EINVAL;
    if (place.node.type !== FILE_TYPE.directory) return -ERRNO.ENOTDIR;
    if (place.node.entries.size > 0) return -ERRNO.ENOTEMPTY;
    this.#detach(place.directory, place.name, place.node, quota);
    return 0;
  }

  link(fromStart: FileNode, from: string, follow: boolean, toStart: FileNode, to: string, quota: QuotaAccount | undefined): number {
    const node = this.lookup(fromStart, from, follow);
    if (typeof node === 'number') return node;
    const place = this.#walkEntry(toStart, to);
    if (typeof place === 'number') return place;
    if (place.node) return -ERRNO.EEXIST;
    if (node.type === FILE_TYPE.directory) return -ERRNO.EPERM;
    if (place.wantsDirectory) return -ERRNO.ENOENT;
    if (!takeEntry(quota)) return -ERRNO.EDQUOT;
    place.directory.entries.set(place.name, node);
    node.links++;
    node.changeNs = this.#nowNs();
    this.#touch(place.directory);
    return 0;
  }

  rename(fromStart: FileNode, from: string, toStart: FileNode, to: string, quota: QuotaAccount | undefined): number {
    const source = this.#walkEntry(fromStart, from);
    if (typeof source === 'number') return source;
    const target = this.#walkEntry(toStart, to);
    if (typeof target === 'number') return target;
    if (source.name === '' || target.name === '') return -ERRNO.EBUSY;
    const moved = source.node;
    if (!moved) return -ERRNO.ENOENT;
    const movesDirectory = moved.type === FILE_TYPE.directory;
    if (!movesDirectory && (source.wantsDirectory || target.wantsDirectory)) return -ERRNO.ENOTDIR;
    const replaced = target.node;
    if (moved === replaced) return 0;
    if (movesDirectory && isInside(target.directory, moved)) return -ERRNO.EINVAL;
    if (replaced) {
      if (isInside(source.directory, replaced)) return -ERRNO.ENOTEMPTY;
      if (movesDirectory && replaced.type !== FILE_TYPE.directory) return -ERRNO.ENOTDIR;
      if (!movesDirectory && replaced.type === FILE_TYPE.directory) return -ERRNO.EISDIR;
      if (replaced.entries.size > 0) return -ERRNO.ENOTEMPTY;
      this.#detach(target.directory, target.name, replaced, quota);
    }
    source.directory.entries.delete(source.name);
    target.directory.entries.set(target.name, moved);
    if (movesDirectory) {
      source.directory.links--;
      target.directory.links++;
      moved.parent = target.directory;
    }
    moved.changeNs = this.#nowNs();
    this.#touch(source.directory);
    this.#touch(target.directory);
    return 0;
  }

  // --- attributes ------------------------------------------------------------------------------------------------------

  stat(node: FileNode, out: BigInt64Array): number {
    if (out.length < STAT.length) return -ERRNO.EFAULT;
    out[STAT.type] = BigInt(node.type);
    out[STAT.links] = BigInt(node.links);
    out[STAT.size] = BigInt(node.size);
    out[STAT.accessSeconds] = node.accessNs / NANOS_PER_SECOND;
    out[STAT.accessNanos] = node.accessNs % NANOS_PER_SECOND;
    out[STAT.modifySeconds] = node.modifyNs / NANOS_PER_SECOND;
    out[STAT.modifyNanos] = node.modifyNs % NANOS_PER_SECOND;
    out[STAT.changeSeconds] = node.changeNs / NANOS_PER_SECOND;
    out[STAT.changeNanos] = node.changeNs % NANOS_PER_SECOND;
    out[STAT.device] = DEVICE;
    out[STAT.inode] = BigInt(node.inode);
    return 0;
  }

  setTimes(node: FileNode, access: NewTime, modify: NewTime): number {
    const accessNs = this.#resolveTime(access, node.accessNs);
    const modifyNs = this.#resolveTime(modify, node.modifyNs);
    if (accessNs === undefined || modifyNs === undefined) return -ERRNO.EINVAL;
    node.accessNs = accessNs;
    node.modifyNs = modifyNs;
    node.changeNs = this.#nowNs();
    return 0;
  }

  #resolveTime(time: NewTime, kept: bigint): bigint | undefined {
    if (time === 'keep') return kept;
    if (time === 'now') return this.#nowNs();
    if (time.nanos < 0 || time.nanos >= Number(NANOS_PER_SECOND)) return undefined;
    return time.seconds * NANOS_PER_SECOND + BigInt(time.nanos);
  }

  // --- quotas ------------------------------------------------------------------------------------------------------------

  /** The account of a directory: made by a walk at its first open, shared and re-limited by later ones. */
  account(node: FileNode, quota: Quota): QuotaAccount {
    let account = this.#accounts.get(node);
    if (!account) {
      account = { ...this.measure(node), bytesMax: quota.bytesMax, entriesMax: quota.entriesMax };
      this.#accounts.set(node, account);
    } else {
      account.bytesMax = quota.bytesMax;
      account.entriesMax = quota.entriesMax;
    }
    return account;
  }

  measure(node: FileNode): Usage {
    let bytes = 0;
    let entries = 0;
    for (const child of node.entries.values()) {
      entries++;
      if (child.type === FILE_TYPE.regularFile) bytes += child.size;
      if (child.type === FILE_TYPE.directory) {
        const inner = this.measure(child);
        bytes += inner.bytes;
        entries += inner.entries;
      }
    }
    return { bytes, entries };
  }

  // --- internals ----------------------------------------------------------------------------------------------------------

  /** As #walk for calls that work on the entry itself: a trailing slash does not follow a link in the last component. */
  #walkEntry(start: FileNode, path: string): Place | number {
    const bare = path.replace(/\/+$/, '');
    if (bare === '' || bare === path) return this.#walk(start, path, false);
    const place = this.#walk(start, bare, false);
    return typeof place === 'number' ? place : { ...place, wantsDirectory: true };
  }

  #attach(place: Place, type: number, target: string, quota: QuotaAccount | undefined): FileNode | number {
    if (place.directory.links === 0) return -ERRNO.ENOENT;
    if (!takeEntry(quota)) return -ERRNO.EDQUOT;
    const node = this.newNode(type, target);
    place.directory.entries.set(place.name, node);
    if (type === FILE_TYPE.directory) {
      node.parent = place.directory;
      place.directory.links++;
    }
    this.#touch(place.directory);
    return node;
  }

  #detach(directory: FileNode, name: string, node: FileNode, quota: QuotaAccount | undefined): void {
    directory.entries.delete(name);
    if (node.type === FILE_TYPE.directory) {
      node.links = 0;
      node.parent = undefined;
      directory.links--;
    } else node.links--;
    if (quota) {
      quota.entries--;
      if (node.links === 0 && node.type === FILE_TYPE.regularFile) quota.bytes -= node.size;
    }
    node.changeNs = this.#nowNs();
    this.#touch(directory);
  }

  #touch(node: FileNode): void {
    node.modifyNs = this.#nowNs();
    node.changeNs = node.modifyNs;
  }
}

const splitPath = (path: string): string[] => path.split('/').filter((part) => part !== '');

/** -errno for a path that no call takes, else 0. */
function pathFault(path: string): number {
  if (path === '') return -ERRNO.ENOENT;
  if (path.includes('\0')) return -ERRNO.EINVAL;
  if (path.length > PATH_BYTES_MAX || Buffer.byteLength(path) > PATH_BYTES_MAX) return -ERRNO.ENAMETOOLONG;
  return 0;
}

function takeEntry(quota: QuotaAccount | undefined): boolean {
  if (!quota) return true;
  if (quota.entriesMax !== 0 && quota.entries >= quota.entriesMax) return false;
  quota.entries++;
  return true;
}

/** Whether `node` is `ancestor` or lies below it. */
function isInside(node: FileNode, ancestor: FileNode): boolean {
  for (let at: FileNode | undefined = node; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

function reserve(node: FileNode, size: number): void {
  if (node.data.length >= size) return;
  const grown = new Uint8Array(Math.max(size, node.data.length * 2, FILE_BUFFER_BYTES_MIN));
  grown.set(node.data);
  node.data = grown;
}
