/**
 * The seam to the machine (call path step 8): everything the platform can do to it, as one interface.
 *
 * Two implementations exist: `native.ts` over the Rust addon, and `memory.ts`, a complete in-memory machine for
 * tests. Only the gate and the kernel's data plane (WASI host, workload supervision) hold a `Host`.
 *
 * Three rules hold for both implementations:
 *
 * - *Control plane* methods throw {@link HostError}; its `code` is one of the ten cases of the error table.
 * - *Data plane* methods (marked so) never throw for what a guest did. They return a number: zero or more on success,
 *   `-errno` on failure, with Linux errno values (`man 3 errno`).
 * - Every object is named by a {@link Handle}: a slot and a random generation. Each use names the {@link Owner} too,
 *   and is refused (`-EBADF`, or code `denied`) when the handle is unknown, stale, revoked, or owned by another.
 */
import type { ErrorCode } from '../errors.ts';

/** Names one native object: slot and random generation packed in an integer from 1 to 2^53 - 1. Worth nothing to anyone but its owner. */
export type Handle = number;

/** Names one principal instance (a plugin generation, a workload): a random integer from 1 to 2^53 - 1. */
export type Owner = number;

/** Rights on a directory tree and all that is opened through it. A bit set; a derived handle has a subset. */
export const RIGHT = {
  /** Open and read files, list directories, stat. */
  read: 1,
  /** Write, truncate and append to files, set times on files. */
  write: 2,
  /** Create, remove, rename and link entries. */
  mutate: 4,
} as const;
export type Rights = number;

/** What a decision of the security plugin allows, as the gate presents it to the machine. */
export interface Grant {
  /** Call id of the decision, for the audit line. */
  readonly callId: string;
  /** The operation, for example `dir.open`, `log.open`, `stdio.inherit`, `outbound.define`. Closed set: {@link GrantAction}. */
  readonly action: GrantAction;
  /** Canonical name of the resource: an absolute path for `dir.open` and `log.open`, `0`/`1`/`2` for `stdio.inherit`, the base directory for `dir.scratch`, empty for others. */
  readonly resource: string;
  readonly rights: Rights;
  /** Unix time in milliseconds after which the grant and all made from it are dead; 0 for no end. */
  readonly expiresMs: number;
}

export type GrantAction = 'dir.open' | 'dir.scratch' | 'log.open' | 'stdio.inherit' | 'pipe.create' | 'outbound.define';

/** Limits on a directory tree, counted once for all handles derived from it. 0 means no limit. */
export interface Quota {
  readonly bytesMax: number;
  readonly entriesMax: number;
}

export interface Usage {
  /** Sum of file sizes in bytes. */
  readonly bytes: number;
  /** Files, directories and links below the root. */
  readonly entries: number;
}

/** What `statAt` and `fstat` write into their `out` array, one BigInt64 each, in this order. */
export const STAT = {
  /** A {@link FILE_TYPE}. */
  type: 0,
  links: 1,
  size: 2,
  accessSeconds: 3,
  accessNanos: 4,
  modifySeconds: 5,
  modifyNanos: 6,
  changeSeconds: 7,
  changeNanos: 8,
  device: 9,
  inode: 10,
  /** Length of the array. */
  length: 11,
} as const;

/** File types, in the order of `wasi:filesystem/types.descriptor-type`. */
export const FILE_TYPE = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  fifo: 4,
  symbolicLink: 5,
  regularFile: 6,
  socket: 7,
} as const;

/** Flags of {@link Host.openAt}. */
export const OPEN = {
  create: 1,
  directory: 2,
  exclusive: 4,
  truncate: 8,
  /** Follow a symbolic link in the last component. Links in others are always resolved beneath the root. */
  follow: 16,
  read: 32,
  write: 64,
} as const;

export const CLOCK = { realtime: 0, monotonic: 1 } as const;

/** Seconds and nanoseconds to set, or `now`, or leave as it is. */
export type NewTime = { readonly seconds: bigint; readonly nanos: number } | 'now' | 'keep';

export const LOG_STREAM = { stdout: 1, stderr: 2, system: 3 } as const;

/** One record of a workload log. The file holds, per record: stream (u8), time (u64 LE, ns since the epoch), length (u32 LE), bytes. */
export interface LogRecord {
  readonly stream: number;
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
}

export class HostError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'HostError';
    this.code = code;
  }
}

/** What may be reached outside, judged on the canonical address at connect. */
export interface OutboundRule {
  /** Host name in lower case, `*.suffix`, an IP address, or a CIDR block. */
  readonly host: string;
  readonly portFirst: number;
  readonly portLast: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface Host {
  readonly kind: 'native' | 'memory';

  // --- principals and grants: control plane -------------------------------------------------------------------

  /** Registers a principal instance. `name` is for diagnostics and the audit only. */
  ownerCreate(name: string): Owner;
  /** Revokes all that the owner holds, wakes what it blocks in (with -ECANCELED), and forgets it. Unknown owners are ignored. */
  ownerDrop(owner: Owner): void;
  /**
   * Closes all that the owner holds and forgets it, as when a plugin failed: what others were given from it lives on
   * and moves up to its parent. Unknown owners are ignored.
   */
  ownerRelease(owner: Owner): void;
  /** Wakes every blocking call of the owner with -ECANCELED; all later ones return that at once. Safe from any thread. */
  ownerCancel(owner: Owner): void;

  /**
   * Mints the grant for one decision. `mintKey` is the secret that {@link Host.takeMintKey} gave to the gate.
   * @throws denied: wrong key. invalid: unknown action, relative path. not-found: unknown owner.
   */
  grantMint(mintKey: string, owner: Owner, grant: Grant): Handle;
  /** The key that mints, once per process; later calls throw `denied`. */
  takeMintKey(): string;
  /**
   * A handle for `newOwner` on the same object with a subset of the rights; it dies with its parent.
   * @throws denied: rights not a subset, or foreign handle.
   */
  derive(owner: Owner, parent: Handle, newOwner: Owner, rights: Rights): Handle;
  /** Rights of a handle; 0 when it is unknown, dead or another's. */
  rightsOf(owner: Owner, handle: Handle): Rights;
  /** Revokes a handle or grant with its whole subtree; open files in it answer -EBADF from then on. Returns how many died. */
  revoke(owner: Owner, handle: Handle): number;
  /** How many handles (grants included) are alive in the whole table; tests use it to find leaks. */
  handleCount(): number;

  // --- directories: control plane -----------------------------------------------------------------------------

  /**
   * Opens the directory that a `dir.open` grant names. The quota counts what is there already (a walk) and from then
   * on every write through handles derived from it; two opens of the same directory share one count.
   * @throws not-found, invalid (not a directory), denied (permissions, wrong grant), limit.
   */
  dirOpen(owner: Owner, grant: Handle, quota: Quota | undefined): Handle;
  /** Creates the directory named by a `dir.open` grant that has `mutate` (parents must exist, mode 0700). @throws conflict when it exists. */
  dirCreate(owner: Owner, grant: Handle): void;
  /** Removes the directory named by a `dir.open` grant that has `mutate`, with all it holds; never follows links, never crosses a mount. */
  dirRemove(owner: Owner, grant: Handle): void;
  /** A fresh empty directory that vanishes with its last handle and after a crash; `memory` puts it on a RAM file system. Grant action `dir.scratch`. */
  scratchOpen(owner: Owner, grant: Handle, memory: boolean, quota: Quota): Handle;
  usage(owner: Owner, dir: Handle): Usage;

  // --- files: data plane --------------------------------------------------------------------------------------
  // Paths are relative, beneath `dir`; `..` and links are resolved by the kernel and may not leave it (openat2
  // RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS): -EPERM for an escape, -EINVAL for NUL, -ENAMETOOLONG, -ENOENT for empty.
  // Devices, FIFOs and sockets are never opened: -EPERM. Buffers are `mem` from `ptr` for `len` bytes;
  // a range outside `mem` is -EFAULT.

  openAt(owner: Owner, dir: Handle, path: string, flags: number): Handle | number;
  close(owner: Owner, handle: Handle): number;
  pread(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number, offset: number): number;
  /** -EDQUOT when the quota is full; a write that fits partly writes that part. */
  pwrite(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number, offset: number): number;
  append(owner: Owner, file: Handle, mem: Uint8Array, ptr: number, len: number): number;
  fstat(owner: Owner, handle: Handle, out: BigInt64Array): number;
  statAt(owner: Owner, dir: Handle, path: string, follow: boolean, out: BigInt64Array): number;
  setSize(owner: Owner, file: Handle, size: number): number;
  setTimes(owner: Owner, handle: Handle, access: NewTime, modify: NewTime): number;
  setTimesAt(owner: Owner, dir: Handle, path: string, follow: boolean, access: NewTime, modify: NewTime): number;
  sync(owner: Owner, handle: Handle, dataOnly: boolean): number;
  /** `advice` in the order of `wasi:filesystem/types.advice`. */
  advise(owner: Owner, file: Handle, offset: number, length: number, advice: number): number;
  createDirectoryAt(owner: Owner, dir: Handle, path: string): number;
  removeDirectoryAt(owner: Owner, dir: Handle, path: string): number;
  unlinkFileAt(owner: Owner, dir: Handle, path: string): number;
  /** Both directories need `mutate`; across two grants it is -EXDEV. */
  renameAt(owner: Owner, fromDir: Handle, from: string, toDir: Handle, to: string): number;
  linkAt(owner: Owner, fromDir: Handle, from: string, follow: boolean, toDir: Handle, to: string): number;
  /** An absolute target is -EPERM. */
  symlinkAt(owner: Owner, dir: Handle, target: string, path: string): number;
  readlinkAt(owner: Owner, dir: Handle, path: string): string | number;
  /** A stream of the entries without `.` and `..`; read it with {@link readDirNext}, end it with `close`. */
  readDir(owner: Owner, dir: Handle): Handle | number;
  /** Next entry, `undefined` at the end, -errno on failure. Names that are not UTF-8 are skipped. */
  readDirNext(owner: Owner, stream: Handle): { readonly type: number; readonly name: string } | undefined | number;

  // --- byte streams: data plane -------------------------------------------------------------------------------

  /** Standard stream of this process that a `stdio.inherit` grant names. Control plane. */
  stdioOpen(owner: Owner, grant: Handle): Handle;
  /** A pipe, `[reader, writer]`, both owned by `owner`. Grant action `pipe.create`. Control plane. */
  pipeCreate(owner: Owner, grant: Handle): [Handle, Handle];
  /** Blocks until at least one byte, end (0) or failure. */
  streamRead(owner: Owner, stream: Handle, mem: Uint8Array, ptr: number, len: number): number;
  /** Writes all of it, blocking; -EPIPE when the reader is gone (no signal is raised). */
  streamWrite(owner: Owner, stream: Handle, mem: Uint8Array, ptr: number, len: number): number;
  /** 1 when the stream is a terminal, else 0. */
  isTerminal(owner: Owner, stream: Handle): number;
  /**
   * Waits until one of the streams is ready or the time is over. `ready[i]` is set to 1 when stream i can be
   * read (or written, for writers), has ended or failed. Files and log writers are always ready. `timeoutNs` < 0 waits without end.
   * Returns how many are ready; -ECANCELED after ownerCancel. Also the platform's sleep: no streams, a timeout.
   */
  poll(owner: Owner, streams: Float64Array, ready: Uint8Array, timeoutNs: number): number;

  // --- logs ---------------------------------------------------------------------------------------------------

  /**
   * Opens the log file that a `log.open` grant names for appending (created with mode 0600), as a byte stream: each
   * write is one record tagged with `stream`. At `bytesMax` the file becomes `<path>.1` and a new one begins. Control plane.
   */
  logWriter(owner: Owner, grant: Handle, stream: number, bytesMax: number): Handle;
  /** Records from byte `offset` of the log (both files, oldest first), at most `bytesMax` bytes of payload; `next` is where to go on. Control plane. */
  logRead(owner: Owner, grant: Handle, offset: number, bytesMax: number): { records: LogRecord[]; next: number };

  // --- network policy -----------------------------------------------------------------------------------------

  /** Fixes an allow-list; what connects through it is checked below the guest. Grant action `outbound.define`. Control plane. */
  outboundDefine(owner: Owner, grant: Handle, rules: readonly OutboundRule[]): Handle;
  /** Whether the list allows this canonical address (`name` is what it was resolved from, or empty): 1, or -EACCES. Data plane. */
  outboundCheck(owner: Owner, outbound: Handle, name: string, address: string, port: number, protocol: 'tcp' | 'udp'): number;

  // --- clocks, randomness -------------------------------------------------------------------------------------

  /** Nanoseconds of {@link CLOCK}. Data plane. */
  clockNow(clock: number): bigint;
  /** Fills the range from getrandom(2), in slices of 64 KiB. Data plane. */
  randomFill(mem: Uint8Array, ptr: number, len: number): number;
}
