/** Reads `-v` and `--tmpfs` into mounts, and what the user thereby consents to (call path step 1). */
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Consent } from '@forgeone/kernel/client';
import { Refusal } from '@forgeone/kernel/errors';
import { parseSize } from './size.ts';

export type MountSource = { readonly volume: string } | { readonly path: string } | { readonly memory: number };

export interface Mount {
  readonly source: MountSource;
  readonly target: string;
  readonly readOnly: boolean;
}

/** The source may hold colons; the target begins with the last `:/`. */
const VOLUME = /^(.+?):(\/[^:]*)(?::([^:/]*))?$/s;
/** As `forge:storage/volumes` names them. */
const VOLUME_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** `HOSTDIR_OR_VOLUME:/guest/dir[:ro]`. A source with a slash, or `.`, is a directory of the machine and must exist; what else is a volume. */
export function parseVolume(word: string, cwd: string): Mount {
  const [, source = '', target = '', options] = VOLUME.exec(word) ?? [];
  if (source === '') throw new Refusal('invalid', `${JSON.stringify(word)} is no mount`, { where: '--volume', hint: 'HOSTDIR_OR_VOLUME:/guest/dir[:ro], for example data:/data' });
  return { source: parseSource(source, cwd), target: parseTarget(target, '--volume'), readOnly: parseMode(options) };
}

function parseSource(source: string, cwd: string): MountSource {
  if (source.includes('/') || source === '.' || source === '..') return { path: realDirectory(resolve(cwd, source)) };
  if (VOLUME_NAME.test(source)) return { volume: source };
  throw new Refusal('invalid', `${JSON.stringify(source)} is neither a directory nor a volume's name`, {
    where: '--volume',
    hint: `./${source} for a directory; a volume's name has 1 to 63 of a-z 0-9 . _ - and begins with a letter or digit`,
  });
}

/** The user consents to the directory that is there now, so links in its path are followed here, once. */
function realDirectory(path: string): string {
  let real: string;
  try {
    real = realpathSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Refusal(missing ? 'not-found' : 'denied', missing ? 'there is no such directory' : `the directory cannot be reached: ${(cause as Error).message}`, {
      where: path,
      hint: missing ? `mkdir -p ${path}` : undefined,
    });
  }
  if (statSync(real).isDirectory()) return real;
  throw new Refusal('unsupported', 'only directories can be mounted', { where: path, hint: 'mount the directory that holds it' });
}

function parseTarget(target: string, where: string): string {
  const plain = target.length > 1 ? target.replace(/\/+$/, '') || '/' : target;
  const parts = plain === '/' ? [] : plain.split('/').slice(1);
  const bad = !plain.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..') || /[\0\\]/.test(plain);
  if (bad) throw new Refusal('invalid', `${JSON.stringify(target)} is no place in a guest`, { where, hint: 'an absolute path without //, /./ and /../' });
  return plain;
}

function parseMode(options: string | undefined): boolean {
  let readOnly = false;
  for (const option of options?.split(',') ?? []) {
    if (option === 'ro') readOnly = true;
    else if (option === 'rw') readOnly = false;
    else throw new Refusal('invalid', `${JSON.stringify(option)} is no mount option`, { where: '--volume', hint: 'ro or rw' });
  }
  return readOnly;
}

/** `/guest/dir[:size=64m]`: scratch space in memory. */
export function parseTmpfs(word: string): Mount {
  const at = word.indexOf(':');
  const target = parseTarget(at < 0 ? word : word.slice(0, at), '--tmpfs');
  let memory = 0;
  for (const option of at < 0 ? [] : word.slice(at + 1).split(',')) {
    const [key, value] = option.split('=', 2);
    if (key !== 'size' || value === undefined) throw new Refusal('invalid', `${JSON.stringify(option)} is no option of a tmpfs`, { where: '--tmpfs', hint: '/guest/dir:size=64m' });
    memory = parseSize(value, '--tmpfs');
  }
  return { source: { memory }, target, readOnly: false };
}

/** Directories of the machine that the user typed: to name one in `-v` is to consent to it (architecture, "How a capability travels"). */
export function consentsOf(mounts: readonly Mount[]): Consent[] {
  return mounts.flatMap(({ source, readOnly }) => ('path' in source ? [{ kind: 'path' as const, name: source.path, write: !readOnly }] : []));
}
