/**
 * The composition file: which plugins there are, in which order, with which grants (before call path step 5).
 *
 * Boot stops, with file and line, at an unknown key, a grant without a reason, or a plugin that needs one below it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nearestKey } from '@forgeone/package';
import { parse as parseToml } from 'smol-toml';
import { KERNEL_INTERFACES } from '../domain/kernel-imports.ts';
import type { CompositionGrant } from '../domain/plugin-unit.ts';
import { serves, withoutVersion } from '../domain/plugin-unit.ts';
import { Refusal } from '../errors.ts';
import { LIMITS } from '../limits.ts';

export interface PluginDeclaration {
  readonly name: string;
  /** Absolute path of the component. */
  readonly component: string;
  readonly digest: string | undefined;
  readonly provides: readonly string[];
  readonly grants: readonly CompositionGrant[];
  readonly config: Readonly<Record<string, string>>;
  readonly memoryBytesMax: number;
  readonly deadlineMs: number;
  readonly oneShotState: 'durable' | 'process';
}

const PLUGIN_KEYS = ['name', 'component', 'digest', 'provides', 'grants', 'config', 'memory-bytes-max', 'deadline-ms', 'one-shot-state'];
const GRANT_KEYS = ['interface', 'actions', 'reason'];
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Finds where to point at: the nth `[[plugin]]`, then the first line in it that has the text. */
function lineOf(text: string, pluginIndex: number, needle: string): number {
  const lines = text.split('\n');
  let seen = -1;
  let header = 1;
  for (const [index, line] of lines.entries()) {
    if (/^\s*\[\[\s*plugin\s*\]\]/.test(line)) {
      seen += 1;
      if (seen === pluginIndex) header = index + 1;
    }
    if (seen === pluginIndex && needle && line.includes(needle)) return index + 1;
  }
  return header;
}

class Reader {
  readonly problems: string[] = [];
  readonly #file: string;
  readonly #text: string;
  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  problem(index: number, needle: string, message: string): void {
    this.problems.push(`${this.#file}:${lineOf(this.#text, index, needle)}: ${message}`);
  }

  keys(index: number, table: Record<string, unknown>, known: readonly string[]): void {
    for (const key of Object.keys(table)) {
      if (known.includes(key)) continue;
      const near = nearestKey(key, known);
      this.problem(index, key, `unknown key "${key}"${near ? `; did you mean "${near}"?` : `; known are ${known.join(', ')}`}`);
    }
  }

  string(index: number, table: Record<string, unknown>, key: string): string {
    const value = table[key];
    if (typeof value === 'string' && value !== '') return value;
    this.problem(index, key, `"${key}" is missing or no text`);
    return '';
  }

  strings(index: number, table: Record<string, unknown>, key: string): string[] {
    const value = table[key] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    this.problem(index, key, `"${key}" is a list of texts`);
    return [];
  }

  /** The first choice is the default. */
  choice<const T extends string>(index: number, table: Record<string, unknown>, key: string, choices: readonly [T, ...T[]]): T {
    const value = table[key] ?? choices[0];
    const found = choices.find((choice) => choice === value);
    if (found) return found;
    this.problem(index, key, `"${key}" is one of ${choices.join(', ')}`);
    return choices[0];
  }

  count(index: number, table: Record<string, unknown>, key: string, byDefault: number, max: number): number {
    const value = table[key] ?? byDefault;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= max) return value;
    this.problem(index, key, `"${key}" is a whole number from 1 to ${max}`);
    return byDefault;
  }
}

const isTable = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function readGrants(reader: Reader, index: number, table: Record<string, unknown>): CompositionGrant[] {
  const grants = table['grants'] ?? [];
  if (!Array.isArray(grants) || !grants.every(isTable)) {
    reader.problem(index, 'grants', '"grants" is a list of tables: [[plugin.grants]]');
    return [];
  }
  return grants.map((grant) => {
    reader.keys(index, grant, GRANT_KEYS);
    const name = reader.string(index, grant, 'interface');
    if (typeof grant['reason'] !== 'string' || grant['reason'].trim() === '') {
      reader.problem(index, name, `the grant of ${name} has no reason; say why: reason = "..."`);
    }
    return { interface: name, actions: reader.strings(index, grant, 'actions'), reason: String(grant['reason'] ?? '') };
  });
}

export function readComposition(file: string): PluginDeclaration[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Refusal('not-found', `the composition file cannot be read: ${(cause as Error).message}`, { where: file });
  }
  return parseComposition(file, text);
}

export function parseComposition(file: string, text: string): PluginDeclaration[] {
  let root: Record<string, unknown>;
  try {
    root = parseToml(text) as Record<string, unknown>;
  } catch (cause) {
    const { line, message } = cause as Error & { line?: number };
    throw new Refusal('invalid', `the composition is no TOML: ${message.split('\n')[0]}`, { where: `${file}:${line ?? 1}` });
  }
  const reader = new Reader(file, text);
  reader.keys(-1, root, ['plugin']);
  const tables = root['plugin'];
  if (!Array.isArray(tables) || tables.length === 0 || !tables.every(isTable)) {
    throw new Refusal('invalid', 'the composition names no plugin', { where: `${file}:1`, hint: '[[plugin]]' });
  }
  const plugins = tables.map((table, index): PluginDeclaration => {
    reader.keys(index, table, PLUGIN_KEYS);
    const name = reader.string(index, table, 'name');
    if (name && !NAME.test(name)) reader.problem(index, 'name', `"${name}" is no plugin name: a-z 0-9 -, a letter first`);
    const config = isTable(table['config']) ? table['config'] : {};
    return {
      name,
      component: resolve(dirname(file), reader.string(index, table, 'component')),
      digest: typeof table['digest'] === 'string' ? table['digest'] : undefined,
      provides: reader.strings(index, table, 'provides'),
      grants: readGrants(reader, index, table),
      config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)])),
      memoryBytesMax: reader.count(index, table, 'memory-bytes-max', LIMITS.pluginMemoryBytesMax, LIMITS.pluginMemoryBytesMax),
      deadlineMs: reader.count(index, table, 'deadline-ms', LIMITS.callDeadlineMs, LIMITS.callDeadlineMsMax),
      oneShotState: reader.choice(index, table, 'one-shot-state', ['durable', 'process'] as const),
    };
  });
  for (const [index, { name, component }] of plugins.entries()) {
    if (plugins.findIndex((other) => other.name === name) !== index) reader.problem(index, 'name', `there are two plugins called ${name}`);
    if (!existsSync(component)) reader.problem(index, 'component', `there is no file ${component}; build it: npm run build`);
  }
  if (reader.problems.length > 0) throw new Refusal('invalid', reader.problems.join('\n'), { where: file });
  return plugins;
}

/** Version of the interfaces that the kernel itself implements. */
const ABI = '0.1.0';

/** Checks binaries against the composition: every import granted or provided from above, every promised export there. */
export function checkComposition(
  file: string,
  text: string,
  plugins: readonly (PluginDeclaration & { readonly imports: readonly string[]; readonly exports: readonly string[] })[],
): void {
  const reader = new Reader(file, text);
  for (const [index, plugin] of plugins.entries()) {
    for (const wanted of plugin.imports) {
      const name = withoutVersion(wanted);
      if (name.startsWith('forge:types/')) continue;
      const isHost = name.startsWith('forge:host/');
      if (name.startsWith('forge:kernel/') || isHost) {
        if ((!isHost && !KERNEL_INTERFACES.includes(name)) || !serves(`${name}@${ABI}`, wanted))
          reader.problem(index, 'name', `${plugin.name} imports ${wanted}, which this kernel does not have`);
        // The kernel's own services need no grant.
        if (!isHost) continue;
        if (!plugin.grants.some((grant) => grant.interface === name)) {
          reader.problem(index, 'name', `${plugin.name} imports ${name}, which is not granted; add [[plugin.grants]] interface = "${name}", actions = [...], reason = "..."`);
        }
        continue;
      }
      const provider = plugins.findIndex((other) => other.provides.some((provided) => serves(provided, wanted)));
      if (provider < 0) reader.problem(index, 'name', `${plugin.name} imports ${wanted}, which no plugin provides`);
      else if (provider >= index) {
        reader.problem(
          index,
          'name',
          `${plugin.name} imports ${wanted} from ${plugins[provider]?.name}, which stands below it: calls go up; move ${plugins[provider]?.name} above ${plugin.name}`,
        );
      }
    }
    for (const promised of plugin.provides) {
      const other = plugins.slice(0, index).find(({ provides }) => provides.some((provided) => serves(provided, promised)));
      if (other) reader.problem(index, promised, `${plugin.name} provides ${promised}, and so does ${other.name}: nobody could say who is asked`);
      if (!plugin.exports.includes(promised)) reader.problem(index, promised, `${plugin.name} does not export ${promised}, which it is said to provide`);
    }
    for (const grant of plugin.grants) {
      if (!plugin.imports.some((wanted) => withoutVersion(wanted) === grant.interface)) {
        reader.problem(index, grant.interface, `${plugin.name} is granted ${grant.interface} but does not import it; remove the grant`);
      }
    }
  }
  if (reader.problems.length > 0) throw new Refusal('invalid', reader.problems.join('\n'), { where: file });
}
