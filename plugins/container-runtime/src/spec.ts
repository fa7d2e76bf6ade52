/** What a container is created from: checked here once, and kept as JSON in the shape that the control API takes (call path step 6). */

import type { Mount, MountSource, Spec } from 'forge:container/runtime@0.1.0';
import { refuse } from '@forgeone/sdk';

/** The bounds of a spec. They keep a record well below the state store's 1 MiB a value. */
export const SPEC_LIMITS = {
  args: 1024,
  env: 1024,
  /** As many as a manifest may have. */
  mounts: 64,
  labels: 128,
  /** Arguments, environment and labels together, in UTF-16 units; ARG_MAX of Linux is 2 MiB of bytes. */
  textLength: 256 * 1024,
  /** A path in the guest. */
  targetLength: 1024,
} as const;

const NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ID = /^[0-9a-f]{32}$/;

/** Throws `invalid` or `limit` with the field at fault. */
export function checkSpec(spec: Spec): void {
  if (!DIGEST.test(spec.package)) throw refuse.invalid('a package is named by its digest', { where: 'package', hint: 'sha256: and 64 hexadecimal digits' });
  if (spec.name != null) checkName(spec.name);
  for (const field of ['args', 'env', 'mounts', 'labels'] as const) {
    if (spec[field].length > SPEC_LIMITS[field]) throw refuse.limit(`${field} has more than ${SPEC_LIMITS[field]} entries`, { where: field });
  }
  const pairs = [...spec.env, ...spec.labels];
  const length = spec.args.reduce((sum, word) => sum + word.length, 0) + pairs.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (length > SPEC_LIMITS.textLength) throw refuse.limit(`arguments, environment and labels are over ${SPEC_LIMITS.textLength} characters`, { where: 'args' });
  if (spec.args.some((word) => word.includes('\0'))) throw refuse.invalid('an argument holds NUL', { where: 'args' });
  for (const [key, value] of spec.env) checkVariable(key, value);
  checkUnique(
    spec.env.map(([key]) => key),
    'env',
  );
  checkUnique(
    spec.labels.map(([key]) => key),
    'labels',
  );
  for (const mount of spec.mounts) checkMount(mount);
  checkUnique(
    spec.mounts.map(({ target }) => target),
    'mounts',
  );
  if (!Number.isSafeInteger(spec.memoryBytes) || spec.memoryBytes < 0)
    throw refuse.invalid('memory-bytes is no whole number of bytes', { where: 'memory-bytes', hint: '0 for the default' });
  // A u32 above 2^31 - 1 arrives negative in QuickJS guests (componentize-qjs 0.4.5).
  if (!Number.isSafeInteger(spec.wallMs) || spec.wallMs < 0) throw refuse.invalid('wall-ms is longer than 24 days', { where: 'wall-ms', hint: '0 for none' });
  if (spec.autoRemove && spec.restart != null && spec.restart !== 'no') {
    throw refuse.invalid('what is removed when it ends cannot be started again', { where: 'restart', hint: 'leave out either auto-remove or restart' });
  }
}

/** A name may not look like an id: `forge rm` must never hit another container than was meant. */
function checkName(name: string): void {
  if (NAME.test(name) && !ID.test(name)) return;
  throw refuse.invalid(`${JSON.stringify(name.slice(0, 80))} is no container name`, {
    where: 'name',
    hint: '1 to 63 of a-z 0-9 _ . - that begin with a letter or digit, and no 32 hexadecimal digits',
  });
}

function checkVariable(key: string, value: string): void {
  if (/^[^=\0]+$/.test(key) && !value.includes('\0')) return;
  throw refuse.invalid(`${JSON.stringify(key.slice(0, 80))} cannot be an environment variable`, { where: 'env', hint: 'a name without = and a value without NUL' });
}

function checkMount({ source, target, readOnly }: Mount): void {
  const plain =
    target === '/' ||
    target
      .split('/')
      .slice(1)
      .every((part) => part !== '' && part !== '.' && part !== '..');
  if (!target.startsWith('/') || !plain || /[\0\\]/.test(target) || target.length > SPEC_LIMITS.targetLength) {
    throw refuse.invalid(`${JSON.stringify(target.slice(0, 80))} is no place to mount at`, { where: 'mounts.target', hint: 'an absolute path without //, /./, /../ and a last /' });
  }
  if (readOnly && (source.tag === 'memory' || source.tag === 'disk')) {
    throw refuse.invalid('scratch space that cannot be written stays empty', { where: 'mounts.read-only', hint: 'leave out read-only' });
  }
}

function checkUnique(names: readonly string[], where: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse.invalid(`${JSON.stringify(twice.slice(0, 80))} stands there twice`, { where });
}

/** A source as the control API writes it: an object of one key, which is the case. */
export type SourceJson = { readonly volume: string } | { readonly path: string } | { readonly memory: number } | { readonly disk: number };

/** A spec as `inspect` shows it and `POST /v1/containers` takes it. */
export interface SpecJson {
  readonly package: string;
  readonly container: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly source: SourceJson; readonly target: string; readonly readOnly: boolean }[];
  readonly memoryBytes: number;
  readonly wallMs: number;
  readonly stdio: Spec['stdio'];
  readonly restart: Spec['restart'];
  readonly autoRemove: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

/** With what was chosen for it: which container, and its name. */
export const toSpecJson = (spec: Spec, container: string, name: string): SpecJson => ({
  package: spec.package,
  container,
  name,
  args: spec.args,
  env: Object.fromEntries(spec.env),
  mounts: spec.mounts.map(({ source, target, readOnly }) => ({ source: toSourceJson(source), target, readOnly })),
  memoryBytes: spec.memoryBytes,
  wallMs: spec.wallMs,
  stdio: spec.stdio,
  restart: spec.restart ?? null,
  autoRemove: spec.autoRemove,
  labels: Object.fromEntries(spec.labels),
});

const toSourceJson = (source: MountSource): SourceJson => ({ [source.tag]: source.val }) as unknown as SourceJson;
