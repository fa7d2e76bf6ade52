/**
 * Settings of a node: from `config.toml` in the state directory, then the environment, then what the command line said;
 * the later wins. All are checked against {@link SETTINGS}, and all problems are told at once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestKey } from '@forgeone/package';
import { parse as parseToml } from 'smol-toml';
import { Refusal } from './errors.ts';
import { LIMITS, WASM_PAGE_BYTES } from './limits.ts';

export interface Config {
  /** Least level of log lines. */
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Linear memory of a guest that asks for nothing, in bytes. */
  readonly workloadMemoryBytes: number;
  /** Wall time of a guest that asks for none, in milliseconds; 0 for no end. */
  readonly workloadWallMs: number;
  /** Guests at once. */
  readonly workloadsMax: number;
  /** Threads kept ready for guests. */
  readonly workersIdle: number;
}

type Setting = { readonly name: keyof Config; readonly byDefault: Config[keyof Config] } & (
  | { readonly choices: readonly string[] }
  | { readonly min: number; readonly max: number }
);

/** By key in the file; the environment has the same in capitals after `FORGE_`. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  'log-level': { name: 'logLevel', byDefault: 'info', choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'] },
  'workload-memory-bytes': { name: 'workloadMemoryBytes', byDefault: LIMITS.workloadMemoryBytes, min: WASM_PAGE_BYTES, max: LIMITS.workloadMemoryBytesMax },
  'workload-wall-ms': { name: 'workloadWallMs', byDefault: 0, min: 0, max: LIMITS.timerMsMax },
  'workloads-max': { name: 'workloadsMax', byDefault: LIMITS.workloadsMax, min: 1, max: LIMITS.workloadsCeiling },
  'workers-idle': { name: 'workersIdle', byDefault: LIMITS.workersIdle, min: 0, max: LIMITS.workloadsCeiling },
};

const variableOf = (key: string): string => `FORGE_${key.toUpperCase().replaceAll('-', '_')}`;

/** The checked value, or what would be right. */
function check(setting: Setting, value: unknown): { readonly value: Config[keyof Config] } | { readonly wanted: string } {
  if ('choices' in setting) {
    return typeof value === 'string' && setting.choices.includes(value) ? { value: value as Config['logLevel'] } : { wanted: `one of ${setting.choices.join(', ')}` };
  }
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= setting.min && number <= setting.max) return { value: number };
  return { wanted: `a whole number from ${setting.min} to ${setting.max}` };
}

function readFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Refusal('unavailable', `the settings cannot be read: ${(cause as Error).message}`, { where: file });
  }
  try {
    return parseToml(text) as Record<string, unknown>;
  } catch (cause) {
    const { line, message } = cause as Error & { line?: number };
    throw new Refusal('invalid', `the settings are no TOML: ${message.split('\n')[0]}`, { where: `${file}:${line ?? 1}` });
  }
}

/** `flags` are what the command line said, already of the right type. */
export function loadConfig(home: string, env: NodeJS.ProcessEnv, flags: Partial<Config> = {}): Config {
  const file = join(home, 'config.toml');
  const problems: string[] = [];
  const config: Record<string, unknown> = Object.fromEntries(Object.values(SETTINGS).map(({ name, byDefault }) => [name, byDefault]));
  const take = (where: string, key: string, value: unknown): void => {
    const setting = SETTINGS[key];
    if (!setting) {
      const near = nearestKey(key, Object.keys(SETTINGS));
      problems.push(`${where}: unknown setting "${key}"${near ? `; did you mean "${near}"?` : `; known are ${Object.keys(SETTINGS).join(', ')}`}`);
      return;
    }
    const checked = check(setting, value);
    if ('value' in checked) config[setting.name] = checked.value;
    else problems.push(`${where}: "${key}" is ${checked.wanted}`);
  };
  for (const [key, value] of Object.entries(readFile(file))) take(file, key, value);
  for (const key of Object.keys(SETTINGS)) {
    const value = env[variableOf(key)];
    if (value !== undefined) take(variableOf(key), key, value);
  }
  for (const { name } of Object.values(SETTINGS)) if (flags[name] !== undefined) config[name] = flags[name];
  if (problems.length > 0) throw new Refusal('invalid', problems.join('\n'), { where: file });
  return config as unknown as Config;
}
