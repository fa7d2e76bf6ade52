/** What a plugin is: the functions it provides by interface, and what it does at the moments of its life. */
import type { Interfaces } from './interfaces.ts';

/** An interface's functions; each may be asynchronous as long as it settles within the call (see README.md). */
export type Implementation<Interface> = {
  readonly [Name in keyof Interface]: Interface[Name] extends (...args: infer Args) => infer Result ? (...args: Args) => Result | Promise<Result> : Interface[Name];
};

type Lifecycle = Implementation<Interfaces['forge:plugin/lifecycle@0.1.0']>;
type Listener = Implementation<Interfaces['forge:plugin/listener@0.1.0']>;

/** Interfaces that have a place of their own in the definition. */
type Reserved = 'forge:plugin/lifecycle@0.1.0' | 'forge:plugin/listener@0.1.0';

/** Implementations by interface id, for example `{ 'forge:storage/volumes@0.1.0': { create(name, bytesMax, entriesMax) {...} } }`. */
export type Provided = { readonly [Id in Exclude<keyof Interfaces, Reserved>]?: Implementation<Interfaces[Id]> };

export interface PluginDefinition {
  /**
   * `start` runs after instantiation and again after every restart: it is idempotent, and state lives in
   * forge:kernel/state. `health` and `stop` run before and at the end. What is left out does nothing.
   */
  readonly lifecycle?: Partial<Lifecycle>;
  /** Receives the events of the topics the plugin subscribed to (forge:kernel/events). */
  readonly listener?: Listener;
  /** Every interface of the manifest's `provides`, complete. */
  readonly provides?: Provided;
}

/**
 * The plugin itself: `export default definePlugin({...})` in the file that `[plugin] source` of forge.toml names.
 *
 * A function that throws a {@link Refusal} refuses; one that throws anything else has a bug: it is logged with its
 * stack, the caller sees `other`, and the instance lives on.
 */
export function definePlugin<const Definition extends PluginDefinition>(definition: Definition): Definition {
  return definition;
}
