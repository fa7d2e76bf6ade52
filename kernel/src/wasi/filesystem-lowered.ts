/**
 * The lowered forms of `wasi:filesystem` (data plane beside step 8): the calls of `filesystem.ts` over raw core values.
 *
 * Offsets follow from the canonical ABI's `alignment` and `size`; the layout is noted beside each.
 */
import { ERRNO } from '../host/errno.ts';
import { FILE_TYPE, type NewTime, STAT } from '../host/host.ts';
import {
  DESCRIPTOR_FLAG,
  type Descriptor,
  type DirectoryStream,
  isOffset,
  isSameObject,
  mutate,
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
import { errorDiscriminantOf } from './error-code.ts';
import { type Guest, KIND, type Resource } from './guest.ts';
import { type CoreFunction, clampU64, type Lowering, withLowering } from './guest-memory.ts';
import { WASI_BOUNDS } from './limits.ts';
import type { IoError } from './streams.ts';
import { trap } from './trap.ts';

/** Cases of `descriptor-type` and `advice`. */
const TYPE_COUNT = 8;
const ADVICE_COUNT = 6;
const NEW_TIMESTAMP = { noChange: 0, now: 1, timestamp: 2 } as const;

type LoweredMethod =
  | 'advise'
  | 'appendViaStream'
  | 'createDirectoryAt'
  | 'getFlags'
  | 'getType'
  | 'isSameObject'
  | 'linkAt'
  | 'metadataHash'
  | 'metadataHashAt'
  | 'openAt'
  | 'read'
  | 'readDirectory'
  | 'readViaStream'
  | 'readlinkAt'
  | 'removeDirectoryAt'
  | 'renameAt'
  | 'setSize'
  | 'setTimes'
  | 'setTimesAt'
  | 'stat'
  | 'statAt'
  | 'symlinkAt'
  | 'sync'
  | 'syncData'
  | 'unlinkFileAt'
  | 'write'
  | 'writeViaStream';

/** The lifted functions that get a lowered form. */
export interface FilesystemFunctions {
  readonly descriptors: Readonly<Record<LoweredMethod, object>>;
  readonly readDirectoryEntry: object;
  readonly filesystemErrorCode: object;
}

export function lowerFilesystem(guest: Guest, { descriptors, readDirectoryEntry, filesystemErrorCode }: FilesystemFunctions): void {
  const { host, owner } = guest;
  const statWords = new Uint32Array(guest.stat.buffer);
  const keyWords = new Uint32Array(BigUint64Array.from(guest.inodeKey).buffer);

  // --- shapes ------------------------------------------------------------------------------------------------

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

  // --- content -------------------------------------------------------------------------------------------------

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
    if (advice < 0 || advice >= ADVICE_COUNT) trap('invalid advice');
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

  // --- attributes ------------------------------------------------------------------------------------------------

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
    const fault = path === undefined ? -ERRNO.ENAMETOOLONG : statAt(guest, base, pathFlags, path);
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
    storeHash(lowering, at, path === undefined ? -ERRNO.ENAMETOOLONG : statAt(guest, base, pathFlags, path));
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

  // --- entries -----------------------------------------------------------------------------------------------------

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
  withLowering(guest, readDirectoryEntry, (lowering) => (self: number, result: number) => {
    guest.enter();
    const stream = lowering.tables.borrow(self, KIND.directoryStream) as DirectoryStream;
    const { memory } = lowering;
    const at = memory.checkResult(result, 20, 4);
    const entry = host.readDirNext(owner, stream.handle);
    if (typeof entry === 'number') return storeFailure(lowering, at, 4, entry);
    if (entry !== undefined) {
      memory.storeString(at + 12, entry.name);
      memory.view.setUint8(at + 8, entry.type < TYPE_COUNT ? entry.type : FILE_TYPE.unknown);
    }
    memory.view.setUint8(at, 0);
    memory.view.setUint8(at + 4, entry === undefined ? 0 : 1);
  });

  /** option<error-code>: tag @0, code @1. */
  withLowering(guest, filesystemErrorCode, ({ memory, tables }) => (self: number, result: number) => {
    guest.enter();
    const error = tables.borrow(self, KIND.error) as IoError;
    const at = memory.checkResult(result, 2, 1);
    memory.view.setUint8(at, 1);
    memory.view.setUint8(at + 1, errorDiscriminantOf(error.result));
  });
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
