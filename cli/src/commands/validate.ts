/** `forge validate`: every problem of a package or project at once, each with its place and its remedy. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import type { Problem } from '../package/index.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import { problemLines } from '../terminal/print-failure.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const validate: CommandDefinition = {
  name: 'validate',
  summary: 'Check a package or project and list all that is wrong with it',
  operands: [['<file>', 'a .forgepkg, OCI layout (tar or directory), .wasm, or a project with a forge.toml']],
  examples: [
    ['forge validate app.forgepkg', 'every blob, every component, the manifest'],
    ['forge validate .', 'the forge.toml of the project here'],
  ],
  notes:
    'Nothing is run and nothing is written. The exit code is 0 when nothing is wrong, else that of the first problem: 64 invalid, 66 not found, 69 not supported, 75 past a limit.',
  action: async ([file = ''], words, session) => {
    const { json } = readGlobalOptions(words, session);
    const path = resolve(session.cwd, file);
    const problems = await findProblems(path, file);
    const [first] = problems;
    if (json) session.out(`${printJson({ file: path, valid: !first, problems })}\n`);
    else if (!first) session.out(`${neutralise(file)}: nothing is wrong\n`);
    else session.out(`${neutralise(file)}: ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}\n${problems.flatMap(problemLines).join('\n')}\n`);
    return first ? exitCodeOf(first.code) : EXIT.ok;
  },
};

async function findProblems(path: string, shown: string): Promise<readonly Problem[]> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) throw new Refusal('not-found', `there is no ${shown}`, { where: path });
  const { findProjectProblems, validatePackage } = await import('../package/index.ts');
  // An OCI layout is a directory too; only a project has a manifest in it.
  const isProject = info.isDirectory() && statSync(join(path, 'forge.toml'), { throwIfNoEntry: false })?.isFile();
  return isProject ? findProjectProblems(path) : validatePackage(path);
}
