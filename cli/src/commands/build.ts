/** `forge build`: a project with a forge.toml becomes a .forgepkg. */
import { resolve } from 'node:path';
import { EXIT } from '../exit-code.ts';
import { toFailure } from '../failure.ts';
import type { Session } from '../session.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import { startProgress } from '../terminal/progress.ts';
import { printFields } from '../terminal/table.ts';
import { printSize } from '../words/size.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const build: CommandDefinition = {
  name: 'build',
  summary: 'Make a package of a project',
  operands: [['[dir]', 'directory with a forge.toml (default: this one)']],
  options: [['-o, --output <file>', 'where to write it (default: NAME.forgepkg in the project)']],
  examples: [
    ['forge build', 'the project in this directory'],
    ['forge build examples/hello -o hello.forgepkg', 'another one, to a file of your choice'],
  ],
  notes: 'TypeScript and JavaScript sources are compiled with the SDK; .wasm files and layers are taken as they are.',
  action: async ([dir = '.'], words, session) => {
    const { json, home } = readGlobalOptions(words, session);
    const { buildProject, openPackage, packageJson, viewPackage } = await import('../package/index.ts');
    const output = words['output'];
    const progress = startProgress({ isTerminal: () => session.isTerminal(2), columns: session.columns, write: session.err }, 'forge build');
    const built = await buildProject(resolve(session.cwd, dir), { out: typeof output === 'string' ? resolve(session.cwd, output) : undefined, onProgress: progress.step }).finally(
      progress.end,
    );
    const unrecorded = await recordBuilt(home, built.digest, session);
    // Read back what was written: what is printed is what anybody else will find in it.
    const view = await viewPackage(await openPackage(built.file));
    const warnings = [...built.warnings, ...unrecorded];
    if (json) {
      session.out(`${printJson({ file: built.file, size: built.size, warnings, ...(packageJson(view) as Record<string, unknown>) })}\n`);
      return EXIT.ok;
    }
    warn(warnings, session);
    const imports = [
      ...new Set([...view.components.values()].flatMap(({ info }) => (info.format === 'module' ? info.imports.map(({ module }) => module) : info.imports.map(({ name }) => name)))),
    ].sort();
    session.out(
      printFields([
        ['package', view.reader.reference],
        ['file', built.file],
        ['digest', built.digest],
        ['size', printSize(built.size)],
        ...imports.map((name, index) => [index === 0 ? 'imports' : '', name] as const),
      ]),
    );
    return EXIT.ok;
  },
};

/** The security plugin trusts what was built here more than what came from elsewhere. Without a state directory there is still a package. */
async function recordBuilt(home: string, digest: string, session: Session): Promise<string[]> {
  const kernel = await session.kernel();
  try {
    kernel.recordBuilt(home, digest);
    return [];
  } catch (thrown) {
    const failure = toFailure(thrown);
    if (failure.code === 'other') throw thrown;
    return [`it is not recorded as built here: ${failure.message}`];
  }
}

const warn = (warnings: readonly string[], session: Session): void => {
  for (const warning of warnings) session.err(`warning: ${neutralise(warning)}\n`);
};
