/**
 * One guest as the WASI host sees it (data plane beside step 8): its resources, how many it may have, and whether it lives.
 *
 * A resource is named by a *rep*, an index into this guest's own list. Reps are unique over all kinds, so a handle of
 * one kind can never stand for an object of another, and nothing here is shared between guests.
 */

import { ERRNO } from '../host/errno.ts';
import { type Handle, type Host, type Owner, STAT } from '../host/host.ts';
import { WASI_BOUNDS, type WasiLimits } from './limits.ts';
import { trap, WasiCancelled } from './trap.ts';

/** Kinds of resource; the number is an index into the tables of one lowered function. */
export const KIND = {
  error: 0,
  pollable: 1,
  inputStream: 2,
  outputStream: 3,
  descriptor: 4,
  directoryStream: 5,
  terminalInput: 6,
  terminalOutput: 7,
  network: 8,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];
export const KIND_COUNT = 9;

const NOT_HELD = 0;
const DROPPED = -1;

/** What a guest can hold a handle to. */
export abstract class Resource {
  abstract readonly kind: Kind;
  /** Above 0 while the guest holds it. */
  rep = NOT_HELD;
  get isDropped(): boolean {
    return this.rep === DROPPED;
  }
  /** Gives back what the object holds of the host. Runs once. */
  dispose(): void {}
}

/** jco reads a host object's rep from this property, and keeps it through borrow and drop. */
export const REP = Symbol.for('cabiRep');

export class Guest {
  readonly host: Host;
  readonly owner: Owner;
  readonly limits: WasiLimits;
  exitCode: number | undefined;
  readonly #resources: (Resource | undefined)[] = [undefined];
  readonly #freeReps: number[] = [];
  readonly #counts = new Array<number>(KIND_COUNT).fill(0);
  /** 0 while calls may come in; else why they may not. */
  #gate: 0 | 'in realloc' | 'ended' = 0;
  #scratch: Buffer | undefined;
  readonly #oneStream = new Float64Array(1);
  readonly #oneReady = new Uint8Array(1);
  /** Where `fstat` and `statAt` answer; read it before the next call. */
  readonly stat = new BigInt64Array(STAT.length);
  /** Hides the machine's inode (0) and device (1) numbers: what guests see is this, exclusive or. */
  readonly inodeKey: readonly [bigint, bigint];

  constructor(host: Host, owner: Owner, limits: WasiLimits) {
    this.host = host;
    this.owner = owner;
    this.limits = limits;
    const key = new BigUint64Array(2);
    host.randomFill(new Uint8Array(key.buffer), 0, key.byteLength);
    this.inodeKey = [key[0] as bigint, key[1] as bigint];
  }

  // --- life -------------------------------------------------------------------------------------------------------

  /** Every call of the guest passes here first. */
  enter(): void {
    if (this.#gate !== 0) this.#refuse();
  }

  #refuse(): never {
    trap(this.#gate === 'ended' ? 'the guest has ended and may not call the host' : 'the guest called the host from inside realloc');
  }

  /** Calls the guest's allocator. What it calls back meanwhile is refused (canonical ABI: `may_leave` is false). */
  reallocate(realloc: Realloc, bytes: number, align: number): number {
    this.#gate = 'in realloc';
    const pointer = realloc(0, 0, align, bytes);
    this.#gate = 0;
    return pointer >>> 0;
  }

  /** No call comes in any more. */
  end(): void {
    this.#gate = 'ended';
  }

  dispose(): void {
    this.end();
    for (let rep = 1; rep < this.#resources.length; rep++) this.drop(rep);
  }

  /** A buffer for one call; nothing in it outlives the call. */
  get scratch(): Buffer {
    this.#scratch ??= Buffer.allocUnsafeSlow(WASI_BOUNDS.scratchBytes);
    return this.#scratch;
  }

  /** Whether a native stream can be read or written at this moment. A dead handle is ready: using it says why. */
  isReadyNow(handle: Handle): boolean {
    this.#oneStream[0] = handle;
    return this.checkCancelled(this.host.poll(this.owner, this.#oneStream, this.#oneReady, 0)) !== 0;
  }

  /** Passes a result of the machine on, unless it says that the guest is over. */
  checkCancelled(result: number): number {
    if (result === -ERRNO.ECANCELED) WasiCancelled.raise();
    return result;
  }

  // --- resources ----------------------------------------------------------------------------------------------------

  hasRoom(kind: Kind): boolean {
    return this.#countWith(kind) < this.#limitOf(kind);
  }

  /** Takes a resource in and names it. Callers that can refuse ask {@link hasRoom} first. */
  add<R extends Resource>(resource: R): R {
    if (!this.hasRoom(resource.kind)) {
      resource.dispose();
      trap('the guest holds too many resources of one kind');
    }
    const rep = this.#freeReps.pop() ?? this.#resources.length;
    this.#resources[rep] = resource;
    resource.rep = rep;
    this.#counts[resource.kind] = (this.#counts[resource.kind] as number) + 1;
    return resource;
  }

  /** The resource of that kind with that rep, if there is one. */
  find(rep: number, kind: Kind): Resource | undefined {
    const resource = this.#resources[rep];
    return resource !== undefined && resource.kind === kind ? resource : undefined;
  }

  drop(rep: number): void {
    const resource = this.#resources[rep];
    if (!resource) return;
    this.#resources[rep] = undefined;
    this.#freeReps.push(rep);
    this.#counts[resource.kind] = (this.#counts[resource.kind] as number) - 1;
    resource.rep = DROPPED;
    resource.dispose();
  }

  close(handle: Handle): void {
    this.host.close(this.owner, handle);
  }

  #countWith(kind: Kind): number {
    const counts = this.#counts as readonly number[];
    switch (kind) {
      case KIND.descriptor:
      case KIND.directoryStream:
        return (counts[KIND.descriptor] as number) + (counts[KIND.directoryStream] as number);
      case KIND.inputStream:
      case KIND.outputStream:
        return (counts[KIND.inputStream] as number) + (counts[KIND.outputStream] as number);
      default:
        return counts[kind] as number;
    }
  }

  #limitOf(kind: Kind): number {
    switch (kind) {
      case KIND.descriptor:
      case KIND.directoryStream:
        return this.limits.openFilesMax;
      case KIND.pollable:
        return this.limits.pollablesMax;
      default:
        return this.limits.streamsMax;
    }
  }
}

/** `cabi_realloc` of the guest. */
export type Realloc = (oldPointer: number, oldBytes: number, align: number, newBytes: number) => number;
