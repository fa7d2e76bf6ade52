/**
 * What the runtime reads of a container's table in the manifest (forge.toml `[[container]]`, checked when the package
 * was installed). A damaged one is refused rather than guessed at (call path step 6).
 */

import type { Mount, RestartPolicy } from 'forge:container/runtime@0.1.0';
import type { Isolation } from 'forge:types/identity@0.1.0';
import { refuse } from '@forgeone/sdk';

export interface Manifest {
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly mounts: readonly Mount[];
  /** 0: none. */
  readonly memoryBytes: number;
  /** 0: none. */
  readonly wallMs: number;
  /** What may be written outside of volumes; 0: the platform's default. */
  readonly storageBytes: number;
  readonly restart: RestartPolicy;
  /** In a row; 0: no bound. */
  readonly restartsMax: number;
  readonly isolation: Isolation;
  readonly allowedOutboundHosts: readonly string[];
}

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isString);

const RESTARTS: readonly RestartPolicy[] = ['no', 'on-failure', 'always'];
const ISOLATIONS: readonly Isolation[] = ['shared', 'worker', 'process'];

/** Units of sizes, as the manifest's schema has them. */
const UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/** `where` names the package and container, for errors. */
export function readManifest(text: string, where: string): Manifest {
  const damaged = (what: string): never => {
    throw refuse.invalid(`the manifest of ${where} is damaged: ${what}`, { where, hint: 'build and install the package again' });
  };
  const table = parse(text);
  if (!isObject(table)) return damaged('it is no table');
  for (const key of ['image', 'layers']) {
    if (table[key] !== undefined)
      throw refuse.unsupported(`${where} has \`${key}\`, and this runtime runs components only`, { where: `container.${key}`, hint: 'give the container a component' });
  }
  // Asked for and not given would be found out in production.
  for (const key of ['ports', 'networks', 'health']) {
    if (table[key] !== undefined)
      throw refuse.unsupported(`${where} asks for \`${key}\`, which this version does not have`, { where: `container.${key}`, hint: 'leave it out of forge.toml' });
  }

  const read = <T>(key: string, fallback: T, convert: (value: unknown) => T | undefined): T => {
    const value = table[key];
    return value === undefined ? fallback : (convert(value) ?? damaged(key));
  };
  const limits = read<Json>('limits', {}, (value) => (isObject(value) ? value : undefined));
  for (const key of ['cpu', 'pids']) {
    if (limits[key] !== undefined)
      throw refuse.unsupported(`${where} asks for the limit \`${key}\`, which this version does not enforce`, {
        where: `container.limits.${key}`,
        hint: 'leave it out of forge.toml',
      });
  }
  const limit = (key: string): number => (limits[key] === undefined ? 0 : (readSize(limits[key]) ?? damaged(`limits.${key}`)));
  const restart = read('restart', { policy: 'no' as RestartPolicy, restartsMax: 0 }, readRestart);
  const hosts = (value: unknown): readonly string[] | undefined => (isStrings(value) ? value : undefined);
  return {
    args: read('args', [], (value) => (isStrings(value) ? value : undefined)),
    env: read('env', [], readEnv),
    mounts: read('volumes', [], readVolumes),
    memoryBytes: limit('memory-bytes'),
    wallMs: limit('wall-ms'),
    storageBytes: limit('storage-bytes'),
    restart: restart.policy,
    restartsMax: restart.restartsMax,
    isolation: read('isolation', 'shared', (value) => ISOLATIONS.find((known) => known === value)),
    allowedOutboundHosts: read('allowed_outbound_hosts', read('allowed-outbound-hosts', [], hosts), hosts),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readEnv(value: unknown): [string, string][] | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, string] => isString(entry[1])) ? entries : undefined;
}

function readRestart(value: unknown): { policy: RestartPolicy; restartsMax: number } | undefined {
  const policy = RESTARTS.find((known) => known === (isObject(value) ? value['policy'] : value));
  const restartsMax = isObject(value) && value['max-retries'] !== undefined ? value['max-retries'] : 0;
  return policy !== undefined && typeof restartsMax === 'number' ? { policy, restartsMax } : undefined;
}

function readVolumes(value: unknown): Mount[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const mounts = value.map(readVolume);
  return mounts.every((mount) => mount !== undefined) ? mounts : undefined;
}

function readVolume(value: unknown): Mount | undefined {
  if (!isObject(value) || !isString(value['target'])) return undefined;
  const { name, target } = value;
  const readOnly = value['read-only'] === true;
  if (isString(name)) return { source: { tag: 'volume', val: name }, target, readOnly };
  return value['scratch'] === true ? { source: { tag: 'disk', val: 0 }, target, readOnly: false } : undefined;
}

/** Bytes or milliseconds as a number, or bytes with a unit. */
function readSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = isString(value) ? /^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)$/.exec(value) : null;
  const unit = UNITS[match?.[2] ?? ''];
  return unit === undefined ? undefined : Math.floor(Number(match?.[1]) * unit);
}
