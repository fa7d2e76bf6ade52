/** `forge start`: starts containers that were created or have ended. */
import { startContainer } from '../control/container.ts';
import type { CommandDefinition } from './command.ts';
import { eachContainer } from './each-container.ts';
import { readGlobalOptions } from './global-options.ts';

export const start: CommandDefinition = {
  name: 'start',
  summary: 'Start containers that were created or have ended',
  operands: [['<container...>', 'names, ids, or the first 4 or more digits of an id']],
  examples: [['forge start web', 'start it again']],
  action: (names, words, session) => eachContainer(names, readGlobalOptions(words, session), session, async (client, name) => void (await startContainer(client, name))),
};
