/** Connects a plugin's definition to the static exports of its component. Called by the entry that `buildPlugin` makes. */
import { implementationOf } from './check-definition.ts';
import type { PluginDefinition } from './define-plugin.ts';
import { guard } from './guard.ts';

type Functions = Record<string, (...args: never[]) => unknown>;

const nothing = (): undefined => undefined;

/** The exports of one interface. What the lifecycle leaves out does nothing. */
export function wire(definition: PluginDefinition, id: string, names: readonly string[]): Functions {
  const target = (implementationOf(definition, id) ?? {}) as Record<string, Functions[string] | undefined>;
  return Object.fromEntries(names.map((name) => [name, guard(`${id}#${name}`, target, target[name] ?? nothing)]));
}
