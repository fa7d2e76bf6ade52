/**
 * Connects a plugin's definition to the static exports of its component. Called by the entry that `buildPlugin`
 * makes, at build time, so that every mistake found here is a build error.
 */
import type { PluginDefinition } from './define-plugin.ts';
import { guard } from './guard.ts';

type Functions = Record<string, (...args: never[]) => unknown>;

const LIFECYCLE = 'forge:plugin/lifecycle@0.1.0';
const LISTENER = 'forge:plugin/listener@0.1.0';

/** What the build knows from manifest, WIT and bundle. */
export interface Expected {
  /** Functions of each provided interface, as JavaScript spells them. */
  readonly provides: Readonly<Record<string, readonly string[]>>;
  readonly listener: boolean;
}

function implementationsOf(definition: PluginDefinition, id: string): object | undefined {
  if (id === LIFECYCLE) return definition.lifecycle ?? {};
  if (id === LISTENER) return definition.listener;
  return (definition.provides as Record<string, object | undefined> | undefined)?.[id];
}

/** Refuses a definition that is not what the manifest says. */
export function checkDefinition(definition: PluginDefinition, expected: Expected): void {
  if (typeof definition !== 'object' || definition === null) throw new Error('the source has no default export made by definePlugin');
  for (const id of Object.keys(definition.provides ?? {})) {
    if (!(id in expected.provides)) throw new Error(`definePlugin provides ${id}, which forge.toml does not name: add "${id}" to [plugin] provides`);
  }
  for (const id of Object.keys(expected.provides)) {
    if (!implementationsOf(definition, id)) throw new Error(`forge.toml names ${id} in [plugin] provides, but definePlugin does not provide it`);
  }
  if (definition.listener && !expected.listener) throw new Error('the plugin has a listener but takes neither subscribe nor schedule from forge:kernel/events');
  if (expected.listener && !definition.listener) throw new Error('the plugin takes subscribe or schedule from forge:kernel/events, but definePlugin has no listener');
}

/** The exports of one interface. */
export function wire(definition: PluginDefinition, id: string, names: readonly string[]): Functions {
  const target = implementationsOf(definition, id) ?? {};
  const functions: Functions = {};
  for (const name of names) {
    const implementation = (target as Record<string, unknown>)[name];
    if (typeof implementation === 'function') functions[name] = guard(`${id}#${name}`, target, implementation as Functions[string]);
    else if (id === LIFECYCLE && implementation === undefined) functions[name] = guard(`${id}#${name}`, target, () => undefined);
    else throw new Error(`definePlugin provides ${id} without its function ${name}`);
  }
  return functions;
}
