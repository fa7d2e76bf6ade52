/**
 * `wasi:filesystem`: types and preopens (data plane beside step 8), lifted and lowered, over `descriptor.ts`.
 *
 * Offsets in the lowered forms follow from the canonical ABI; the layout is noted beside each.
 */
import { ERRNO } from '../host/errno.ts';
import { FILE_TYPE, type Handle, type NewTime, type Rights, STAT } from '../host/host.ts';
import {
  DESCRIPTOR_FLAG,
  Descriptor,
  type DirectoryStream,
  flagsOfRights,
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
  writeAt,
  writeViaStream,
} from './descriptor.ts';
import { type ERROR_CODES, errorDiscriminantOf, unwrap, WitError } from './error-code.ts';
import { type Guest, KIND, type Resource } from './guest.ts';
import { type CoreFunction, clampU64, type Lowering, withLowering } from './guest-memory.ts';
import type { Io } from './io.ts';
import { makeDroppable, unwrapResource, wrap } from './lifted.ts';
import { WASI_BOUNDS } from './limits.ts';
import type { IoError } from './streams.ts';
import { trap } from './trap.ts';

export interface Preopen {
  /** What the guest sees: `/data`, `.`. */
  readonly path: string;
  readonly dir: Handle;
  readonly rights: Rights;
}

/** In the order of the WIT enums. */
const TYPES = ['unknown', 'block-device', 'character-device', 'directory', 'fifo', 'symbolic-link', 'regular-file', 'socket'] as const;
const ADVICE = ['normal', 'sequential', 'random', 'will-need', 'dont-need', 'no-reuse'] as const;
const NEW_TIMESTAMP = { noChange: 0, now: 1, timestamp: 2 } as const;

type Flags = Readonly<Record<string, boolean | undefined>>;
interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}
type NewTimestamp = { readonly tag: 'no-change' | 'now' } | { readonly tag: 'timestamp'; readonly val: Datetime };

export function createFilesystem(guest: Guest, preopens: readonly Preopen[], io: Io) {
  const { host, owner } = guest;
  const statWords = new Uint32Array(guest.stat.buffer);
  const keyWords = new Uint32Array(BigUint64Array.from(guest.inodeKey).buffer);

  const descriptorOf = (object: object): Descriptor => unwrapResource(guest, object, KIND.descriptor) as Descriptor;
  /** Result of a call to the machine, for lifted functions. */
  const done = (result: number): number => unwrap(guest.checkCancelled(result));
  const made = <R extends Resource>(made: R | number): R => {
    if (typeof made !== 'number') return made;
    done(made);
    throw new TypeError('a success carries an object');
  };

  const statAt = (base: Descriptor, pathFlags: number, path: string): number =>
    guest.checkCancelled(host.statAt(owner, base.handle, path, (pathFlags & PATH_FLAG.symlinkFollow) !== 0, guest.stat));

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
      done(statAt(descriptorOf(this), lowerFlags(PATH_FLAG, pathFlags), path));
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
      done(statAt(descriptorOf(this), lowerFlags(PATH_FLAG, pathFlags), path));
      return liftedHash();
    }
  }
  makeDroppable(guest, DescriptorResource);
  const descriptors = DescriptorResource.prototype;

  // --- lowered: shapes ------------------------------------------------------------------------------------------------

  type Self = (lowering: Lowering, handle: number) => Descriptor;
  const borrow: Self = ({ tables }, handle) => {
    guest.enter();
    return tables.borrow(handle, KIND.descriptor) as Descriptor;
  };

  /** A path parameter, or undefined for one that is too long to be one. */
  const pathOf = ({ memory }: Lowering, pointer: number, units: number): string | undefined => {
    if (memory.stringBytes(units) > WASI_BOUNDS.pathBytesMax) {
      memory.checkRange(pointer, memory.stringBytes(units));
      return undefined;
    }
    return memory.string(pointer, units);
  };

  /** result<_, error-code>: tag @0, code @1. */
  const storeDone = ({ memory }: Lowering, at: number, result: number): void => {
    guest.checkCancelled(result);
    const { view } = memory;
    view.setUint8(at, result < 0 ? 1 : 0);
    if (result < 0) view.setUint8(at + 1, errorDiscriminantOf(result));
  };

  /** The error of a result whose payload is aligned to `offset`. */
  const storeFailure = ({ memory }: Lowering, at: number, offset: number, result: number): void => {
    guest.checkCancelled(result);
    const { view } = memory;
    view.setUint8(at, 1);
    view.setUint8(at + offset, errorDiscriminantOf(result));
  };

  /** result<own<R>, error-code>: tag @0, handle @4 | code @4. */
  const storeOwn = (lowering: Lowering, at: number, made: Resource | number) => {
    if (typeof made === 'number') return storeFailure(lowering, at, 4, made);
    const handle = lowering.tables.own(made);
    const { view } = lowering.memory;
    view.setUint8(at, 0);
    view.setUint32(at + 4, handle, true);
  };

  /** descriptor-stat at `at`: type @0, links @8, size @16, three option<datetime> (tag @0, seconds @8, nanoseconds @16) @24, @48, @72. */
  const storeStat = ({ memory }: Lowering, result: number, at: number): void => {
    const { view } = memory;
    view.setUint8(result, 0);
    view.setUint8(at, statWords[STAT.type * 2] as number);
    for (let i = 0; i < 4; i++) view.setUint32(at + 8 + i * 4, statWords[STAT.links * 2 + i] as number, true);
    for (let i = 0; i < 3; i++) {
      const from = (STAT.accessSeconds + i * 2) * 2;
      const to = at + 24 + i * 24;
      const high = statWords[from + 1] as number;
      // datetime cannot say "before 1970".
      view.setUint8(to, high >= 0x8000_0000 ? 0 : 1);
      view.setUint32(to + 8, statWords[from] as number, true);
      view.setUint32(to + 12, high, true);
      view.setUint32(to + 16, statWords[from + 2] as number, true);
    }
  };

  /** result<metadata-hash-value, error-code>: tag @0, lower @8, upper @16 | code @8. */
  const storeHash = (lowering: Lowering, at: number, result: number) => {
    if (result < 0) return storeFailure(lowering, at, 8, result);
    const { view } = lowering.memory;
    view.setUint8(at, 0);
    [STAT.inode, STAT.device].forEach((field, i) => {
      for (const word of [0, 1]) {
        view.setUint32(at + 8 + i * 8 + word * 4, ((statWords[field * 2 + word] as number) ^ (keyWords[i * 2 + word] as number)) >>> 0, true);
      }
    });
  };

  /** Runs `act` on the descriptor and answers `result<_, error-code>`. */
  const lowerDone =
    (act: (descriptor: Descriptor) => number) =>
    (lowering: Lowering): CoreFunction =>
    (self: number, result: number) => {
      const descriptor = borrow(lowering, self);
      const at = lowering.memory.checkResult(result, 2, 1);
      storeDone(lowering, at, act(descriptor));
    };

  /** The same with one path. */
  const lowerPath =
    (act: (base: Descriptor, path: string) => number) =>
    (lowering: Lowering): CoreFunction =>
    (self: number, pointer: number, units: number, result: number) => {
      const base = borrow(lowering, self);
      const at = lowering.memory.checkResult(result, 2, 1);
      const path = pathOf(lowering, pointer, units);
      storeDone(lowering, at, path === undefined ? -ERRNO.ENAMETOOLONG : act(base, path));
    };

  // --- lowered: content -------------------------------------------------------------------------------------------------

  withLowering(guest, descriptors.readViaStream, (lowering) => (self: number, offset: bigint, result: number) => {
    const descriptor = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 8, 4);
    storeOwn(lowering, at, isOffset(offset) ? readViaStream(guest, descriptor, Number(offset)) : -ERRNO.EINVAL);
  });

  withLowering(guest, descriptors.writeViaStream, (lowering) => (self: number, offset: bigint, result: number) => {
    const descriptor = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 8, 4);
    storeOwn(lowering, at, isOffset(offset) ? writeViaStream(guest, descriptor, Number(offset)) : -ERRNO.EINVAL);
  });

  withLowering(guest, descriptors.appendViaStream, (lowering) => (self: number, result: number) => {
    const descriptor = borrow(lowering, self);
    storeOwn(lowering, lowering.memory.checkResult(result, 8, 4), writeViaStream(guest, descriptor, undefined));
  });

  /** result<tuple<list<u8>, bool>, error-code>: tag @0, pointer @4, length @8, end @12 | code @4. */
  withLowering(guest, descriptors.read, (lowering) => (self: number, length: bigint, offset: bigint, result: number) => {
    const descriptor = borrow(lowering, self);
    const { memory } = lowering;
    const at = memory.checkResult(result, 16, 4);
    const fault = isOffset(offset) ? descriptor.checkFile(DESCRIPTOR_FLAG.read) : -ERRNO.EINVAL;
    if (fault < 0) return storeFailure(lowering, at, 4, fault);
    const want = clampU64(length, guest.limits.readBytesMax);
    const from = Number(offset);
    const sure = descriptor.file.expect(from, want);
    let pointer: number;
    let count: number;
    if (sure > 0) {
      pointer = memory.allocate(sure, 1);
      count = host.pread(owner, descriptor.handle, memory.bytes, pointer, sure, from);
      if (count < 0) return storeFailure(lowering, at, 4, count);
    } else {
      const { scratch } = guest;
      count = host.pread(owner, descriptor.handle, scratch, 0, Math.min(want, scratch.length), from);
      if (count < 0) return storeFailure(lowering, at, 4, count);
      pointer = memory.allocate(count, 1);
      memory.bytes.set(scratch.subarray(0, count), pointer);
    }
    const { view } = memory;
    view.setUint8(at, 0);
    view.setUint32(at + 4, pointer, true);
    view.setUint32(at + 8, count, true);
    view.setUint8(at + 12, count === 0 ? 1 : 0);
  });

  /** result<filesize, error-code>: tag @0, count @8 | code @8. */
  withLowering(guest, descriptors.write, (lowering) => (self: number, pointer: number, length: number, offset: bigint, result: number) => {
    const descriptor = borrow(lowering, self);
    const { memory } = lowering;
    const at = memory.checkResult(result, 16, 8);
    const bytes = length >>> 0;
    const from = memory.checkRange(pointer, bytes);
    const count = isOffset(offset) ? writeAt(guest, descriptor, memory.bytes, from, bytes, Number(offset)) : -ERRNO.EINVAL;
    if (count < 0) return storeFailure(lowering, at, 8, count);
    const { view } = memory;
    view.setUint8(at, 0);
    view.setUint32(at + 8, count, true);
    view.setUint32(at + 12, 0, true);
  });

  withLowering(guest, descriptors.advise, (lowering) => (self: number, offset: bigint, length: bigint, advice: number, result: number) => {
    const descriptor = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 2, 1);
    if (advice < 0 || advice >= ADVICE.length) trap('invalid advice');
    const act = () => host.advise(owner, descriptor.handle, Number(offset), Number(length), advice);
    storeDone(lowering, at, isOffset(offset) && isOffset(length) ? act() : -ERRNO.EINVAL);
  });

  withLowering(guest, descriptors.setSize, (lowering) => (self: number, size: bigint, result: number) => {
    const descriptor = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 2, 1);
    storeDone(lowering, at, isOffset(size) ? setSize(guest, descriptor, Number(size)) : -ERRNO.EFBIG);
  });

  withLowering(
    guest,
    descriptors.sync,
    lowerDone((descriptor) => host.sync(owner, descriptor.handle, false)),
  );
  withLowering(
    guest,
    descriptors.syncData,
    lowerDone((descriptor) => host.sync(owner, descriptor.handle, true)),
  );

  // --- lowered: attributes ------------------------------------------------------------------------------------------------

  /** result<descriptor-flags, error-code> and result<descriptor-type, error-code>: tag @0, value @1 | code @1. */
  const lowerSmall =
    (ask: (descriptor: Descriptor) => number) =>
    (lowering: Lowering): CoreFunction =>
    (self: number, result: number) => {
      const descriptor = borrow(lowering, self);
      const at = lowering.memory.checkResult(result, 2, 1);
      const value = ask(descriptor);
      storeDone(lowering, at, value);
      if (value >= 0) lowering.memory.view.setUint8(at + 1, value);
    };
  withLowering(guest, descriptors.getFlags, lowerSmall(shownFlags));
  withLowering(
    guest,
    descriptors.getType,
    lowerSmall((descriptor) => descriptor.type()),
  );

  /** result<descriptor-stat, error-code>: tag @0, stat @8 | code @8. */
  withLowering(guest, descriptors.stat, (lowering) => (self: number, result: number) => {
    const descriptor = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 104, 8);
    const fault = descriptor.stat();
    if (fault < 0) storeFailure(lowering, at, 8, fault);
    else storeStat(lowering, at, at + 8);
  });

  withLowering(guest, descriptors.statAt, (lowering) => (self: number, pathFlags: number, pointer: number, units: number, result: number) => {
    const base = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 104, 8);
    const path = pathOf(lowering, pointer, units);
    const fault = path === undefined ? -ERRNO.ENAMETOOLONG : statAt(base, pathFlags, path);
    if (fault < 0) storeFailure(lowering, at, 8, fault);
    else storeStat(lowering, at, at + 8);
  });

  withLowering(guest, descriptors.metadataHash, (lowering) => (self: number, result: number) => {
    const descriptor = borrow(lowering, self);
    storeHash(lowering, lowering.memory.checkResult(result, 24, 8), descriptor.stat());
  });

  withLowering(guest, descriptors.metadataHashAt, (lowering) => (self: number, pathFlags: number, pointer: number, units: number, result: number) => {
    const base = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 24, 8);
    const path = pathOf(lowering, pointer, units);
    storeHash(lowering, at, path === undefined ? -ERRNO.ENAMETOOLONG : statAt(base, pathFlags, path));
  });

  withLowering(
    guest,
    descriptors.setTimes,
    (lowering) => (self: number, tag: number, seconds: bigint, nanos: number, tag2: number, seconds2: bigint, nanos2: number, result: number) => {
      const descriptor = borrow(lowering, self);
      const at = lowering.memory.checkResult(result, 2, 1);
      storeDone(lowering, at, setTimes(guest, descriptor, coreTime(tag, seconds, nanos), coreTime(tag2, seconds2, nanos2)));
    },
  );

  withLowering(
    guest,
    descriptors.setTimesAt,
    (lowering) =>
      (
        ...[self, pathFlags, pointer, units, tag, seconds, nanos, tag2, seconds2, nanos2, result]: [
          ...[number, number, number, number],
          ...[number, bigint, number],
          ...[number, bigint, number],
          number,
        ]
      ) => {
        const base = borrow(lowering, self);
        const at = lowering.memory.checkResult(result, 2, 1);
        const path = pathOf(lowering, pointer, units);
        const [access, modify] = [coreTime(tag, seconds, nanos), coreTime(tag2, seconds2, nanos2)];
        const follow = (pathFlags & PATH_FLAG.symlinkFollow) !== 0;
        storeDone(lowering, at, path === undefined ? -ERRNO.ENAMETOOLONG : setTimesAt(guest, base, follow, path, access, modify));
      },
  );

  withLowering(guest, descriptors.isSameObject, (lowering) => (self: number, other: number) => {
    const one = borrow(lowering, self);
    return isSameObject(guest, one, borrow(lowering, other)) ? 1 : 0;
  });

  // --- lowered: entries -----------------------------------------------------------------------------------------------------

  withLowering(guest, descriptors.openAt, (lowering) => (self: number, pathFlags: number, pointer: number, units: number, openFlags: number, flags: number, result: number) => {
    const base = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 8, 4);
    const path = pathOf(lowering, pointer, units);
    storeOwn(lowering, at, path === undefined ? -ERRNO.ENAMETOOLONG : openAt(guest, base, pathFlags, path, openFlags, flags));
  });

  withLowering(
    guest,
    descriptors.createDirectoryAt,
    lowerPath((base, path) => mutate(base, () => host.createDirectoryAt(owner, base.handle, path))),
  );
  withLowering(
    guest,
    descriptors.removeDirectoryAt,
    lowerPath((base, path) => mutate(base, () => host.removeDirectoryAt(owner, base.handle, path))),
  );
  withLowering(
    guest,
    descriptors.unlinkFileAt,
    lowerPath((base, path) => mutate(base, () => host.unlinkFileAt(owner, base.handle, path))),
  );

  withLowering(guest, descriptors.symlinkAt, (lowering) => (self: number, oldPointer: number, oldUnits: number, newPointer: number, newUnits: number, result: number) => {
    const base = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 2, 1);
    const target = pathOf(lowering, oldPointer, oldUnits);
    const path = pathOf(lowering, newPointer, newUnits);
    const isNamed = target !== undefined && path !== undefined;
    storeDone(lowering, at, isNamed ? mutate(base, () => host.symlinkAt(owner, base.handle, target, path)) : -ERRNO.ENAMETOOLONG);
  });

  withLowering(
    guest,
    descriptors.renameAt,
    (lowering) => (self: number, oldPointer: number, oldUnits: number, other: number, newPointer: number, newUnits: number, result: number) => {
      const from = borrow(lowering, self);
      const to = borrow(lowering, other);
      const at = lowering.memory.checkResult(result, 2, 1);
      const oldPath = pathOf(lowering, oldPointer, oldUnits);
      const newPath = pathOf(lowering, newPointer, newUnits);
      const isNamed = oldPath !== undefined && newPath !== undefined;
      const act = () => mutate(from, () => host.renameAt(owner, from.handle, oldPath ?? '', to.handle, newPath ?? ''), to);
      storeDone(lowering, at, isNamed ? act() : -ERRNO.ENAMETOOLONG);
    },
  );

  withLowering(
    guest,
    descriptors.linkAt,
    (lowering) =>
      (...[self, pathFlags, oldPointer, oldUnits, other, newPointer, newUnits, result]: [...[number, number, number, number], ...[number, number, number, number]]) => {
        const from = borrow(lowering, self);
        const to = borrow(lowering, other);
        const at = lowering.memory.checkResult(result, 2, 1);
        const oldPath = pathOf(lowering, oldPointer, oldUnits);
        const newPath = pathOf(lowering, newPointer, newUnits);
        const follow = (pathFlags & PATH_FLAG.symlinkFollow) !== 0;
        const isNamed = oldPath !== undefined && newPath !== undefined;
        const act = () => mutate(from, () => host.linkAt(owner, from.handle, oldPath ?? '', follow, to.handle, newPath ?? ''), to);
        storeDone(lowering, at, isNamed ? act() : -ERRNO.ENAMETOOLONG);
      },
  );

  /** result<string, error-code>: tag @0, pointer @4, length @8 | code @4. */
  withLowering(guest, descriptors.readlinkAt, (lowering) => (self: number, pointer: number, units: number, result: number) => {
    const base = borrow(lowering, self);
    const at = lowering.memory.checkResult(result, 12, 4);
    const path = pathOf(lowering, pointer, units);
    const target = path === undefined ? -ERRNO.ENAMETOOLONG : host.readlinkAt(owner, base.handle, path);
    if (typeof target === 'number') return storeFailure(lowering, at, 4, target);
    lowering.memory.storeString(at + 4, target);
    lowering.memory.view.setUint8(at, 0);
  });

  withLowering(guest, descriptors.readDirectory, (lowering) => (self: number, result: number) => {
    const descriptor = borrow(lowering, self);
    storeOwn(lowering, lowering.memory.checkResult(result, 8, 4), readDirectory(guest, descriptor));
  });

  /** result<option<directory-entry>, error-code>: tag @0, some @4, type @8, name @12 and @16 | code @4. */
  withLowering(guest, DirectoryEntryStreamResource.prototype.readDirectoryEntry, (lowering) => (self: number, result: number) => {
    guest.enter();
    const stream = lowering.tables.borrow(self, KIND.directoryStream) as DirectoryStream;
    const { memory } = lowering;
    const at = memory.checkResult(result, 20, 4);
    const entry = host.readDirNext(owner, stream.handle);
    if (typeof entry === 'number') return storeFailure(lowering, at, 4, entry);
    if (entry !== undefined) {
      memory.storeString(at + 12, entry.name);
      memory.view.setUint8(at + 8, entry.type in TYPES ? entry.type : FILE_TYPE.unknown);
    }
    memory.view.setUint8(at, 0);
    memory.view.setUint8(at + 4, entry === undefined ? 0 : 1);
  });

  // --- functions ------------------------------------------------------------------------------------------------------------

  const filesystemErrorCode = (error: object) => io.filesystemErrorCode(error);

  /** option<error-code>: tag @0, code @1. */
  withLowering(guest, filesystemErrorCode, ({ memory, tables }) => (self: number, result: number) => {
    guest.enter();
    const error = tables.borrow(self, KIND.error) as IoError;
    const at = memory.checkResult(result, 2, 1);
    memory.view.setUint8(at, 1);
    memory.view.setUint8(at + 1, errorDiscriminantOf(error.result));
  });

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

/** Offsets and sizes past 2^53 - 1 are past every file of this machine. Core i64 values arrive signed. */
const isOffset = (value: bigint): boolean => value >= 0n && value <= Number.MAX_SAFE_INTEGER;

function offsetOf(value: bigint): number {
  if (!isOffset(value)) throw new WitError('invalid' satisfies (typeof ERROR_CODES)[number]);
  return Number(value);
}

function coreTime(tag: number, seconds: bigint, nanos: number): NewTime {
  switch (tag) {
    case NEW_TIMESTAMP.noChange:
      return 'keep';
    case NEW_TIMESTAMP.now:
      return 'now';
    case NEW_TIMESTAMP.timestamp:
      return { seconds: BigInt.asUintN(64, seconds), nanos: nanos >>> 0 };
    default:
      return trap('invalid new-timestamp');
  }
}

function newTimeOf(time: NewTimestamp): NewTime {
  if (time.tag === 'timestamp') return { seconds: time.val.seconds, nanos: time.val.nanoseconds };
  return time.tag === 'now' ? 'now' : 'keep';
}

const lowerFlags = (bits: Readonly<Record<string, number>>, flags: Flags): number => Object.entries(bits).reduce((sum, [name, bit]) => (flags[name] === true ? sum | bit : sum), 0);

const liftFlags = (bits: Readonly<Record<string, number>>, value: number): Flags => Object.fromEntries(Object.entries(bits).map(([name, bit]) => [name, (value & bit) !== 0]));
