/** What every command file exports, and how it is hung under `forge`. */
import type { Command } from 'commander';
import type { Session } from '../session.ts';
import { addGlobalOptions } from './global-options.ts';

/** A command's action: its operands and options as commander read them; gives the exit code. */
export type Action = (operands: readonly string[], options: Readonly<Record<string, unknown>>, session: Session) => Promise<number>;

export interface CommandDefinition {
  readonly name: string;
  /** Operands, as commander writes them: `<id...>`. */
  readonly operands?: readonly (readonly [name: string, help: string])[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** Flags and help, as commander takes them. */
  readonly options?: readonly (readonly [flags: string, help: string])[];
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** Further paragraphs for the help. */
  readonly notes?: string;
  readonly action: Action;
}

export interface Runner {
  readonly session: Session;
  /** Takes the exit code. */
  readonly finish: (code: number) => void;
}

export function addCommand(parent: Command, definition: CommandDefinition, { session, finish }: Runner): Command {
  const command = parent.command(definition.name).description(definition.summary);
  for (const [name, help] of definition.operands ?? []) command.argument(name, help);
  for (const [flags, help] of definition.options ?? []) command.option(flags, help);
  addGlobalOptions(command);
  command.addHelpText('after', helpText(definition));
  return command.action(async (...given: unknown[]) => {
    const operands = given
      .slice(0, -2)
      .flat()
      .filter((word) => typeof word === 'string');
    finish(await definition.action(operands, command.optsWithGlobals(), session));
  });
}

export function helpText({ examples, notes }: Pick<CommandDefinition, 'examples' | 'notes'>): string {
  const width = Math.max(0, ...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`);
  return [notes ? `\n${notes}` : '', lines.length > 0 ? `\nExamples:\n${lines.join('\n')}` : ''].join('\n');
}
