/**
 * `wasi:filesystem`: types and preopens (data plane beside step 8), over `descriptor.ts`.
 *
 * Here are the classes that glue sees, and the calls as it lifts them; `filesystem-lowered.ts` has their fast forms.
 */
import { type Handle, type NewTime, type Rights, STAT } from '../host/host.ts';
import {
  DESCRIPTOR_FLAG,
  Descriptor,
  type DirectoryStream,
  flagsOfRights,
  isOffset,
  isSameObject,
  mutate,
  OPEN_FLAG,
  openAt,
  PATH_FLAG,
  readDirectory,
  readViaStream,
  setSize,
  setTimes,
  setTimesAt,
  shownFlags,
  statAt,
  writeAt,
  writeViaStream,
} from './descriptor.ts';
import { type FilesystemErrorCode, unwrap, WitError } from './error-code.ts';
import { lowerFilesystem } from './filesystem-lowered.ts';
import { type Guest, KIND, type Resource } from './guest.ts';
import { clampU64 } from './guest-memory.ts';
import type { Io } from './io.ts';
import { makeDroppable, unwrapResource, wrap } from './lifted.ts';
import { WASI_BOUNDS } from './limits.ts';

export interface Preopen {
  /** What the guest sees: `/data`, `.`. */
  readonly path: string;
  readonly dir: Handle;
  readonly rights: Rights;
}

/** In the order of the WIT enums. */
const TYPES = ['unknown', 'block-device', 'character-device', 'directory', 'fifo', 'symbolic-link', 'regular-file', 'socket'] as const;
const ADVICE = ['normal', 'sequential', 'random', 'will-need', 'dont-need', 'no-reuse'] as const;

type Flags = Readonly<Record<string, boolean | undefined>>;
interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}
type NewTimestamp = { readonly tag: 'no-change' | 'now' } | { readonly tag: 'timestamp'; readonly val: Datetime };

export function createFilesystem(guest: Guest, preopens: readonly Preopen[], io: Io) {
  const { host, owner } = guest;

  const descriptorOf = (object: object): Descriptor => unwrapResource(guest, object, KIND.descriptor) as Descriptor;
  /** Result of a call to the machine, for lifted functions. */
  const done = (result: number): number => unwrap(guest.checkCancelled(result));
  const made = <R extends Resource>(made: R | number): R => {
    if (typeof made !== 'number') return made;
    done(made);
    throw new TypeError('a success carries an object');
  };

  // --- lifted ---------------------------------------------------------------------------------------------------------

  const datetime = (seconds: number, nanos: number): Datetime | undefined => {
    const value = guest.stat[seconds] as bigint;
    return value < 0n ? undefined : { seconds: value, nanoseconds: Number(guest.stat[nanos]) };
  };

  const liftedStat = () => ({
    type: TYPES[Number(guest.stat[STAT.type])] ?? 'unknown',
    linkCount: guest.stat[STAT.links] as bigint,
    size: guest.stat[STAT.size] as bigint,
    dataAccessTimestamp: datetime(STAT.accessSeconds, STAT.accessNanos),
    dataModificationTimestamp: datetime(STAT.modifySeconds, STAT.modifyNanos),
    statusChangeTimestamp: datetime(STAT.changeSeconds, STAT.changeNanos),
  });

  const liftedHash = () => ({
    lower: (guest.stat[STAT.inode] as bigint) ^ guest.inodeKey[0],
    upper: (guest.stat[STAT.device] as bigint) ^ guest.inodeKey[1],
  });

  class DirectoryEntryStreamResource {
    readDirectoryEntry(): { type: string; name: string } | undefined {
      const stream = unwrapResource(guest, this, KIND.directoryStream) as DirectoryStream;
      const entry = host.readDirNext(owner, stream.handle);
      if (typeof entry !== 'number') return entry && { type: TYPES[entry.type] ?? 'unknown', name: entry.name };
      done(entry);
      return undefined;
    }
  }
  makeDroppable(guest, DirectoryEntryStreamResource);

  class DescriptorResource {
    readViaStream(offset: bigint): object {
      return io.wrapInput(made(readViaStream(guest, descriptorOf(this), offsetOf(offset))));
    }
    writeViaStream(offset: bigint): object {
      return io.wrapOutput(made(writeViaStream(guest, descriptorOf(this), offsetOf(offset))));
    }
    appendViaStream(): object {
      return io.wrapOutput(made(writeViaStream(guest, descriptorOf(this), undefined)));
    }
    advise(offset: bigint, length: bigint, advice: (typeof ADVICE)[number]): void {
      done(host.advise(owner, descriptorOf(this).handle, offsetOf(offset), offsetOf(length), ADVICE.indexOf(advice)));
    }
    syncData(): void {
      done(host.sync(owner, descriptorOf(this).handle, true));
    }
    getFlags(): Flags {
      return liftFlags(DESCRIPTOR_FLAG, done(shownFlags(descriptorOf(this))));
    }
    getType(): string {
      return TYPES[done(descriptorOf(this).type())] ?? 'unknown';
    }
    setSize(size: bigint): void {
      done(setSize(guest, descriptorOf(this), offsetOf(size)));
    }
    setTimes(access: NewTimestamp, modify: NewTimestamp): void {
      done(setTimes(guest, descriptorOf(this), newTimeOf(access), newTimeOf(modify)));
    }
    read(length: bigint, offset: bigint): [Uint8Array, boolean] {
      const descriptor = descriptorOf(this);
      done(descriptor.checkFile(DESCRIPTOR_FLAG.read));
      const buffer = new Uint8Array(Math.min(clampU64(length, guest.limits.readBytesMax), WASI_BOUNDS.writePermitBytes));
      const count = done(host.pread(owner, descriptor.handle, buffer, 0, buffer.length, offsetOf(offset)));
      return [buffer.subarray(0, count), count === 0];
    }
    write(buffer: Uint8Array, offset: bigint): bigint {
      return BigInt(done(writeAt(guest, descriptorOf(this), buffer, 0, buffer.length, offsetOf(offset))));
    }
    readDirectory(): object {
      return wrap(guest, DirectoryEntryStreamResource, made(readDirectory(guest, descriptorOf(this))));
    }
    sync(): void {
      done(host.sync(owner, descriptorOf(this).handle, false));
    }
    createDirectoryAt(path: string): void {
      const base = descriptorOf(this);
      done(mutate(base, () => host.createDirectoryAt(owner, base.handle, path)));
    }
    stat(): object {
      done(descriptorOf(this).stat());
      return liftedStat();
    }
    statAt(pathFlags: Flags, path: string): object {
      done(statAt(guest, descriptorOf(this), lowerFlags(PATH_FLAG, pathFlags), path));
      return liftedStat();
    }
    setTimesAt(pathFlags: Flags, path: string, access: NewTimestamp, modify: NewTimestamp): void {
      const follow = pathFlags['symlinkFollow'] === true;
      done(setTimesAt(guest, descriptorOf(this), follow, path, newTimeOf(access), newTimeOf(modify)));
    }
    linkAt(oldPathFlags: Flags, oldPath: string, newDescriptor: DescriptorResource, newPath: string): void {
      const [from, to] = [descriptorOf(this), descriptorOf(newDescriptor)];
      const follow = oldPathFlags['symlinkFollow'] === true;
      done(mutate(from, () => host.linkAt(owner, from.handle, oldPath, follow, to.handle, newPath), to));
    }
    openAt(pathFlags: Flags, path: string, openFlags: Flags, flags: Flags): object {
      const [follow, open, wants] = [lowerFlags(PATH_FLAG, pathFlags), lowerFlags(OPEN_FLAG, openFlags), lowerFlags(DESCRIPTOR_FLAG, flags)];
      return wrap(guest, DescriptorResource, made(openAt(guest, descriptorOf(this), follow, path, open, wants)));
    }
    readlinkAt(path: string): string {
      const target = host.readlinkAt(owner, descriptorOf(this).handle, path);
      return typeof target === 'string' ? target : String(done(target));
    }
    removeDirectoryAt(path: string): void {
      const base = descriptorOf(this);
      done(mutate(base, () => host.removeDirectoryAt(owner, base.handle, path)));
    }
    renameAt(oldPath: string, newDescriptor: DescriptorResource, newPath: string): void {
      const [from, to] = [descriptorOf(this), descriptorOf(newDescriptor)];
      done(mutate(from, () => host.renameAt(owner, from.handle, oldPath, to.handle, newPath), to));
    }
    symlinkAt(oldPath: string, newPath: string): void {
      const base = descriptorOf(this);
      done(mutate(base, () => host.symlinkAt(owner, base.handle, oldPath, newPath)));
    }
    unlinkFileAt(path: string): void {
      const base = descriptorOf(this);
      done(mutate(base, () => host.unlinkFileAt(owner, base.handle, path)));
    }
    isSameObject(other: DescriptorResource): boolean {
      return isSameObject(guest, descriptorOf(this), descriptorOf(other));
    }
    metadataHash(): object {
      done(descriptorOf(this).stat());
      return liftedHash();
    }
    metadataHashAt(pathFlags: Flags, path: string): object {
      done(statAt(guest, descriptorOf(this), lowerFlags(PATH_FLAG, pathFlags), path));
      return liftedHash();
    }
  }
  makeDroppable(guest, DescriptorResource);
  const descriptors = DescriptorResource.prototype;

  // --- functions ------------------------------------------------------------------------------------------------------------

  const filesystemErrorCode = (error: object) => io.filesystemErrorCode(error);

  lowerFilesystem(guest, { descriptors, readDirectoryEntry: DirectoryEntryStreamResource.prototype.readDirectoryEntry, filesystemErrorCode });

  const getDirectories = (): [object, string][] => {
    guest.enter();
    return preopens.map(({ path, dir, rights }) => {
      const descriptor = new Descriptor(guest, dir, rights, flagsOfRights(rights), false);
      return [wrap(guest, DescriptorResource, descriptor), path];
    });
  };

  return {
    imports: {
      'wasi:filesystem/types': {
        Descriptor: DescriptorResource,
        DirectoryEntryStream: DirectoryEntryStreamResource,
        filesystemErrorCode,
      },
      'wasi:filesystem/preopens': { getDirectories },
    },
  };
}

function offsetOf(value: bigint): number {
  if (!isOffset(value)) throw new WitError('invalid' satisfies FilesystemErrorCode);
  return Number(value);
}

function newTimeOf(time: NewTimestamp): NewTime {
  if (time.tag === 'timestamp') return { seconds: time.val.seconds, nanos: time.val.nanoseconds };
  return time.tag === 'now' ? 'now' : 'keep';
}

const lowerFlags = (bits: Readonly<Record<string, number>>, flags: Flags): number => Object.entries(bits).reduce((sum, [name, bit]) => (flags[name] === true ? sum | bit : sum), 0);

const liftFlags = (bits: Readonly<Record<string, number>>, value: number): Flags => Object.fromEntries(Object.entries(bits).map(([name, bit]) => [name, (value & bit) !== 0]));
