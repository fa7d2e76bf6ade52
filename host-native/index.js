// Loads the addon into this thread. All threads of the process get the same machine.
import { fileURLToPath } from 'node:url';

/** Path of the addon, beside this file. */
export const addonPath = fileURLToPath(new URL('./forge-host.node', import.meta.url));

let addon;

/** The exports of the addon. Throws what dlopen(3) says when it was not built or is for another machine. */
export function loadAddon() {
  if (addon === undefined) {
    const module = { exports: {} };
    process.dlopen(module, addonPath);
    addon = module.exports;
  }
  return addon;
}
