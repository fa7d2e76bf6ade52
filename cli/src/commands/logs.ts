/** `forge logs`: prints what a container wrote, its two streams to ours. */
import type { LogRecord } from '@forgeone/kernel/client';
import { LOG_STREAM, readLog } from '../control/log.ts';
import { withDaemon } from '../control/reach.ts';
import { EXIT } from '../exit-code.ts';
import { LogLines } from '../terminal/log-lines.ts';
import { parseCount } from '../words/count.ts';
import { parseInstant } from '../words/instant.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const logs: CommandDefinition = {
  name: 'logs',
  summary: 'Print what a container wrote',
  operands: [['<container>', 'name, id, or the first 4 or more digits of an id']],
  options: [
    ['-f, --follow', 'go on until it ends'],
    ['--tail <lines>', 'only the last so many lines, or all'],
    ['--since <time>', 'only what is not older: 10m, 2h, or 2026-01-31T12:00:00Z'],
    ['-t, --timestamps', 'put the time before each line'],
  ],
  examples: [
    ['forge logs -f --tail 20 web', 'the last 20 lines and all that follow'],
    ['forge logs --since 10m web 2>/dev/null', 'standard output of the last ten minutes'],
  ],
  notes: 'What the container wrote to its standard error goes to standard error. Bytes are passed on as they are.',
  action: async ([name = ''], words, session) => {
    const options = readGlobalOptions(words, session);
    const since = words['since'];
    const query = {
      follow: words['follow'] === true,
      tail: readTail(words['tail']),
      sinceMs: typeof since === 'string' ? parseInstant(since, session.nowMs(), '--since') : undefined,
    };
    await withDaemon(options, session, async (client) => {
      const lines = options.json ? new LogLines('json') : words['timestamps'] === true ? new LogLines('timed') : undefined;
      for await (const record of await readLog(client, name, query)) await session.pipe(...(lines?.take(record) ?? asWritten(record)));
      for (const rest of lines?.rest() ?? []) await session.pipe(...rest);
    });
    return EXIT.ok;
  },
};

const asWritten = ({ stream, bytes }: LogRecord): [1 | 2, Uint8Array] => [stream === LOG_STREAM.stdout ? 1 : 2, bytes];

export function readTail(word: unknown): number | undefined {
  if (typeof word !== 'string' || word === 'all') return undefined;
  return parseCount(word, '--tail');
}
