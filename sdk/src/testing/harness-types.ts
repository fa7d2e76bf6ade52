/** The types of a harness: interfaces as tests write them, with numbers for 64-bit integers and null for none. */
import type { Interfaces } from '../guest/interfaces.ts';

/** Fakes of interfaces, complete. */
export type FakeInterfaces = Interfaces;

/** Functions that take the place of the fake's, by interface. */
export type ImportOverrides = { readonly [Id in keyof Interfaces]?: Partial<Interfaces[Id]> };

/** One call of the plugin to its host. */
export interface HostCall {
  /** For example `forge:host/dirs@0.1.0`. */
  readonly interface: string;
  /** For example `mountPath`. */
  readonly function: string;
  readonly args: readonly unknown[];
  /** What it returned, unless it threw. */
  readonly result?: unknown;
  readonly error?: unknown;
}
