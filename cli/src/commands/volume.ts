/** `forge volume`: named volumes, which outlive the containers that use them. Works with and without a daemon. */
import { ask, pathPart } from '../control/ask.ts';
import { withPlatform } from '../control/reach.ts';
import { EXIT } from '../exit-code.ts';
import { toFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { printTime } from '../terminal/age.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import { printFailure } from '../terminal/print-failure.ts';
import { printFields, printTable } from '../terminal/table.ts';
import { parseCount } from '../words/count.ts';
import { parseSize, printSize } from '../words/size.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

/** `forge:storage/volumes.volume` in JSON; what is missing in an answer is shown as such. */
interface Volume {
  readonly name: string;
  readonly createdMs: number;
  readonly bytesMax: number;
  readonly entriesMax: number;
}

function readVolume(json: unknown): Volume {
  const { name, createdMs, bytesMax, entriesMax } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return { name: typeof name === 'string' ? name : '', createdMs: count(createdMs), bytesMax: count(bytesMax), entriesMax: count(entriesMax) };
}

const quotaOf = (bytesMax: number): string => (bytesMax === 0 ? 'none' : printSize(bytesMax));

const list: CommandDefinition = {
  name: 'ls',
  summary: 'List volumes',
  options: [['-q, --quiet', 'names only']],
  examples: [['forge volume ls --format json', 'for programs']],
  action: (_, words, session) => {
    const options = readGlobalOptions(words, session);
    return withPlatform(options, session, async (client) => {
      const { json } = await ask(client, { method: 'GET', path: '/v1/volumes' });
      const found = (json as { volumes?: unknown } | undefined)?.volumes;
      const volumes = (Array.isArray(found) ? found : []).map(readVolume);
      if (options.json) session.out(`${printJson(found ?? [])}\n`);
      else if (words['quiet'] === true) session.out(volumes.map(({ name }) => `${neutralise(name)}\n`).join(''));
      else
        session.out(
          printTable(
            ['NAME', 'CREATED', 'QUOTA'],
            volumes.map(({ name, createdMs, bytesMax }) => [name, printTime(createdMs), quotaOf(bytesMax)]),
          ),
        );
      return EXIT.ok;
    });
  },
};

const create: CommandDefinition = {
  name: 'create',
  summary: 'Make a volume',
  operands: [['<name>', '1 to 63 of a-z 0-9 . _ -']],
  options: [
    ['--size <size>', 'quota of bytes: 64m, 10g (default: none)'],
    ['--entries <count>', 'quota of files, directories and links (default: none)'],
  ],
  examples: [['forge volume create --size 1g data', 'of at most one gibibyte']],
  action: ([name = ''], words, session) => {
    const options = readGlobalOptions(words, session);
    const { size, entries } = words;
    const bytesMax = typeof size === 'string' ? parseSize(size, '--size') : 0;
    const entriesMax = typeof entries === 'string' ? parseCount(entries, '--entries') : 0;
    return withPlatform(options, session, async (client) => {
      const { json } = await ask(client, { method: 'POST', path: '/v1/volumes', body: { name, bytesMax, entriesMax } });
      session.out(options.json ? `${printJson(json)}\n` : `${neutralise(readVolume(json).name || name)}\n`);
      return EXIT.ok;
    });
  },
};

const remove: CommandDefinition = {
  name: 'rm',
  summary: 'Remove volumes with all they hold',
  operands: [['<name...>', 'volumes that no container uses']],
  examples: [['forge volume rm data', 'there is no way back']],
  action: (names, words, session) => {
    const options = readGlobalOptions(words, session);
    return withPlatform(options, session, async (client) => {
      let exitCode: number = EXIT.ok;
      for (const name of names) {
        try {
          await ask(client, { method: 'DELETE', path: `/v1/volumes/${pathPart(name)}` });
          session.out(options.json ? `${printJson({ removed: name })}\n` : `${neutralise(name)}\n`);
        } catch (thrown) {
          exitCode ||= report(thrown, options.json, session);
        }
      }
      return exitCode;
    });
  },
};

function report(thrown: unknown, json: boolean, session: Session): number {
  const failure = toFailure(thrown);
  session.err(printFailure(failure, { json, debug: session.env['FORGE_DEBUG'] === '1' }));
  return failure.exitCode;
}

const inspect: CommandDefinition = {
  name: 'inspect',
  summary: 'Show a volume',
  operands: [['<name>', 'a volume']],
  examples: [['forge volume inspect data', 'its age and quotas']],
  action: ([name = ''], words, session) => {
    const options = readGlobalOptions(words, session);
    return withPlatform(options, session, async (client) => {
      const { json } = await ask(client, { method: 'GET', path: `/v1/volumes/${pathPart(name)}` });
      const volume = readVolume(json);
      const fields = [
        ['volume', volume.name],
        ['created', printTime(volume.createdMs)],
        ['quota', quotaOf(volume.bytesMax)],
        ['entries', volume.entriesMax === 0 ? 'no limit' : `at most ${volume.entriesMax}`],
      ] as const;
      session.out(options.json ? `${printJson(json, 2)}\n` : printFields(fields));
      return EXIT.ok;
    });
  },
};

export const VOLUME_COMMANDS: readonly CommandDefinition[] = [list, create, remove, inspect];
