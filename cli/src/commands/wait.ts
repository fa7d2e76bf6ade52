/** `forge wait`: waits until containers have ended and prints their exit codes. */
import { waitForEnd } from '../control/container.ts';
import type { CommandDefinition } from './command.ts';
import { eachContainer } from './each-container.ts';
import { readGlobalOptions } from './global-options.ts';

export const wait: CommandDefinition = {
  name: 'wait',
  summary: 'Wait until containers have ended and print their exit codes',
  operands: [['<container...>', 'names, ids, or the first 4 or more digits of an id']],
  examples: [['code=$(forge wait job)', 'the exit code of the container called job']],
  action: (names, words, session) =>
    eachContainer(names, readGlobalOptions(words, session), session, async (client, name) => (await waitForEnd(client, name)).exitCode ?? 'unknown'),
};
