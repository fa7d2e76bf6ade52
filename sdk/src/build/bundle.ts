/**
 * Step 1 of a build: esbuild makes one ES module of the author's TypeScript. Interfaces of WIT stay imports, and
 * globals that QuickJS lacks are added only when the code names them, because what the module imports is the
 * component's capability list.
 *
 * It takes two passes. The first bundles the author's code alone, so that all of it, CommonJS dependencies too, is one
 * ES module whose free names esbuild can see one by one; the second joins it to the SDK's own modules.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, type BuildOptions, build, type Message, type Plugin } from 'esbuild';
import { BuildError, type Problem } from './build-error.ts';
import { nearest } from './nearest.ts';

const sdkSource = join(dirname(fileURLToPath(import.meta.url)), '..');

/** `forge:host/dirs@0.1.0` and the like. */
const WIT_ID = /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*(@.+)?$/;

/** What guests may import of the SDK. */
const SDK_MODULES: Readonly<Record<string, string>> = {
  '@forgeone/sdk': 'guest/index.ts',
  '@forgeone/sdk/app': 'app/index.ts',
};

/** The specifier under which the second pass sees the author's code. */
export const AUTHOR_MODULE = 'forge-build:author';

export interface AuthorOptions {
  /** The author's entry file, absolute. */
  readonly source: string;
  /** Messages name files relative to it. */
  readonly projectDir: string;
  /** Ids of all interfaces there are. */
  readonly interfaces: ReadonlySet<string>;
  /** What to write when the entry has no default export. */
  readonly missingDefault: string;
}

/** The author's code as one module; its source map is inline. */
export interface AuthorBundle {
  readonly code: string;
  readonly warnings: readonly Problem[];
}

export interface BundleOptions {
  /** Text of the module that the component is made from; it imports {@link AUTHOR_MODULE}. */
  readonly entry: string;
  /** Messages name files relative to it. */
  readonly projectDir: string;
  /** Modules that stand in for globals, relative to the SDK's sources. */
  readonly globals: readonly string[];
  /** SDK module that takes the place of another, relative to the SDK's sources. */
  readonly replace?: Readonly<Record<string, string>>;
  readonly minify: boolean;
}

export interface Bundle {
  readonly code: string;
  /** Source map version 3, as JSON. */
  readonly sourceMap: string;
  /** Ids of the WIT interfaces the code uses, sorted. */
  readonly imports: readonly string[];
  readonly warnings: readonly Problem[];
}

const SHARED: BuildOptions = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['forge', 'worker', 'import'],
  target: 'es2023',
  // QuickJS never runs its own promise jobs in a synchronous component; see guest/globals/promise.ts.
  supported: { 'async-await': false, 'async-generator': false, 'for-await': false, 'top-level-await': false },
  charset: 'utf8',
  sourcesContent: true,
  legalComments: 'none',
  logLevel: 'silent',
  define: { 'process.env.NODE_ENV': '"production"' },
  // The author's tsconfig.json is for the editor; one compiler setting for all guests.
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true, target: 'ES2023' } },
};

/** Leaves WIT interfaces as imports and explains what cannot be imported. */
function guestImports(known: ReadonlySet<string>): Plugin {
  return {
    name: 'guest-imports',
    setup(bundle) {
      bundle.onResolve({ filter: /^node:/ }, ({ path }) => ({
        errors: [{ text: `"${path}" is not there: a guest has no Node modules`, notes: [{ text: 'what a guest has is in the README of @forgeone/sdk' }] }],
      }));
      bundle.onResolve({ filter: WIT_ID }, ({ path }) => {
        // Without side effects: an interface that is imported but not used is no capability.
        if (known.has(path)) return { path, external: true, sideEffects: false };
        const meant = nearest(path, known);
        return { errors: [{ text: `there is no WIT interface "${path}"`, notes: meant ? [{ text: `did you mean "${meant}"?` }] : [] }] };
      });
      bundle.onResolve({ filter: /^@forgeone\/sdk(\/|$)/ }, ({ path }) => {
        if (Object.hasOwn(SDK_MODULES, path)) return { path, external: true, sideEffects: false };
        return { errors: [{ text: `"${path}" is not for guests`, notes: [{ text: `guests import ${Object.keys(SDK_MODULES).join(' or ')}` }] }] };
      });
    },
  };
}

/** Brings the SDK's modules in: always the build's own, so that definition and wiring share one Refusal class. */
function sdkModules(author: string, replace: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'sdk-modules',
    setup(bundle) {
      bundle.onResolve({ filter: /^forge-build:author$/ }, ({ path }) => ({ path, namespace: 'author' }));
      bundle.onLoad({ filter: /.*/, namespace: 'author' }, () => ({ contents: author, loader: 'js', resolveDir: sdkSource }));
      bundle.onResolve({ filter: WIT_ID }, ({ path }) => ({ path, external: true, sideEffects: false }));
      bundle.onResolve({ filter: /^@forgeone\/sdk(\/|$)/ }, ({ path }) => ({ path: join(sdkSource, SDK_MODULES[path] ?? path), sideEffects: false }));
      bundle.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const full = join(resolveDir, path);
        const other = Object.entries(replace).find(([from]) => join(sdkSource, from) === full)?.[1];
        return other ? { path: join(sdkSource, other), sideEffects: false } : undefined;
      });
      bundle.onLoad({ filter: /globals[/\\]whatwg-url\.ts$/ }, async ({ path }) => ({ contents: await bundleWhatwgUrl(path), loader: 'js' }));
    },
  };
}

let whatwgUrl: Promise<string> | undefined;

/** whatwg-url as one ES module without its tables (see guest/globals/url-host.ts). CommonJS, so it needs its own pass. */
function bundleWhatwgUrl(path: string): Promise<string> {
  const substitutes: Record<string, string> = { tr46: 'url-host.ts', '@exodus/bytes/whatwg.js': 'url-encoding.ts', '@exodus/bytes/encoding.js': 'nothing.ts' };
  const slim: Plugin = {
    name: 'slim-whatwg-url',
    setup(bundle) {
      bundle.onResolve({ filter: /^(tr46$|@exodus\/bytes\/)/ }, ({ path: wanted }) => {
        const file = substitutes[wanted];
        return file ? { path: join(dirname(path), file) } : { errors: [{ text: `whatwg-url now needs ${wanted}: say in bundle.ts what takes its place` }] };
      });
    },
  };
  whatwgUrl ??= build({ ...SHARED, entryPoints: [path], plugins: [slim] }).then((result) => result.outputFiles?.[0]?.text ?? '');
  return whatwgUrl;
}

const toProblem = (message: Message): Problem => ({
  message: message.text,
  file: message.location?.file,
  line: message.location?.line,
  column: message.location ? message.location.column + 1 : undefined,
  hint: message.notes.map((note) => note.text).join('\n') || undefined,
});

async function run(options: BuildOptions) {
  try {
    return await build({ ...SHARED, ...options, metafile: true });
  } catch (failure) {
    const { errors } = failure as Partial<BuildFailure>;
    if (!Array.isArray(errors)) throw failure;
    throw new BuildError(errors.map(toProblem), { cause: failure });
  }
}

/** First pass: the author's code alone. */
export async function bundleAuthor({ source, projectDir, interfaces, missingDefault }: AuthorOptions): Promise<AuthorBundle> {
  const result = await run({ entryPoints: [source], absWorkingDir: projectDir, outdir: projectDir, sourcemap: 'inline', plugins: [guestImports(interfaces)] });
  const exports = Object.values(result.metafile?.outputs ?? {}).flatMap((output) => output.exports);
  if (!exports.includes('default')) throw new BuildError([{ file: relative(projectDir, source), message: 'there is no default export', hint: missingDefault }]);
  return { code: result.outputFiles?.[0]?.text ?? '', warnings: result.warnings.map(toProblem) };
}

/** Sources of the SDK are called as they are imported, wherever they are installed; the author's stay relative to the project. */
function nameSdkSources(sourceMap: string, projectDir: string): string {
  const map = JSON.parse(sourceMap) as { sources: string[] };
  map.sources = map.sources.map((source) => {
    const below = relative(sdkSource, resolve(projectDir, source));
    return below.startsWith('..') ? source : `@forgeone/sdk/${below}`;
  });
  return JSON.stringify(map);
}

/** Second pass: the module the component is made from. */
export async function bundleGuest(author: AuthorBundle, options: BundleOptions): Promise<Bundle> {
  const { entry, projectDir, globals, minify } = options;
  const result = await run({
    stdin: { contents: entry, resolveDir: sdkSource, sourcefile: 'forge-entry.js', loader: 'js' },
    absWorkingDir: projectDir,
    outfile: join(projectDir, 'guest.js'),
    sourcemap: 'external',
    minify,
    // Names of functions and classes are what stacks show.
    keepNames: minify,
    inject: globals.map((file) => join(sdkSource, file)),
    plugins: [sdkModules(author.code, options.replace ?? {})],
  });
  const output = Object.entries(result.metafile?.outputs ?? {}).find(([path]) => path.endsWith('guest.js'))?.[1];
  const text = (suffix: string): string => result.outputFiles?.find((file) => file.path.endsWith(suffix))?.text ?? '';
  return {
    code: text('guest.js'),
    sourceMap: nameSdkSources(text('guest.js.map'), projectDir),
    imports: [...new Set((output?.imports ?? []).filter((item) => item.external).map((item) => item.path))].sort(),
    warnings: [...author.warnings, ...result.warnings.map(toProblem)],
  };
}
