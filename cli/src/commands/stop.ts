/** `forge stop`: asks containers to end, and ends them after a grace. */
import { stopContainer } from '../control/container.ts';
import { parseDuration } from '../words/duration.ts';
import type { CommandDefinition } from './command.ts';
import { eachContainer } from './each-container.ts';
import { readGlobalOptions } from './global-options.ts';

export const stop: CommandDefinition = {
  name: 'stop',
  summary: 'Ask containers to end, and end them after a while',
  operands: [['<container...>', 'names, ids, or the first 4 or more digits of an id']],
  options: [['-t, --time <seconds>', 'how long to wait before it is ended (default: 10); also 500ms, 1m']],
  examples: [
    ['forge stop web', 'give it 10 seconds'],
    ['forge stop -t 0 web db', 'end both at once'],
  ],
  action: (names, words, session) => {
    const time = words['time'];
    const graceMs = typeof time === 'string' ? parseDuration(time, '--time') : undefined;
    return eachContainer(names, readGlobalOptions(words, session), session, async (client, name) => void (await stopContainer(client, name, graceMs)));
  },
};
