/** `forge:host/*` as a plugin imports it: each function is one question to the gate (call path step 7). */

import type { Slot } from '../domain/domain.ts';
import type { KernelServices } from '../domain/kernel-services.ts';
import { asRefusal, Refusal } from '../errors.ts';
import { dirsImports } from './dirs.ts';
import type { Gate } from './gate.ts';
import { GrantBook } from './handles.ts';
import { outboundImports } from './outbound.ts';
import { packagesImports } from './packages.ts';
import { streamsImports } from './streams.ts';
import { workloadsImports } from './workloads.ts';

/** What the implementation of one host interface gets. */
export interface HostImportContext {
  readonly slot: Slot;
  readonly gate: Gate;
  readonly services: KernelServices;
  readonly grants: GrantBook;
}

const INTERFACES: Readonly<Record<string, (context: HostImportContext) => Record<string, (...args: never[]) => unknown>>> = {
  'forge:host/dirs': dirsImports,
  'forge:host/streams': streamsImports,
  'forge:host/outbound': outboundImports,
  'forge:host/packages': packagesImports,
  'forge:host/workloads': workloadsImports,
};

export const HOST_INTERFACES: readonly string[] = Object.keys(INTERFACES);

/** Functions without an error in their type: nothing may be thrown through them. */
const INFALLIBLE = new Set(['close']);

export function hostImports(name: string, slot: Slot, gate: Gate, services: KernelServices): unknown {
  const make = INTERFACES[name];
  if (!make) throw new Refusal('unsupported', `this kernel has no ${name}`);
  const functions = make({ slot, gate, services, grants: new GrantBook(gate.options.host) });
  return Object.fromEntries(
    Object.entries(functions).map(([key, run]) => [
      key,
      (...args: never[]) => {
        try {
          return run(...args);
        } catch (thrown) {
          if (INFALLIBLE.has(key)) return undefined;
          // A HostError carries its code; as a refusal it reaches the guest as its typed error.
          throw asRefusal(thrown) ?? thrown;
        }
      },
    ]),
  );
}
