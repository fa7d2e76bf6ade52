/** `forge run` for commander: its help, and what is wrong with words that the quick reader did not take (see words/run-words.ts). */

import { Refusal } from '@forgeone/kernel/errors';
import { type Command, Option } from 'commander';
import { RUN_FLAGS, type RunFlag, readRunWords } from '../words/run-words.ts';
import { helpText, type Runner } from './command.ts';
import { run } from './run.ts';

const GLOBAL = new Set<string>(['--format', '--home', '--log-level']);

const NOTES = `Options end at FILE: what follows belongs to the program. FILE is a .forgepkg, an OCI layout with a
CNCF wasm artifact or wasm image, or a .wasm (component or WASI preview 1).

Standard input is forwarded when it is a pipe or a file; from a terminal only with -i.
To name a directory in -v is to let the program in.

Exit code: the program's own (of several containers the first that is not 0); 124 after --timeout,
125 when the platform could not start it, 126 when FILE cannot be run, 127 when there is no FILE,
130 and 143 after Ctrl-C and SIGTERM (the second one ends the program at once), 134 after a trap.`;

const EXAMPLES = [
  ['forge run hello.forgepkg', 'run it and pass on its exit code'],
  ['forge run -v ./data:/data:ro -e MODE=fast app.wasm -x 1', 'a directory to read, a variable, arguments'],
  ['forge run --memory 64m --timeout 30s job.forgepkg < input', 'with limits and input'],
  ['forge run -d --name web --restart always web.forgepkg', 'leave it to the daemon (forge serve)'],
] as const;

export function addRun(program: Command, { session, finish }: Runner): void {
  const command = program
    .command('run')
    .description('Run a package in the foreground, or leave it to the daemon')
    .argument('<file>', 'what to run')
    .argument('[arg...]', 'for the program')
    .passThroughOptions();
  for (const flag of RUN_FLAGS) command.addOption(optionOf(flag));
  command.helpOption('-h, --help', 'show this help').addHelpText('after', helpText({ examples: EXAMPLES, notes: NOTES }));
  command.action(async (_file: string, _args: string[], _options: unknown, { parent }: Command) => {
    // Reached with options before the command's name: `forge --home DIR run FILE`.
    const at = parent?.args.indexOf('run') ?? -1;
    const words = readRunWords([...globalWords(parent), ...(parent?.args.slice(at + 1) ?? [])]);
    if (!words) throw new Refusal('invalid', 'the words could not be read', { hint: 'forge run --help' });
    finish(await run(words, session));
  });
}

function globalWords(program: Command | null): string[] {
  const { home, logLevel, format } = (program?.opts() ?? {}) as { home?: string; logLevel?: string; format?: string };
  return [...(home ? [`--home=${home}`] : []), ...(logLevel ? [`--log-level=${logLevel}`] : []), ...(format ? [`--format=${format}`] : [])];
}

function optionOf({ long, short, value, many, help }: RunFlag): Option {
  const option = new Option(`${short ? `${short}, ` : ''}${long}${value ? ` <${value}>` : ''}`, many ? `${help} (several times)` : help);
  if (many) option.argParser((word: string, before: readonly string[] | undefined) => [...(before ?? []), word]);
  return GLOBAL.has(long) ? option.helpGroup('Global options:') : option;
}
