/**
 * The in-memory machine: a complete {@link Host} without a machine (call path steps 8 and 9, for tests and `forge test`).
 *
 * It holds to the same contract as `native.ts`, and `test/kernel/host/host-contract.ts` runs against both. It is single
 * threaded: a call that would block with nobody left to wake it returns -EDEADLK instead.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import { ERRNO } from './errno.ts';
import { CLOCK, FILE_TYPE, type Grant, type GrantAction, type Handle, type Host, HostError, OPEN, type OutboundRule, type Owner, type Quota, RIGHT, type Rights } from './host.ts';
import { Capture, LogFile, LogWriter, Pipe } from './memory/byte-streams.ts';
import { type FileNode, FileTree, type OpenFile, type QuotaAccount } from './memory/file-tree.ts';
import { type Entry, type HandleObject, HandleTable } from './memory/handle-table.ts';
import { OutboundList } from './memory/outbound-list.ts';

export interface MemoryHostOptions {
  /** Replaces both clocks by one that starts here (nanoseconds since the epoch) and moves only by `advanceClock` and by waiting. */
  readonly fakeClockNs?: bigint;
  /** Capacity of a pipe; 64 KiB as on Linux when absent. */
  readonly pipeBytesMax?: number;
  /** Largest file; 1 GiB when absent. */
  readonly fileBytesMax?: number;
}

/** A {@link Host} with what tests need to set it up and look into it. */
export interface MemoryHost extends Host {
  readonly kind: 'memory';
  /** Makes a directory and its parents; the path is absolute. */
  seedDirectory(path: string): void;
  /** Makes a file and its parents. */
  seedFile(path: string, content: Uint8Array | string): void;
  /** Makes a symbolic link, absolute targets included, as someone outside the sandbox could. */
  seedSymlink(path: string, target: string): void;
  /** Makes a node that must never be opened. */
  seedSpecial(path: string, type: 'fifo' | 'socket' | 'characterDevice' | 'blockDevice'): void;
  /** Content of a file, or undefined when there is none. */
  readFile(path: string): Uint8Array | undefined;
  /** Names in a directory, or undefined when there is none. */
  listDirectory(path: string): string[] | undefined;
  feedStdin(bytes: Uint8Array | string): void;
  endStdin(): void;
  readonly stdout: Capture;
  readonly stderr: Capture;
  /** Moves the fake clock. @throws when the clock is the real one. */
  advanceClock(ns: bigint): void;
}

const ACTIONS: readonly GrantAction[] = ['dir.open', 'dir.scratch', 'log.open', 'stdio.inherit', 'pipe.create', 'outbound.define'];
const ALL_RIGHTS = RIGHT.read | RIGHT.write | RIGHT.mutate;
const PIPE_BYTES_MAX = 64 * 1024;
const FILE_BYTES_MAX = 1024 ** 3;
const RANDOM_SLICE_BYTES = 64 * 1024;
const NANOS_PER_MILLI = 1_000_000n;
/** `atomics.wait` takes milliseconds as a signed 32-bit number in practice. */
const SLEEP_MS_MAX = 2 ** 31 - 1;

export function openMemoryHost(options: MemoryHostOptions = {}): MemoryHost {
  return new InMemoryHost(options);
}

class InMemoryHost implements MemoryHost {
  readonly kind = 'memory';
  readonly stdout = new Capture();
  readonly stderr = new Capture();
  readonly #stdin: Pipe;
  readonly #handles: HandleTable;
  readonly #files: FileTree;
  readonly #logs = new Map<string, LogFile>();
  readonly #pipeBytesMax: number;
  #mintKey: string | undefined;
  #fakeNowNs: bigint | undefined;

  constructor(options: MemoryHostOptions) {
    this.#fakeNowNs = options.fakeClockNs;
    this.#pipeBytesMax = options.pipeBytesMax ?? PIPE_BYTES_MAX;
    this.#stdin = new Pipe(Number.POSITIVE_INFINITY);
    // The test holds both ends: closing a guest's handle closes nothing for the next one.
    this.#stdin.reader.retain();
    this.#stdin.writer.retain();
    this.#handles = new HandleTable(() => Number(this.clockNow(CLOCK.realtime) / NANOS_PER_MILLI), releaseObject);
    this.#files = new FileTree(() => this.clockNow(CLOCK.realtime), options.fileBytesMax ?? FILE_BYTES_MAX);
  }

  // --- principals and grants ------------------------------------------------------------------------------------

  ownerCreate(name: string): Owner {
    return this.#handles.ownerCreate(name);
  }

  ownerDrop(owner: Owner): void {
    this.#handles.ownerDrop(owner);
  }

  ownerRelease(owner: Owner): void {
    this.#handles.ownerRelease(owner);
  }

  ownerCancel(owner: Owner): void {
    this.#handles.ownerCancel(owner);
  }

  takeMintKey(): string {
    if (this.#mintKey !== undefined) throw new HostError('denied', 'the mint key was taken already');
    this.#mintKey = randomBytes(32).toString('hex');
    return this.#mintKey;
  }

  grantMint(mintKey: string, owner: Owner, grant: Grant): Handle {
    if (this.#mintKey === undefined || mintKey !== this.#mintKey) throw new HostError('denied', 'wrong mint key');
    if (!ACTIONS.includes(grant.action)) throw new HostError('invalid', `unknown action: ${String(grant.action)}`);
    if ((grant.rights & ~ALL_RIGHTS) !== 0) throw new HostError('invalid', `unknown rights: ${grant.rights}`);
    const namesPath = grant.action === 'dir.open' || grant.action === 'log.open';
    if (namesPath && !grant.resource.startsWith('/')) throw new HostError('invalid', `not an absolute path: ${grant.resource}`);
    if (!this.#handles.isKnown(owner)) throw new HostError('not-found', `no such owner: ${owner}`);
    return this.#handles.add(owner, { kind: 'grant', grant: { ...grant } }, grant.rights, undefined, grant.expiresMs).handle;
  }

  derive(owner: Owner, parent: Handle, newOwner: Owner, rights: Rights): Handle {
    const entry = this.#handles.require(owner, parent);
    if ((rights & ~entry.rights) !== 0) throw new HostError('denied', 'a derived handle has no more rights than its parent');
    if (!this.#handles.isKnown(newOwner)) throw new HostError('not-found', `no such owner: ${newOwner}`);
    return this.#handles.add(newOwner, retainObject(entry.object), rights, entry).handle;
  }

  rightsOf(owner: Owner, handle: Handle): Rights {
    return this.#handles.find(owner, handle)?.rights ?? 0;
  }

  revoke(owner: Owner, handle: Handle): number {
    return this.#handles.revoke(this.#handles.require(owner, handle));
  }

  handleCount(): number {
    return this.#handles.size;
  }

  #grant(owner: Owner, handle: Handle, action: GrantAction): Entry & { readonly object: { readonly kind: 'grant'; readonly grant: Grant } } {
    const entry = this.#handles.require(owner, handle);
    if (entry.object.kind !== 'grant' || entry.object.grant.action !== action) throw new HostError('denied', `not a grant for ${action}`);
    return entry as Entry & { readonly object: { readonly kind: 'grant'; readonly grant: Grant } };
  }

  // --- directories --------------------------------------------------------------------------------------------------

  dirOpen(owner: Owner, grant: Handle, quota: Quota | undefined): Handle {
    const entry = this.#grant(owner, grant, 'dir.open');
    const node = this.#files.lookupAbsolute(entry.object.grant.resource);
    if (typeof node === 'number') throw refusalOf(node, entry.object.grant.resource);
    if (node.type !== FILE_TYPE.directory) throw new HostError('invalid', `not a directory: ${entry.object.grant.resource}`);
    const account = quota ? this.#files.account(node, quota) : undefined;
    return this.#handles.add(owner, { kind: 'directory', node, quota: account }, entry.rights, entry).handle;
  }

  dirCreate(owner: Owner, grant: Handle): void {
    const entry = this.#grant(owner, grant, 'dir.open');
    requireMutate(entry);
    const result = this.#files.createDirectory(this.#files.root, relativeOf(entry.object.grant.resource), undefined);
    if (result < 0) throw refusalOf(result, entry.object.grant.resource);
  }

  dirRemove(owner: Owner, grant: Handle): void {
    const entry = this.#grant(owner, grant, 'dir.open');
    requireMutate(entry);
    const path = entry.object.grant.resource;
    const node = this.#files.lookupAbsolute(path);
    if (typeof node === 'number') throw refusalOf(node, path);
    if (node.type !== FILE_TYPE.directory) throw new HostError('invalid', `not a directory: ${path}`);
    node.entries.clear();
    const result = this.#files.removeDirectory(this.#files.root, relativeOf(path), undefined);
    if (result < 0) throw refusalOf(result, path);
  }

  scratchOpen(owner: Owner, grant: Handle, _memory: boolean, quota: Quota): Handle {
    const entry = this.#grant(owner, grant, 'dir.scratch');
    const node = this.#files.newNode(FILE_TYPE.directory);
    const object: HandleObject = { kind: 'directory', node, quota: this.#files.account(node, quota) };
    return this.#handles.add(owner, object, entry.rights, entry).handle;
  }

  usage(owner: Owner, dir: Handle) {
    const { object } = this.#handles.require(owner, dir);
    if (object.kind !== 'directory') throw new HostError('invalid', 'not a directory handle');
    return object.quota ? { bytes: object.quota.bytes, entries: object.quota.entries } : this.#files.measure(object.node);
  }

  // --- files ------------------------------------------------------------------------------------------------------------

  openAt(owner: Owner, dir: Handle, path: string, flags: number): Handle | number {
    const base = this.#directory(owner, dir, 0);
    if (typeof base === 'number') return base;
    let needed: Rights = 0;
    if ((flags & OPEN.create) !== 0) needed |= RIGHT.mutate;
    if ((flags & (OPEN.write | OPEN.truncate)) !== 0) needed |= RIGHT.write;
    if ((flags & OPEN.read) !== 0) needed |= RIGHT.read;
    if ((base.entry.rights & needed) !== needed) return -ERRNO.EPERM;
    const opened = this.#files.open(base.node, path, flags, base.quota);
    if (typeof opened === 'number') return opened;
    const object: HandleObject = 'canRead' in opened ? { kind: 'file', file: opened } : { kind: 'directory', node: opened, quota: base.quota };
    return this.#handles.add(owner, object, base.entry.rights, base.entry).handle;
  }

  close(owner: Owner, handle: Handle): number {
    const entry = this.#handles.find(owner, handle);
    if (!entry) return -ERRNO.EBADF;
    this.#handles.close(entry);
    return 0;
  }

  pread(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number, offset: number): number {
    const open = this.#file(owner, file);
    if (typeof open === 'number') return open;
    if (!open.canRead) return -ERRNO.EBADF;
    if (!inRange(mem, ptr, len)) return -ERRNO.EFAULT;
    if (!isOffset(offset)) return -ERRNO.EINVAL;
    return this.#files.read(open.node, mem.subarray(ptr, ptr + len), offset);
  }

  pwrite(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number, offset: number): number {
    const open = this.#file(owner, file);
    if (typeof open === 'number') return open;
    if (!open.canWrite) return -ERRNO.EBADF;
    if (!inRange(mem, ptr, len)) return -ERRNO.EFAULT;
    if (!isOffset(offset)) return -ERRNO.EINVAL;
    return this.#files.write(open, mem.subarray(ptr, ptr + len), offset);
  }

  append(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number): number {
    const open = this.#file(owner, file);
    if (typeof open === 'number') return open;
    return this.pwrite(owner, file, mem, ptr, len, open.node.size);
  }

  fstat(owner: Owner, handle: Handle, out: BigInt64Array): number {
    const node = this.#node(owner, handle);
    return typeof node === 'number' ? node : this.#files.stat(node, out);
  }

  statAt(owner: Owner, dir: Handle, path: string, follow: boolean, out: BigInt64Array): number {
    const base = this.#directory(owner, dir, RIGHT.read);
    if (typeof base === 'number') return base;
    const node = this.#files.lookup(base.node, path, follow);
    return typeof node === 'number' ? node : this.#files.stat(node, out);
  }

  setSize(owner: Owner, file: Handle, size: number): number {
    const open = this.#file(owner, file);
    if (typeof open === 'number') return open;
    if (!open.canWrite) return -ERRNO.EINVAL;
    return this.#files.resize(open.node, size, open.quota);
  }

  setTimes(owner: Owner, handle: Handle, access: Parameters<Host['setTimes']>[2], modify: Parameters<Host['setTimes']>[3]): number {
    const node = this.#node(owner, handle);
    if (typeof node === 'number') return node;
    const entry = this.#handles.find(owner, handle);
    if (!entry || (entry.rights & RIGHT.write) === 0) return -ERRNO.EPERM;
    return this.#files.setTimes(node, access, modify);
  }

  setTimesAt(owner: Owner, dir: Handle, path: string, follow: boolean, access: Parameters<Host['setTimes']>[2], modify: Parameters<Host['setTimes']>[3]): number {
    const base = this.#directory(owner, dir, RIGHT.write);
    if (typeof base === 'number') return base;
    const node = this.#files.lookup(base.node, path, follow);
    return typeof node === 'number' ? node : this.#files.setTimes(node, access, modify);
  }

  sync(owner: Owner, handle: Handle, _dataOnly: boolean): number {
    const node = this.#node(owner, handle);
    return typeof node === 'number' ? node : 0;
  }

  advise(owner: Owner, file: Handle, _offset: number, _length: number, _advice: number): number {
    const open = this.#file(owner, file);
    return typeof open === 'number' ? open : 0;
  }

  createDirectoryAt(owner: Owner, dir: Handle, path: string): number {
    const base = this.#directory(owner, dir, RIGHT.mutate);
    return typeof base === 'number' ? base : this.#files.createDirectory(base.node, path, base.quota);
  }

  removeDirectoryAt(owner: Owner, dir: Handle, path: string): number {
    const base = this.#directory(owner, dir, RIGHT.mutate);
    return typeof base === 'number' ? base : this.#files.removeDirectory(base.node, path, base.quota);
  }

  unlinkFileAt(owner: Owner, dir: Handle, path: string): number {
    const base = this.#directory(owner, dir, RIGHT.mutate);
    return typeof base === 'number' ? base : this.#files.unlink(base.node, path, base.quota);
  }

  renameAt(owner: Owner, fromDir: Handle, from: string, toDir: Handle, to: string): number {
    const pair = this.#pair(owner, fromDir, toDir);
    return typeof pair === 'number' ? pair : this.#files.rename(pair.from.node, from, pair.to.node, to, pair.to.quota);
  }

  linkAt(owner: Owner, fromDir: Handle, from: string, follow: boolean, toDir: Handle, to: string): number {
    const pair = this.#pair(owner, fromDir, toDir);
    return typeof pair === 'number' ? pair : this.#files.link(pair.from.node, from, follow, pair.to.node, to, pair.to.quota);
  }

  symlinkAt(owner: Owner, dir: Handle, target: string, path: string): number {
    const base = this.#directory(owner, dir, RIGHT.mutate);
    return typeof base === 'number' ? base : this.#files.symlink(base.node, target, path, base.quota);
  }

  readlinkAt(owner: Owner, dir: Handle, path: string): string | number {
    const base = this.#directory(owner, dir, RIGHT.read);
    return typeof base === 'number' ? base : this.#files.readlink(base.node, path);
  }

  readDir(owner: Owner, dir: Handle): Handle | number {
    const base = this.#directory(owner, dir, RIGHT.read);
    if (typeof base === 'number') return base;
    const entries = [...base.node.entries].map(([name, node]) => ({ type: node.type, name }));
    return this.#handles.add(owner, { kind: 'listing', entries, next: 0 }, base.entry.rights, base.entry).handle;
  }

  readDirNext(owner: Owner, stream: Handle): { readonly type: number; readonly name: string } | undefined | number {
    const object = this.#handles.find(owner, stream)?.object;
    if (object?.kind !== 'listing') return -ERRNO.EBADF;
    return object.entries[object.next++];
  }

  // --- byte streams -------------------------------------------------------------------------------------------------------

  stdioOpen(owner: Owner, grant: Handle): Handle {
    const entry = this.#grant(owner, grant, 'stdio.inherit');
    switch (entry.object.grant.resource) {
      case '0':
        return this.#handles.add(owner, retainObject({ kind: 'reader', stream: this.#stdin.reader }), RIGHT.read, entry).handle;
      case '1':
        return this.#handles.add(owner, retainObject({ kind: 'writer', stream: this.stdout }), RIGHT.write, entry).handle;
      case '2':
        return this.#handles.add(owner, retainObject({ kind: 'writer', stream: this.stderr }), RIGHT.write, entry).handle;
      default:
        throw new HostError('invalid', `no such standard stream: ${entry.object.grant.resource}`);
    }
  }

  pipeCreate(owner: Owner, grant: Handle): [Handle, Handle] {
    const entry = this.#grant(owner, grant, 'pipe.create');
    const pipe = new Pipe(this.#pipeBytesMax);
    return [
      this.#handles.add(owner, retainObject({ kind: 'reader', stream: pipe.reader }), RIGHT.read, entry).handle,
      this.#handles.add(owner, retainObject({ kind: 'writer', stream: pipe.writer }), RIGHT.write, entry).handle,
    ];
  }

  streamRead(owner: Owner, stream: Handle, mem: Uint8Array, ptr: number, len: number): number {
    const object = this.#handles.find(owner, stream)?.object;
    if (object?.kind !== 'reader') return -ERRNO.EBADF;
    if (this.#handles.isCancelled(owner)) return -ERRNO.ECANCELED;
    if (!inRange(mem, ptr, len)) return -ERRNO.EFAULT;
    return object.stream.read(mem.subarray(ptr, ptr + len));
  }

  streamWrite(owner: Owner, stream: Handle, mem: Uint8Array, ptr: number, len: number): number {
    const object = this.#handles.find(owner, stream)?.object;
    if (object?.kind !== 'writer') return -ERRNO.EBADF;
    if (this.#handles.isCancelled(owner)) return -ERRNO.ECANCELED;
    if (!inRange(mem, ptr, len)) return -ERRNO.EFAULT;
    return object.stream.write(mem.subarray(ptr, ptr + len));
  }

  isTerminal(owner: Owner, stream: Handle): number {
    return this.#handles.find(owner, stream) ? 0 : -ERRNO.EBADF;
  }

  poll(owner: Owner, streams: Float64Array, ready: Uint8Array, timeoutNs: number): number {
    if (this.#handles.isCancelled(owner)) return -ERRNO.ECANCELED;
    if (ready.length < streams.length) return -ERRNO.EINVAL;
    let count = 0;
    for (let i = 0; i < streams.length; i++) {
      const object = this.#handles.find(owner, streams[i] as number)?.object;
      const isReady = object === undefined || (object.kind !== 'reader' && object.kind !== 'writer') || object.stream.isReady;
      ready[i] = isReady ? 1 : 0;
      if (isReady) count++;
    }
    if (count > 0 || timeoutNs === 0) return count;
    if (timeoutNs < 0) return -ERRNO.EDEADLK;
    this.#sleep(timeoutNs);
    return 0;
  }

  #sleep(ns: number): void {
    if (this.#fakeNowNs !== undefined) {
      this.#fakeNowNs += BigInt(Math.ceil(ns));
      return;
    }
    const ms = Math.min(ns / Number(NANOS_PER_MILLI), SLEEP_MS_MAX);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
  }

  // --- logs ---------------------------------------------------------------------------------------------------------------

  logWriter(owner: Owner, grant: Handle, stream: number, bytesMax: number): Handle {
    const entry = this.#grant(owner, grant, 'log.open');
    if ((entry.rights & RIGHT.write) === 0) throw new HostError('denied', 'the grant does not allow to write the log');
    const path = entry.object.grant.resource;
    let log = this.#logs.get(path);
    if (!log) {
      log = new LogFile();
      this.#logs.set(path, log);
    }
    const writer = new LogWriter(log, stream, bytesMax, () => this.clockNow(CLOCK.realtime));
    return this.#handles.add(owner, { kind: 'writer', stream: writer }, RIGHT.write, entry).handle;
  }

  logRead(owner: Owner, grant: Handle, offset: number, bytesMax: number) {
    const entry = this.#grant(owner, grant, 'log.open');
    if ((entry.rights & RIGHT.read) === 0) throw new HostError('denied', 'the grant does not allow to read the log');
    const log = this.#logs.get(entry.object.grant.resource);
    if (!log) throw new HostError('not-found', `no such log: ${entry.object.grant.resource}`);
    return log.read(offset, bytesMax);
  }

  // --- network policy -----------------------------------------------------------------------------------------------------

  outboundDefine(owner: Owner, grant: Handle, rules: readonly OutboundRule[]): Handle {
    const entry = this.#grant(owner, grant, 'outbound.define');
    for (const rule of rules) {
      const fault = OutboundList.fault(rule);
      if (fault !== undefined) throw new HostError('invalid', fault);
    }
    return this.#handles.add(owner, { kind: 'outbound', list: new OutboundList(rules) }, entry.rights, entry).handle;
  }

  outboundCheck(owner: Owner, outbound: Handle, name: string, address: string, port: number, protocol: 'tcp' | 'udp'): number {
    const object = this.#handles.find(owner, outbound)?.object;
    if (object?.kind !== 'outbound') return -ERRNO.EBADF;
    return object.list.allows(name, address, port, protocol) ? 1 : -ERRNO.EACCES;
  }

  // --- clocks, randomness ---------------------------------------------------------------------------------------------------

  clockNow(clock: number): bigint {
    if (this.#fakeNowNs !== undefined) return this.#fakeNowNs;
    return clock === CLOCK.realtime ? BigInt(Date.now()) * NANOS_PER_MILLI : process.hrtime.bigint();
  }

  randomFill(mem: Uint8Array, ptr: number, len: number): number {
    if (!inRange(mem, ptr, len)) return -ERRNO.EFAULT;
    for (let at = 0; at < len; at += RANDOM_SLICE_BYTES) randomFillSync(mem, ptr + at, Math.min(RANDOM_SLICE_BYTES, len - at));
    return len;
  }

  // --- what tests use -------------------------------------------------------------------------------------------------------

  seedDirectory(path: string): void {
    this.#makeParents(`${path}/.`);
  }

  seedFile(path: string, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const { parent, name } = this.#makeParents(path);
    const node = this.#files.newNode(FILE_TYPE.regularFile);
    node.data = Uint8Array.from(bytes);
    node.size = bytes.length;
    parent.entries.set(name, node);
  }

  seedSymlink(path: string, target: string): void {
    const { parent, name } = this.#makeParents(path);
    parent.entries.set(name, this.#files.newNode(FILE_TYPE.symbolicLink, target));
  }

  seedSpecial(path: string, type: 'fifo' | 'socket' | 'characterDevice' | 'blockDevice'): void {
    const { parent, name } = this.#makeParents(path);
    parent.entries.set(name, this.#files.newNode(FILE_TYPE[type]));
  }

  readFile(path: string): Uint8Array | undefined {
    const node = this.#files.lookupAbsolute(path);
    if (typeof node === 'number' || node.type !== FILE_TYPE.regularFile) return undefined;
    const out = new Uint8Array(node.size);
    this.#files.read(node, out, 0);
    return out;
  }

  listDirectory(path: string): string[] | undefined {
    const node = this.#files.lookupAbsolute(path);
    return typeof node === 'number' || node.type !== FILE_TYPE.directory ? undefined : [...node.entries.keys()];
  }

  feedStdin(bytes: Uint8Array | string): void {
    this.#stdin.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  endStdin(): void {
    this.#stdin.writer.release();
  }

  advanceClock(ns: bigint): void {
    if (this.#fakeNowNs === undefined) throw new TypeError('the clock is the real one; open the host with fakeClockNs');
    this.#fakeNowNs += ns;
  }

  #makeParents(path: string): { parent: FileNode; name: string } {
    const parts = path.split('/').filter((part) => part !== '');
    const name = parts.pop() ?? '';
    let parent = this.#files.root;
    for (const part of parts) {
      let next = parent.entries.get(part);
      if (!next) {
        next = this.#files.newNode(FILE_TYPE.directory);
        next.parent = parent;
        parent.links++;
        parent.entries.set(part, next);
      }
      parent = next;
    }
    return { parent, name };
  }

  // --- looking handles up ----------------------------------------------------------------------------------------------------

  #directory(owner: Owner, handle: Handle, needed: Rights): { entry: Entry; node: FileNode; quota: QuotaAccount | undefined } | number {
    const entry = this.#handles.find(owner, handle);
    if (!entry) return -ERRNO.EBADF;
    if (entry.object.kind === 'file') return -ERRNO.ENOTDIR;
    if (entry.object.kind !== 'directory') return -ERRNO.EBADF;
    if ((entry.rights & needed) !== needed) return -ERRNO.EPERM;
    return { entry, node: entry.object.node, quota: entry.object.quota };
  }

  /** An open file whose handle still has the right it was opened with; a derived handle may have lost it. */
  #file(owner: Owner, handle: Handle): OpenFile | number {
    const entry = this.#handles.find(owner, handle);
    if (!entry) return -ERRNO.EBADF;
    if (entry.object.kind === 'directory') return -ERRNO.EISDIR;
    if (entry.object.kind !== 'file') return -ERRNO.EBADF;
    const { file } = entry.object;
    const mayRead = (entry.rights & RIGHT.read) !== 0;
    const mayWrite = (entry.rights & RIGHT.write) !== 0;
    if ((file.canRead && !mayRead) || (file.canWrite && !mayWrite)) {
      return { ...file, canRead: file.canRead && mayRead, canWrite: file.canWrite && mayWrite };
    }
    return file;
  }

  #node(owner: Owner, handle: Handle): FileNode | number {
    const object = this.#handles.find(owner, handle)?.object;
    if (object?.kind === 'directory') return object.node;
    return object?.kind === 'file' ? object.file.node : -ERRNO.EBADF;
  }

  #pair(owner: Owner, fromDir: Handle, toDir: Handle) {
    const from = this.#directory(owner, fromDir, RIGHT.mutate);
    if (typeof from === 'number') return from;
    const to = this.#directory(owner, toDir, RIGHT.mutate);
    if (typeof to === 'number') return to;
    return from.entry.root === to.entry.root ? { from, to } : -ERRNO.EXDEV;
  }
}

const inRange = (mem: Uint8Array, ptr: number, len: number): boolean => Number.isInteger(ptr) && Number.isInteger(len) && ptr >= 0 && len >= 0 && ptr + len <= mem.length;

const isOffset = (offset: number): boolean => Number.isSafeInteger(offset) && offset >= 0;

const relativeOf = (path: string): string => path.replace(/^\/+/, '') || '.';

function requireMutate(entry: Entry): void {
  if ((entry.rights & RIGHT.mutate) === 0) throw new HostError('denied', 'the grant does not have the right mutate');
}

/** The control plane's error for an errno. */
function refusalOf(result: number, path: string): HostError {
  switch (-result) {
    case ERRNO.ENOENT:
      return new HostError('not-found', `no such file or directory: ${path}`);
    case ERRNO.EEXIST:
      return new HostError('conflict', `exists already: ${path}`);
    case ERRNO.EPERM:
    case ERRNO.EACCES:
      return new HostError('denied', `not permitted: ${path}`);
    case ERRNO.ENOTDIR:
    case ERRNO.ELOOP:
    case ERRNO.EINVAL:
    case ERRNO.ENAMETOOLONG:
      return new HostError('invalid', `not a directory path: ${path}`);
    default:
      return new HostError('other', `errno ${-result}: ${path}`);
  }
}

/** The object for one more handle. */
function retainObject(object: HandleObject): HandleObject {
  if (object.kind === 'reader' || object.kind === 'writer') object.stream.retain();
  return object;
}

function releaseObject(object: HandleObject): void {
  if (object.kind === 'reader' || object.kind === 'writer') object.stream.release();
}
