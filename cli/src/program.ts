/** All commands but the quick path of `run`, their help, and what is said about words that fit none (call path step 1). */
import { Command, CommanderError } from 'commander';
import { build } from './commands/build.ts';
import { addCommand, type CommandDefinition, type Runner } from './commands/command.ts';
import { doctor } from './commands/doctor.ts';
import { addGlobalOptions } from './commands/global-options.ts';
import { inspect } from './commands/inspect.ts';
import { kill } from './commands/kill.ts';
import { logs } from './commands/logs.ts';
import { ps } from './commands/ps.ts';
import { rm } from './commands/rm.ts';
import { addRun } from './commands/run-help.ts';
import { serve } from './commands/serve.ts';
import { start } from './commands/start.ts';
import { stop } from './commands/stop.ts';
import { validate } from './commands/validate.ts';
import { version } from './commands/version.ts';
import { VOLUME_COMMANDS } from './commands/volume.ts';
import { wait } from './commands/wait.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { CommandRefusal } from './failure.ts';
import type { Session } from './session.ts';
import { VERSION } from './version.ts';

/** In the order of the help; `run` and `volume` are put together differently. */
const GROUPS: readonly (readonly [heading: string, commands: readonly (CommandDefinition | 'run' | 'volume')[]])[] = [
  ['Packages:', [build, validate, inspect, 'run']],
  ['Containers:', [ps, logs, start, stop, kill, wait, rm]],
  ['Platform:', ['volume', serve, doctor, version]],
];

const FOOTER = `
Examples:
  forge build examples/hello                     make examples/hello/hello.forgepkg
  forge run examples/hello/hello.forgepkg        run it
  forge run -v ./data:/data app.forgepkg ARG     with a directory and an argument
  forge serve &                                  then: forge run -d, ps, logs, stop

FORGE_HOME names the state directory, FORGE_DEBUG=1 shows where errors come from.
forge COMMAND --help has the options and examples of a command.`;

/** With `only` that command alone, if there is one of that name: making all of them takes 5 ms. */
export function createProgram(runner: Runner, only?: string): Command {
  const program = new Command('forge').description('Builds, checks and runs ForgeOne packages.');
  addGlobalOptions(program).version(VERSION, '--version', 'show the version of forge').helpCommand('help [command]', 'show the help of a command').enablePositionalOptions();
  const nameOf = (command: CommandDefinition | 'run' | 'volume'): string => (typeof command === 'string' ? command : command.name);
  const known = GROUPS.some(([, commands]) => commands.some((command) => nameOf(command) === only));
  for (const [heading, commands] of GROUPS) {
    program.commandsGroup(heading);
    for (const command of commands) {
      if (known && nameOf(command) !== only) continue;
      if (command === 'run') addRun(program, runner);
      else if (command === 'volume') addVolume(program, runner);
      else addCommand(program, command, runner);
    }
  }
  program.addHelpText('after', FOOTER);
  return program;
}

function addVolume(program: Command, runner: Runner): void {
  const volume = program.command('volume').description('Make, list and remove named volumes');
  for (const definition of VOLUME_COMMANDS) addCommand(volume, definition, runner);
}

/** Help and versions go to standard output; every mistake becomes a refusal of ours. */
export async function runProgram(words: readonly string[], session: Session): Promise<number> {
  let exitCode: number = EXIT.ok;
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = createProgram({ session, finish }, words[0]);
  for (const command of withChildren(program)) command.exitOverride().configureOutput({ writeOut: session.out, writeErr: () => undefined });
  try {
    if (words.length === 0) program.outputHelp();
    else await program.parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return EXIT.ok;
    throw explain(thrown, words, program);
  }
}

const withChildren = (command: Command): Command[] => [command, ...command.commands.flatMap(withChildren)];

/** Commander's own sentences, in our form. */
function explain({ message }: CommanderError, words: readonly string[], program: Command): CommandRefusal {
  const [, said = message, guess] = /^(?:error: )?(.*?)(?:\n\(Did you mean (.*?)\?\))?$/s.exec(message) ?? [];
  const named = program.commands.find((command) => command.name() === words.find((word) => !word.startsWith('-')));
  const help = `forge ${named ? `${named.name()} ` : ''}--help`;
  const isGroup = message === '(outputHelp)';
  return new CommandRefusal(
    {
      code: 'invalid',
      message: isGroup ? `which one? ${named?.commands.map((command) => command.name()).join(', ') ?? ''}` : said,
      hint: guess ? `did you mean ${guess}? (${help})` : help,
    },
    { exitCode: named?.name() === 'run' ? EXIT.platform : exitCodeOf('invalid') },
  );
}
