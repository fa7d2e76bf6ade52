/** The options that every command takes, before its name or after. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Session } from '../session.ts';
import { readFormat } from '../words/format.ts';
import { LOG_LEVELS, type LogLevel, readLogLevel } from '../words/log-level.ts';

/** As commander gives them. */
export interface GlobalWords {
  readonly home?: string;
  readonly logLevel?: string;
  readonly format?: string;
}

export interface GlobalOptions {
  readonly home: string;
  readonly logLevel: LogLevel | undefined;
  readonly json: boolean;
}

export function addGlobalOptions(command: Command): Command {
  return command
    .addOption(new Option('--home <dir>', 'state directory (default: $FORGE_HOME, else by XDG; /var/lib/forge for root)').helpGroup('Global options:'))
    .addOption(new Option('--log-level <level>', `log to standard error: ${LOG_LEVELS.join(', ')}`).helpGroup('Global options:'))
    .addOption(new Option('--format <format>', 'text or json').helpGroup('Global options:'))
    .helpOption('-h, --help', 'show this help');
}

export function readGlobalOptions(words: GlobalWords, session: Session): GlobalOptions {
  return {
    home: resolve(session.cwd, words.home ?? session.resolveHome(session.env)),
    logLevel: readLogLevel(words.logLevel),
    json: readFormat(words.format) === 'json',
  };
}
