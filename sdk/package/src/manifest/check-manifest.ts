/** Checks a manifest in its parsed form and gives it back with its defaults: the one entry for TOML and JSON alike. */

import { LIMITS } from '../limits.ts';
import { type Problem, problem, refuseAny } from '../problems.ts';
import { crossCheck, type ManifestForm } from './cross-checks.ts';
import type { Manifest } from './manifest.ts';
import { normalizeManifest } from './normalize.ts';
import { escapePointer, keyPath, schemaProblems } from './schema-problems.ts';

/**
 * The manifest in `parsed`. Throws a PackageError with every problem at once.
 *
 * `place` turns a JSON pointer into what `where` should say; by default the pointer itself.
 */
export async function checkManifest(parsed: unknown, form: ManifestForm, place: (pointer: string) => string = placeByPointer): Promise<Manifest> {
  refuseAny(await findManifestProblems(parsed, form, place));
  return normalizeManifest(parsed);
}

/** Every problem of a parsed manifest, in the order of the file where positions are known. */
export async function findManifestProblems(parsed: unknown, form: ManifestForm, place: (pointer: string) => string = placeByPointer): Promise<Problem[]> {
  const oversized = [...findOversized(parsed, '', place)];
  if (oversized.length > 0) return oversized;
  // 110 KB of generated code and 5 ms: only who checks a manifest pays for it.
  const { validate } = await import('../generated/validate-manifest.js');
  const bySchema = validate(parsed) ? [] : schemaProblems(validate.errors ?? [], place);
  return [...bySchema, ...crossCheck(parsed, form, place)];
}

/** Lists and tables past every bound of the schema, found first: ajv's time is quadratic in the errors of one list. */
function* findOversized(value: unknown, pointer: string, place: (pointer: string) => string): Generator<Problem> {
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value);
  if (entries.length > LIMITS.manifest.entriesMax) {
    yield problem('limit', `${keyPath(pointer)} has ${entries.length} entries, more than any list or table of a manifest`, { where: place(pointer) });
    return;
  }
  for (const [key, item] of entries) yield* findOversized(item, `${pointer}/${escapePointer(key)}`, place);
}

export function placeByPointer(pointer: string): string {
  return pointer === '' ? '/' : pointer;
}
