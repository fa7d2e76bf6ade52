/** The network plugin: decides what a workload may reach (call path step 6). The addon enforces it, below the guest. */

import * as outbound from 'forge:host/outbound@0.1.0';
import * as call from 'forge:kernel/call@0.1.0';
import { definePlugin } from '@forgeone/sdk';
import { OutboundLists } from './outbound-lists.ts';

const lists = new OutboundLists({ outbound, call });

export default definePlugin({
  provides: {
    'forge:network/outbound@0.1.0': {
      prepare: (allowed) => lists.prepare(allowed),
      release: (handle) => lists.release(handle),
    },
  },
});
