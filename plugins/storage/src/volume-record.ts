/**
 * What is remembered of a volume, and in which states a `kill -9` can find it (call path step 6):
 *
 * ```
 *   (none) --create--> creating --directory made--> ready --remove--> removing --directory gone--> (none)
 * ```
 *
 * Each arrow is one transaction, and the directory changes between two of them. So a record always exists before its
 * directory and after it: whatever is interrupted is found again and finished, and no directory is left that nobody knows.
 */

import type { Volume } from 'forge:storage/volumes@0.1.0';
import { refuse } from '@forgeone/sdk';

export type VolumePhase = 'creating' | 'ready' | 'removing';

export interface VolumeRecord extends Volume {
  readonly phase: VolumePhase;
}

export const KEY_PREFIX = 'volume/';
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The name, or `invalid`. */
export function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw refuse.invalid(`${JSON.stringify(name.slice(0, 80))} is no volume name`, {
    where: 'name',
    hint: '1 to 63 of a-z 0-9 . _ - that begin with a letter or digit',
  });
}

/** The path as it is, or `invalid`: one directory has one spelling, so that the policy judges what is opened. */
export function checkPath(path: string): string {
  const parts = path.split('/').slice(1);
  const plain = path === '/' || parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (path.startsWith('/') && plain && !path.includes('\0') && path.length <= 4096) return path;
  throw refuse.invalid(`${JSON.stringify(path.slice(0, 80))} is no absolute path in its plain form`, {
    where: 'path',
    hint: 'begin with / and leave out //, /./, /../ and a last /',
  });
}

/** A quota as it came over the wire, or `invalid`: past 2^53 a number is not exact, and past 2^31 a u32 arrives negative (componentize-qjs 0.4.5). */
export function checkQuota(bytesMax: number, entriesMax: number): void {
  if (Number.isSafeInteger(bytesMax) && bytesMax >= 0 && Number.isSafeInteger(entriesMax) && entriesMax >= 0) return;
  throw refuse.invalid('a quota has at most 2^53 - 1 bytes and 2^31 - 1 entries', { where: 'quota', hint: '0 for none' });
}

export const encodeRecord = (record: VolumeRecord): Uint8Array => new TextEncoder().encode(JSON.stringify(record));

/** Throws `other` when the state store holds something else: it is never guessed what was meant. */
export function decodeRecord(key: string, bytes: Uint8Array): VolumeRecord {
  const record = parse(bytes);
  if (isRecord(record) && KEY_PREFIX + record.name === key) return record;
  throw refuse.other(`the record ${key} is damaged`, { where: key, hint: 'restore the state store from a backup' });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is VolumeRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { name, createdMs, bytesMax, entriesMax, phase } = value as Partial<Record<keyof VolumeRecord, unknown>>;
  return typeof name === 'string' && [createdMs, bytesMax, entriesMax].every(Number.isSafeInteger) && (phase === 'creating' || phase === 'ready' || phase === 'removing');
}

/** What callers see of it. */
export const toVolume = ({ name, createdMs, bytesMax, entriesMax }: VolumeRecord): Volume => ({ name, createdMs, bytesMax, entriesMax });
