/**
 * The real machine: {@link Host} over the Rust addon (call path step 8, the only module that loads it).
 *
 * The data plane is the addon's own functions, called without anything in between. The control plane is wrapped so
 * that what it throws is a {@link HostError}. Every thread that calls {@link openNativeHost} sees the same machine.
 */
import { isMainThread } from 'node:worker_threads';
import { addonPath, loadAddon } from '@forgeone/host-native';
import { ERROR_TABLE, type ErrorCode } from '../errors.ts';
import { type Host, HostError, type NewTime } from './host.ts';

/** Limits that a throw-away child sets on itself before it touches untrusted bytes; what is absent stays as it is. */
export interface Rlimits {
  readonly cpuSeconds?: number;
  readonly fileSizeBytes?: number;
  readonly openFiles?: number;
  /** 0 for no core dumps. */
  readonly coreBytes?: number;
}

/** What the addon can do beyond {@link Host}: for the kernel itself, never for a guest. */
export interface NativeHost extends Host {
  readonly kind: 'native';
  /** Removes the scratch directories of crashed processes below `base`, an absolute path. Returns how many. */
  scratchReap(base: string): number;
  /** Lowers limits of this whole process, soft and hard, for good. */
  setRlimits(limits: Rlimits): void;
  /** Drops all owners: blocked calls return, scratch directories go. The process is about to end. */
  shutdown(): void;
  addonVersion(): string;
  /** Digest as 64 hexadecimal digits. Here because loading node:crypto takes 5 ms a thread. */
  sha256(bytes: Uint8Array): string;
}

/** A time as the addon takes it: 0 keep, 1 now, 2 the seconds and nanoseconds that follow. */
type TimeWords = [kind: 0 | 1 | 2, seconds: number, nanos: number];

/** What the addon exports: {@link NativeHost} but for how times are passed. */
interface Addon extends Omit<NativeHost, 'kind' | 'setTimes' | 'setTimesAt'> {
  setTimes(owner: number, handle: number, ...times: [...TimeWords, ...TimeWords]): number;
  setTimesAt(owner: number, dir: number, path: string, follow: boolean, ...times: [...TimeWords, ...TimeWords]): number;
}

let opened: NativeHost | undefined;

/**
 * Opens the machine; later calls in the same thread give the same one.
 * @throws unsupported: the addon was not built, or is for another system.
 */
export function openNativeHost(): NativeHost {
  opened ??= bind(load());
  return opened;
}

function load(): Addon {
  try {
    return loadAddon() as Addon;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HostError('unsupported', `cannot load ${addonPath} (build it with \`npm run build --workspace @forgeone/host-native\`): ${why}`);
  }
}

function bind(addon: Addon): NativeHost {
  // A worker that waits in native code keeps Node from ending: process.exit() joins all workers first.
  if (isMainThread) process.once('exit', () => addon.shutdown());
  return {
    kind: 'native',

    ownerCreate: refusing(addon.ownerCreate),
    ownerDrop: refusing(addon.ownerDrop),
    ownerRelease: refusing(addon.ownerRelease),
    ownerCancel: refusing(addon.ownerCancel),
    grantMint: refusing(addon.grantMint),
    takeMintKey: refusing(addon.takeMintKey),
    derive: refusing(addon.derive),
    rightsOf: refusing(addon.rightsOf),
    revoke: refusing(addon.revoke),
    handleCount: refusing(addon.handleCount),

    dirOpen: refusing(addon.dirOpen),
    dirCreate: refusing(addon.dirCreate),
    dirRemove: refusing(addon.dirRemove),
    scratchOpen: refusing(addon.scratchOpen),
    scratchReap: refusing(addon.scratchReap),
    usage: refusing(addon.usage),

    openAt: addon.openAt,
    close: addon.close,
    pread: addon.pread,
    pwrite: addon.pwrite,
    append: addon.append,
    fstat: addon.fstat,
    statAt: addon.statAt,
    setSize: addon.setSize,
    setTimes: (owner, handle, access, modify) => addon.setTimes(owner, handle, ...timeWords(access), ...timeWords(modify)),
    setTimesAt: (owner, dir, path, follow, access, modify) => addon.setTimesAt(owner, dir, path, follow, ...timeWords(access), ...timeWords(modify)),
    sync: addon.sync,
    advise: addon.advise,
    createDirectoryAt: addon.createDirectoryAt,
    removeDirectoryAt: addon.removeDirectoryAt,
    unlinkFileAt: addon.unlinkFileAt,
    renameAt: addon.renameAt,
    linkAt: addon.linkAt,
    symlinkAt: addon.symlinkAt,
    readlinkAt: addon.readlinkAt,
    readDir: addon.readDir,
    readDirNext: addon.readDirNext,

    stdioOpen: refusing(addon.stdioOpen),
    pipeCreate: refusing(addon.pipeCreate),
    streamRead: addon.streamRead,
    streamWrite: addon.streamWrite,
    isTerminal: addon.isTerminal,
    poll: addon.poll,

    logWriter: refusing(addon.logWriter),
    logRead: refusing(addon.logRead),

    outboundDefine: refusing(addon.outboundDefine),
    outboundCheck: addon.outboundCheck,

    clockNow: addon.clockNow,
    randomFill: addon.randomFill,

    setRlimits: refusing(addon.setRlimits),
    shutdown: refusing(addon.shutdown),
    addonVersion: refusing(addon.addonVersion),
    sha256: addon.sha256,
  };
}

/** The function, throwing {@link HostError} for the ten cases of the error table; anything else is a bug and stays one. */
function refusing<Arguments extends unknown[], Result>(call: (...args: Arguments) => Result): (...args: Arguments) => Result {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      const code = (error as { code?: unknown } | null)?.code;
      if (error instanceof Error && isErrorCode(code)) throw new HostError(code, error.message);
      throw error;
    }
  };
}

const isErrorCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(ERROR_TABLE, code);

/** Seconds as a number: exact to 2^53, and no file system goes further. */
function timeWords(time: NewTime): TimeWords {
  if (time === 'keep') return [0, 0, 0];
  if (time === 'now') return [1, 0, 0];
  return [2, Number(time.seconds), time.nanos];
}
