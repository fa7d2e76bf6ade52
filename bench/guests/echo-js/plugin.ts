/** B4: the plugin that is called, in TypeScript. */
import { definePlugin } from '@forgeone/sdk';

export default definePlugin({
  provides: {
    'bench:echo/echo@0.1.0': {
      nop() {},
      echo: (data: Uint8Array) => data,
    },
  },
});
