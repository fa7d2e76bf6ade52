/** `forge ps`: lists containers. */
import { type Container, listContainers, shortId } from '../control/container.ts';
import { withDaemon } from '../control/reach.ts';
import { EXIT } from '../exit-code.ts';
import { printAge } from '../terminal/age.ts';
import { printJson } from '../terminal/neutralise.ts';
import { printTable } from '../terminal/table.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const ps: CommandDefinition = {
  name: 'ps',
  summary: 'List containers that run',
  options: [
    ['-a, --all', 'also those that do not run'],
    ['-q, --quiet', 'ids only'],
    ['--no-trunc', 'whole ids'],
  ],
  examples: [
    ['forge ps -a', 'all containers'],
    ['forge ps --format json', 'for programs'],
  ],
  action: async (_, words, session) => {
    const options = readGlobalOptions(words, session);
    const containers = await withDaemon(options, session, (client) => listContainers(client, words['all'] === true));
    // Commander's `--no-x` is an option `x` that is true unless given.
    const idOf = ({ id }: Container): string => (words['trunc'] === false ? id : shortId(id));
    if (options.json) session.out(`${printJson(containers.map(({ json }) => json))}\n`);
    else if (words['quiet'] === true) session.out(containers.map((container) => `${idOf(container)}\n`).join(''));
    else
      session.out(
        printTable(
          ['CONTAINER ID', 'NAME', 'IMAGE', 'CREATED', 'STATUS'],
          containers.map((container) => [
            idOf(container),
            container.name,
            container.image,
            `${printAge(container.createdMs, session.nowMs())} ago`,
            statusOf(container, session.nowMs()),
          ]),
        ),
      );
    return EXIT.ok;
  },
};

/** As podman says it. */
export function statusOf({ state, exitCode, startedMs, endedMs, restarts }: Container, nowMs: number): string {
  if (state === 'running') return `Up ${printAge(startedMs, nowMs)}${restarts > 0 ? `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : ''}`;
  if (state === 'stopped') return `Exited (${exitCode ?? '?'}) ${printAge(endedMs, nowMs)} ago`;
  if (state === 'restarting') return `Restarting after ${restarts} restart${restarts === 1 ? '' : 's'}`;
  return state === 'created' ? 'Created' : state;
}
