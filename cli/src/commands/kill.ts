/** `forge kill`: ends containers at once. */
import { killContainer } from '../control/container.ts';
import type { CommandDefinition } from './command.ts';
import { eachContainer } from './each-container.ts';
import { readGlobalOptions } from './global-options.ts';

export const kill: CommandDefinition = {
  name: 'kill',
  summary: 'End containers at once',
  operands: [['<container...>', 'names, ids, or the first 4 or more digits of an id']],
  examples: [['forge kill web', 'its exit code is then 137']],
  action: (names, words, session) => eachContainer(names, readGlobalOptions(words, session), session, async (client, name) => void (await killContainer(client, name))),
};
