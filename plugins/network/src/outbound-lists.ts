/** Allow-lists that are in use, and by whom (call path step 6). Handles die with this plugin's generation, and so does this. */

import type * as outbound from 'forge:host/outbound@0.1.0';
import type * as call from 'forge:kernel/call@0.1.0';
import type { Handle } from 'forge:types/handles@0.1.0';
import { parseAllowList } from './allow-list.ts';
import { callingPlugin } from './caller.ts';

/** What this plugin asks of the platform. */
export interface Platform {
  readonly outbound: typeof outbound;
  readonly call: typeof call;
}

interface List {
  /** Ours; closing it kills the one the holder got. */
  readonly own: Handle;
  readonly holder: string;
}

export class OutboundLists {
  readonly #platform: Platform;
  readonly #lists = new Map<Handle, List>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Checks the entries and fixes them; the handle is the caller's. */
  prepare(allowed: readonly string[]): Handle {
    const { outbound, call } = this.#platform;
    const holder = callingPlugin(call.caller().chain);
    const own = outbound.define(parseAllowList(allowed));
    try {
      const handle = outbound.derive(own, holder);
      this.#lists.set(handle, { own, holder });
      return handle;
    } catch (thrown) {
      outbound.close(own);
      throw thrown;
    }
  }

  /** Ignores what is unknown, and what another plugin holds. */
  release(handle: Handle): void {
    const { outbound, call } = this.#platform;
    const list = this.#lists.get(handle);
    if (!list || list.holder !== callingPlugin(call.caller().chain)) return;
    this.#lists.delete(handle);
    outbound.close(list.own);
  }
}
