/** How resources look to lifted functions (data plane beside step 8): a bare object of the class, with its rep. */
import { type Guest, type Kind, REP, type Resource } from './guest.ts';
import { trap } from './trap.ts';

/** jco calls this static method for a dropped handle that no JavaScript object was ever made for. */
const CABI_DISPOSE: unique symbol = Symbol.for('cabiDispose');

interface ResourceClass {
  readonly prototype: object;
}

/** Gives a class of one resource the two ways in which the glue drops it. */
export function makeDroppable(guest: Guest, resourceClass: ResourceClass): void {
  (resourceClass as { [CABI_DISPOSE]?: (rep: number) => void })[CABI_DISPOSE] = (rep) => guest.drop(rep);
  (resourceClass.prototype as { [Symbol.dispose]?: () => void })[Symbol.dispose] = function (this: object) {
    guest.drop(repOf(this));
  };
}

/** Takes a resource in and returns the object that the glue hands to the guest. */
export function wrap<T extends object>(guest: Guest, resourceClass: { readonly prototype: T }, resource: Resource): T {
  guest.add(resource);
  // Writable and configurable as the glue's own objects are: it overwrites its other symbol on them.
  return Object.create(resourceClass.prototype, {
    [REP]: { value: resource.rep, writable: true, configurable: true },
  }) as T;
}

/** The resource behind an object of the glue. Traps when the guest has dropped it. */
export function unwrapResource(guest: Guest, object: object, kind: Kind): Resource {
  guest.enter();
  return guest.find(repOf(object), kind) ?? trap('the resource was dropped');
}

const repOf = (object: object): number => (object as { readonly [REP]?: number })[REP] ?? 0;
