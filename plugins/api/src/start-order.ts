/** In which order the containers of a package are started: what another depends on comes first, else as in the manifest (call path step 4). */

import type { Container } from 'forge:host/packages@0.1.0';
import { refuse } from '@forgeone/sdk';

/** Throws `invalid` for a circle or an unknown name. */
export function startOrder(containers: readonly Container[]): Container[] {
  const byName = new Map(containers.map((container) => [container.name, container]));
  const ordered = new Set<Container>();
  const open = new Set<string>();
  const visit = (name: string, by: string): void => {
    const container = byName.get(name);
    if (!container) throw refuse.invalid(`container ${by} depends on ${name}, which the package does not have`, { where: 'depends-on' });
    if (ordered.has(container)) return;
    if (open.has(name)) throw refuse.invalid(`containers depend on each other in a circle: ${[...open, name].join(', ')}`, { where: 'depends-on' });
    open.add(name);
    for (const other of dependenciesOf(container)) visit(other, name);
    open.delete(name);
    ordered.add(container);
  };
  for (const { name } of containers) visit(name, name);
  return [...ordered];
}

function dependenciesOf({ name, manifest }: Container): readonly string[] {
  const wanted = readTable(name, manifest)['depends-on'] ?? [];
  if (Array.isArray(wanted) && wanted.every((other): other is string => typeof other === 'string')) return wanted;
  throw damaged(name);
}

/** The manifest's table of a container. */
export function readTable(name: string, manifest: string): { readonly [key: string]: unknown } {
  let table: unknown;
  try {
    table = JSON.parse(manifest);
  } catch {
    throw damaged(name);
  }
  if (typeof table !== 'object' || table === null) throw damaged(name);
  return table as { readonly [key: string]: unknown };
}

const damaged = (name: string): Error => refuse.invalid(`the manifest of container ${name} is damaged`, { where: 'manifest', hint: 'build and install the package again' });
