/** Builds a plugin: TypeScript in, WebAssembly component out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { WitInterface } from '../wit/parse.ts';
import { BuildError, type Problem } from './build-error.ts';
import { type Bundle, bundleAuthor, bundleGuest } from './bundle.ts';
import { componentizeGuest } from './componentize-guest.ts';
import { PLUGIN_GLOBALS } from './globals.ts';
import { loadManifest, readPluginManifest } from './manifest.ts';
import { nearest } from './nearest.ts';
import { pluginEntry } from './plugin-entry.ts';
import { abiDir, readWitSource, type WitSource } from './wit-source.ts';

export interface BuildPluginOptions {
  /** Directory of forge.toml, and of `wit/` when the plugin brings interfaces of its own. Default: the current directory. */
  readonly projectDir?: string;
  /** Entry file, in place of the manifest's `[plugin] source`. */
  readonly entry?: string;
  /** The parsed manifest, in place of forge.toml. */
  readonly manifest?: unknown;
  /** Where to write the component; its source map goes beside it as `.map`. Default: nowhere. */
  readonly outFile?: string;
  /** Shorter code inside the component, harder to read in stacks. Default: false. */
  readonly minify?: boolean;
}

export interface BuiltGuest {
  readonly component: Uint8Array;
  /** Ids of the interfaces it imports: its capability list. */
  readonly imports: readonly string[];
  /** Ids of the interfaces it exports. */
  readonly exports: readonly string[];
  /** Bytes of the component. */
  readonly size: number;
  /** How long the build took. */
  readonly ms: number;
  /** Source map of the JavaScript inside (version 3, JSON); `mapStack` reads stacks with it. */
  readonly sourceMap: string;
  readonly warnings: readonly Problem[];
}

const LIFECYCLE = 'forge:plugin/lifecycle@0.1.0';
const LISTENER = 'forge:plugin/listener@0.1.0';
const EVENTS = 'forge:kernel/events@0.1.0';

function mustFind(wit: WitSource, id: string): WitInterface {
  const found = wit.interfaces.get(id);
  if (found) return found;
  const meant = nearest(id, wit.interfaces.keys());
  throw new BuildError([{ file: 'forge.toml', message: `there is no WIT interface "${id}"`, hint: meant ? `did you mean "${meant}"?` : undefined }]);
}

/** QuickJS guests export an interface under its short name, so two of the same short name cannot live in one plugin. */
function refuseClashes(exported: readonly WitInterface[]): void {
  const seen = new Map<string, string>();
  for (const { name, id } of exported) {
    const other = seen.get(name);
    if (other) throw new BuildError([{ file: 'forge.toml', message: `${other} and ${id} cannot be provided by one plugin: both are called "${name}"` }]);
    seen.set(name, id);
  }
}

/** Whether the code takes `subscribe` or `schedule` from forge:kernel/events: then events are delivered to it. */
function listensTo(code: string): boolean {
  const source = `["']${EVENTS.replaceAll('.', '\\.')}["']`;
  if (new RegExp(`import\\s*\\{[^}]*\\b(?:subscribe|schedule)\\b[^}]*\\}\\s*from\\s*${source}`).test(code)) return true;
  const namespace = new RegExp(`import\\s*\\*\\s*as\\s+([\\w$]+)\\s+from\\s*${source}`).exec(code)?.[1];
  return namespace !== undefined && new RegExp(`${namespace.replaceAll('$', '\\$')}\\s*(\\?\\.|\\.)\\s*(?:subscribe|schedule)\\b`).test(code);
}

/** A plugin's module and world, before they become a component. */
export interface BundledPlugin {
  readonly bundle: Bundle;
  readonly wit: WitSource;
  /** Ids of the interfaces it exports. */
  readonly exports: readonly string[];
}

/** Everything of a build but the component. */
export async function bundlePlugin(options: BuildPluginOptions): Promise<BundledPlugin> {
  const projectDir = resolve(options.projectDir ?? (options.entry ? dirname(options.entry) : '.'));
  const manifest = readPluginManifest(options.manifest ?? (await loadManifest(projectDir)));
  const source = options.entry ? resolve(options.entry) : resolve(projectDir, manifest.source);
  const wit = await readWitSource([abiDir(), join(projectDir, 'wit')]);

  const provides = manifest.provides.map((id) => mustFind(wit, id));
  const lifecycle = mustFind(wit, LIFECYCLE);
  const listener = mustFind(wit, LISTENER);
  refuseClashes([...provides, lifecycle, listener]);

  const author = await bundleAuthor({ source, projectDir, interfaces: new Set(wit.interfaces.keys()), missingDefault: 'export default definePlugin({ ... })' });
  const listens = listensTo(author.code);
  const bundle = await bundleGuest(author, {
    entry: pluginEntry({ provides, lifecycle, listener: listens ? listener : undefined }),
    projectDir,
    globals: PLUGIN_GLOBALS,
    minify: options.minify ?? false,
  });
  return { bundle, wit, exports: [...provides, lifecycle, ...(listens ? [listener] : [])].map((item) => item.id) };
}

export async function buildPlugin(options: BuildPluginOptions = {}): Promise<BuiltGuest> {
  const startedAt = performance.now();
  const { bundle, wit, exports } = await bundlePlugin(options);
  const component = await componentizeGuest({ bundle, wit, imports: bundle.imports, exports, stubWasi: true });
  if (options.outFile) await writeComponent(options.outFile, component, bundle.sourceMap);
  return { component, imports: bundle.imports, exports, size: component.byteLength, ms: performance.now() - startedAt, sourceMap: bundle.sourceMap, warnings: bundle.warnings };
}

/** Writes a component and, beside it, its source map. */
export async function writeComponent(outFile: string, component: Uint8Array, sourceMap: string): Promise<void> {
  await mkdir(dirname(resolve(outFile)), { recursive: true });
  await writeFile(outFile, component);
  await writeFile(`${outFile}.map`, sourceMap);
}
