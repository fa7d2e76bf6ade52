/**
 * Holds a plugin's definition against its manifest and the WIT. Runs while the component is built, so that every
 * mistake found here is a build error.
 */
import type { PluginDefinition } from './define-plugin.ts';

export const LIFECYCLE = 'forge:plugin/lifecycle@0.1.0';
export const LISTENER = 'forge:plugin/listener@0.1.0';

/** What the build knows from manifest, WIT and bundle. */
export interface Expected {
  /** Functions of each provided interface, as JavaScript spells them. */
  readonly provides: Readonly<Record<string, readonly string[]>>;
  /** The code takes `subscribe` or `schedule` from forge:kernel/events. */
  readonly listener: boolean;
}

/** The author's functions for one interface. */
export function implementationOf(definition: PluginDefinition, id: string): object | undefined {
  if (id === LIFECYCLE) return definition.lifecycle ?? {};
  if (id === LISTENER) return definition.listener;
  return (definition.provides as Record<string, object | undefined> | undefined)?.[id];
}

/** Throws the first mistake. */
export function checkDefinition(definition: PluginDefinition | undefined, expected: Expected): void {
  if (typeof definition !== 'object' || definition === null) throw new Error('the source has no default export made by definePlugin');
  for (const id of Object.keys(definition.provides ?? {})) {
    if (!(id in expected.provides)) throw new Error(`definePlugin provides ${id}, which forge.toml does not name: add "${id}" to [plugin] provides`);
  }
  for (const [id, names] of Object.entries(expected.provides)) {
    const functions = implementationOf(definition, id) as Record<string, unknown> | undefined;
    if (!functions) throw new Error(`forge.toml names ${id} in [plugin] provides, but definePlugin does not provide it`);
    for (const name of names) {
      if (typeof functions[name] !== 'function') throw new Error(`definePlugin provides ${id} without its function ${name}`);
    }
  }
  if (definition.listener && !expected.listener) throw new Error('the plugin has a listener but takes neither subscribe nor schedule from forge:kernel/events');
  if (expected.listener && typeof definition.listener?.deliver !== 'function') {
    throw new Error('the plugin takes subscribe or schedule from forge:kernel/events, but definePlugin has no listener');
  }
}
