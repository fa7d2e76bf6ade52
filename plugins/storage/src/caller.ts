/** Who made the call in progress: handles are made for that plugin and taken back from it only (call path step 6). */
import { refuse } from '@forgeone/sdk';

const PLUGIN_ID = /^spiffe:\/\/[^/]+\/plugin\/([a-z0-9][a-z0-9-]*)$/;

/** The plugin at the end of the chain. Throws `denied` when something else calls: only a plugin can hold a handle. */
export function callingPlugin(chain: readonly string[]): string {
  const name = PLUGIN_ID.exec(chain.at(-1) ?? '')?.[1];
  if (name === undefined) {
    throw refuse.denied('only a plugin can hold a handle', { where: chain.at(-1) ?? 'chain', hint: 'call the plugin that uses the handle, for example forge:container/runtime' });
  }
  return name;
}
