/** `forge rm`: removes containers and their logs. */
import { removeContainer } from '../control/container.ts';
import type { CommandDefinition } from './command.ts';
import { eachContainer } from './each-container.ts';
import { readGlobalOptions } from './global-options.ts';

export const rm: CommandDefinition = {
  name: 'rm',
  summary: 'Remove containers and their logs',
  operands: [['<container...>', 'names, ids, or the first 4 or more digits of an id']],
  options: [['-f, --force', 'also those that run: they are ended at once']],
  examples: [
    ['forge rm job', 'one that has ended'],
    ['forge rm -f $(forge ps -aq)', 'all'],
  ],
  action: (names, words, session) =>
    eachContainer(names, readGlobalOptions(words, session), session, async (client, name) => void (await removeContainer(client, name, words['force'] === true))),
};
