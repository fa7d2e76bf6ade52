/** Reads a manifest from the bytes of forge.toml or of a package's config blob. */

import { parseJson } from '../json/parse-json.ts';
import { LIMITS } from '../limits.ts';
import { type Problem, printable, quote, refuse, refuseAny } from '../problems.ts';
import { findManifestProblems, placeByPointer } from './check-manifest.ts';
import type { Manifest } from './manifest.ts';
import { normalizeManifest } from './normalize.ts';
import { locateTomlKeys } from './toml-positions.ts';

/**
 * The manifest of a project. `file` is the name shown in problems, each as `file:line:column`.
 *
 * Throws a PackageError that holds every problem of the file, or, if it is not TOML, the parser's first one.
 */
export async function parseManifestToml(text: string, file = 'forge.toml'): Promise<Manifest> {
  const parsed = await parseToml(text, file);
  const problems = await findManifestProblems(parsed, 'project', placeInToml(text, file));
  refuseAny(problems.sort(byPosition));
  return normalizeManifest(parsed);
}

/**
 * The manifest of a package, from its config blob. `what` names the blob in problems.
 *
 * `isChecked` says that these very bytes passed this check before (the kernel knows by digest), and skips the schema.
 */
export async function parseManifestJson(bytes: Uint8Array, what = 'config', isChecked = false): Promise<Manifest> {
  const parsed = parseJson(bytes, what);
  if (!isChecked) refuseAny(await findManifestProblems(parsed, 'package', (pointer) => `${what}#${placeByPointer(pointer)}`));
  return normalizeManifest(parsed);
}

async function parseToml(text: string, file: string): Promise<unknown> {
  if (text.length > LIMITS.manifest.tomlBytesMax) refuse('limit', `more than ${LIMITS.manifest.tomlBytesMax} characters`, { where: file });
  // Only where TOML is parsed: packages carry JSON, and `forge run` should not pay for this import.
  const { parse, TomlError } = await import('smol-toml');
  try {
    const parsed = parse(text, { unsafeKeyBehaviour: 'throw', maxDepth: LIMITS.json.depthMax });
    refuseForeignValues(parsed, file, 0);
    return parsed;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = 'is not TOML'] = error.message.split('\n');
    return refuse('invalid', printable(reason), { where: `${file}:${error.line}:${error.column}` });
  }
}

/** TOML has dates, JSON has not; and dotted keys nest deeper than any bound on inline tables. */
function refuseForeignValues(value: unknown, file: string, depth: number): void {
  if (depth > LIMITS.json.depthMax) refuse('limit', `tables nested deeper than ${LIMITS.json.depthMax}`, { where: file });
  if (value instanceof Date) refuse('invalid', `a date (${quote(value.toISOString())}) where no key takes one`, { where: file, hint: 'put it in quotes' });
  if (typeof value !== 'object' || value === null) return;
  for (const item of Object.values(value)) refuseForeignValues(item, file, depth + 1);
}

function placeInToml(text: string, file: string): (pointer: string) => string {
  let positions: ReturnType<typeof locateTomlKeys> | undefined;
  return (pointer) => {
    positions ??= locateTomlKeys(text);
    // A missing key has no position of its own; the nearest table around it has.
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const position = positions.get(at);
      if (position) return `${file}:${position.line}:${position.column}`;
    }
    return `${file}:1:1`;
  };
}

function byPosition(a: Problem, b: Problem): number {
  const [lineA, columnA] = positionOf(a);
  const [lineB, columnB] = positionOf(b);
  return lineA - lineB || columnA - columnB;
}

function positionOf({ where = '' }: Problem): [number, number] {
  const match = /:([0-9]+):([0-9]+)$/.exec(where);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
