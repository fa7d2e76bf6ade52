/** B4: the plugin that calls, in TypeScript. */
import * as target from 'bench:echo/echo@0.1.0';
import { monotonicNs } from 'forge:kernel/clock@0.1.0';
import { definePlugin } from '@forgeone/sdk';

const repeat = (times: number, work: () => void): void => {
  for (let time = 0; time < times; time += 1) work();
};

export default definePlugin({
  provides: {
    'bench:echo/driver@0.1.0': {
      idle: (times: number) => repeat(times, () => {}),
      nop: (times: number) => repeat(times, () => target.nop()),
      echo(times: number, bytes: number) {
        const data = new Uint8Array(bytes);
        repeat(times, () => target.echo(data));
      },
      clock: (times: number) => repeat(times, () => monotonicNs()),
    },
  },
});
