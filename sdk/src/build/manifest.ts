/** Reads what a build needs of `forge.toml`. Checking the whole manifest is the package format's task (`@forgeone/package`). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { BuildError } from './build-error.ts';

/** The part of the manifest that decides what a plugin's component looks like. */
export interface PluginManifest {
  /** Entry file, relative to the project. */
  readonly source: string;
  /** Ids of the interfaces it provides, for example `forge:storage/volumes@0.1.0`. */
  readonly provides: readonly string[];
}

const isStrings = (value: unknown): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Takes the plugin's part out of a parsed manifest. */
export function readPluginManifest(manifest: unknown, file = 'forge.toml'): PluginManifest {
  const plugin = (manifest as { plugin?: { source?: unknown; provides?: unknown } } | null)?.plugin;
  if (typeof plugin !== 'object' || plugin === null)
    throw new BuildError([{ file, message: 'there is no [plugin] table', hint: 'add: [plugin]\nsource = "src/plugin.ts"\nprovides = []' }]);
  const { source = 'src/plugin.ts', provides = [] } = plugin;
  if (typeof source !== 'string') throw new BuildError([{ file, message: '[plugin] source is not a string' }]);
  if (!isStrings(provides)) throw new BuildError([{ file, message: '[plugin] provides is not a list of strings' }]);
  return { source, provides };
}

/** Parses `forge.toml` of a project. */
export async function loadManifest(projectDir: string): Promise<unknown> {
  const file = join(projectDir, 'forge.toml');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new BuildError([{ file, message: 'cannot be read', hint: 'give buildPlugin a `manifest`, or make the file' }], { cause });
  });
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new BuildError([{ file, line: error.line, column: error.column, message: error.message.split('\n')[0] ?? 'not TOML' }], { cause: error });
  }
}
