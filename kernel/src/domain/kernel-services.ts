/** What a domain asks of the kernel's main thread and of the machine-wide stores: the same from every placement. */

import type { Handle, Owner } from '../host/host.ts';
import type { CallContext } from '../identity.ts';
import type { StateStore } from '../state/store.ts';
import type { PluginState } from './domain.ts';
import type { PluginUnit } from './plugin-unit.ts';

/** What `forge:host/packages.resolve` answers. */
export interface StoredPackage {
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  readonly containers: readonly { readonly name: string; readonly component: string; readonly manifest: string }[];
  /** Signed by a key the operator trusts. */
  readonly signed: boolean;
  /** Built by this user on this machine. */
  readonly local: boolean;
}

export type WorkloadOutcome =
  | { readonly tag: 'exited'; readonly val: number }
  | { readonly tag: 'trapped'; readonly val: string }
  | { readonly tag: 'timed-out' }
  | { readonly tag: 'stopped' }
  | { readonly tag: 'lost' };

export type WorkloadStatus = { readonly tag: 'starting' } | { readonly tag: 'running' } | { readonly tag: 'ended'; readonly val: WorkloadOutcome };

/** A guest to start: decided, with all handles moved to its owner. */
export interface WorkloadOrder {
  readonly id: string;
  readonly owner: Owner;
  readonly name: string;
  readonly component: string;
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly preopens: readonly { readonly path: string; readonly dir: number; readonly rights: number }[];
  readonly stdin: number | undefined;
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  readonly outbound: number | undefined;
  readonly memoryBytes: number;
  readonly wallMs: number;
  /** The call that started it: news of it is delivered on the same authority. */
  readonly context: CallContext;
}

export interface KernelServices {
  /** Where a plugin's state is. */
  stateOf(unit: PluginUnit): StateStore;
  /** Current owner of each plugin, by position in the composition; shared by all domains. */
  ownerOf(order: number): Owner;
  /** Position of a plugin in the composition. */
  orderOf(plugin: string): number | undefined;
  setOwner(order: number, owner: Owner): void;
  stateChanged(plugin: string, state: PluginState, generation: number): void;
  /** A domain did not answer in time: the supervisor ends and restarts it. */
  overran(domain: string, callId: string): void;
  publish(topic: string, payload: string, context: CallContext | undefined): void;
  schedule(plugin: string, topic: string, payload: string, delayMs: number, context: CallContext | undefined): void;
  subscribe(plugin: string, prefix: string): void;
  /** Owner of the ingress, which writes into pipes for clients. */
  readonly ingressOwner: Owner;
  /** The writing end of a pipe, already the ingress's. */
  offerPipe(name: string, writer: Handle): void;
  /** Throws a Refusal. */
  resolvePackage(digest: string): StoredPackage;
  /** What is known of the package a component came in, for the policy. */
  evidenceOf(component: string): { readonly name: string; readonly signed: boolean; readonly local: boolean };
  startWorkload(order: WorkloadOrder): void;
  workloadStatus(id: string): WorkloadStatus;
  stopWorkload(id: string, graceMs: number): void;
}
