/** Builds a command line app: TypeScript in, a `wasi:cli/command` component out. */
import { dirname, join, resolve } from 'node:path';
import { type BuiltGuest, writeComponent } from './build-plugin.ts';
import { AUTHOR_MODULE, bundleAuthor, bundleGuest } from './bundle.ts';
import { componentizeGuest } from './componentize-guest.ts';
import { APP_GLOBALS } from './globals.ts';
import { abiDir, readWitSource } from './wit-source.ts';

export interface BuildAppOptions {
  /** The file that exports the main function by default. */
  readonly entry: string;
  /** Messages name files relative to it, and its `wit/` may bring interfaces. Default: the entry's directory. */
  readonly projectDir?: string;
  /** Where to write the component; its source map goes beside it as `.map`. Default: nowhere. */
  readonly outFile?: string;
  /** Default: false. */
  readonly minify?: boolean;
}

const RUN = 'wasi:cli/run@0.2.12';

/** What QuickJS itself imports when WASI is there (componentize-qjs 0.4.5); every host of a command has it. */
const RUNTIME_IMPORTS = [
  'wasi:cli/environment@0.2.12',
  'wasi:cli/exit@0.2.12',
  'wasi:cli/stderr@0.2.12',
  'wasi:cli/stdin@0.2.12',
  'wasi:cli/stdout@0.2.12',
  'wasi:cli/terminal-input@0.2.12',
  'wasi:cli/terminal-output@0.2.12',
  'wasi:cli/terminal-stderr@0.2.12',
  'wasi:cli/terminal-stdin@0.2.12',
  'wasi:cli/terminal-stdout@0.2.12',
  'wasi:clocks/monotonic-clock@0.2.12',
  'wasi:clocks/wall-clock@0.2.12',
  'wasi:filesystem/preopens@0.2.12',
  'wasi:filesystem/types@0.2.12',
  'wasi:io/error@0.2.12',
  'wasi:io/poll@0.2.12',
  'wasi:io/streams@0.2.12',
  'wasi:random/insecure-seed@0.2.12',
];

const appEntry = (): string =>
  [
    `import main from ${JSON.stringify(AUTHOR_MODULE)};`,
    `import { checkMain, runApp } from './app/run-app.ts';`,
    'checkMain(main);',
    'export const run = { run: () => runApp(main) };',
    '',
  ].join('\n');

export async function buildApp(options: BuildAppOptions): Promise<BuiltGuest> {
  const startedAt = performance.now();
  const source = resolve(options.entry);
  const projectDir = resolve(options.projectDir ?? dirname(source));
  const wit = await readWitSource([abiDir(), join(projectDir, 'wit')]);
  const author = await bundleAuthor({ source, projectDir, interfaces: new Set(wit.interfaces.keys()), missingDefault: 'export default function main() { ... }' });
  const bundle = await bundleGuest(author, {
    entry: appEntry(),
    projectDir,
    globals: APP_GLOBALS,
    replace: { 'guest/platform.ts': 'app/platform.ts' },
    minify: options.minify ?? false,
  });
  const component = await componentizeGuest({ bundle, wit, imports: bundle.imports, exports: [RUN], stubWasi: false });
  if (options.outFile) await writeComponent(options.outFile, component, bundle.sourceMap);
  return {
    component,
    imports: [...new Set([...RUNTIME_IMPORTS, ...bundle.imports])].sort(),
    exports: [RUN],
    size: component.byteLength,
    ms: performance.now() - startedAt,
    sourceMap: bundle.sourceMap,
    warnings: bundle.warnings,
  };
}
