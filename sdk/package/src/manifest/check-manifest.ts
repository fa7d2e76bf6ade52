/** Checks a manifest in its parsed form and gives it back with its defaults: the one entry for TOML and JSON alike. */

import { type Problem, refuseAny } from '../problems.ts';
import { crossCheck, type ManifestForm } from './cross-checks.ts';
import type { Manifest } from './manifest.ts';
import { normalizeManifest } from './normalize.ts';
import { schemaProblems } from './schema-problems.ts';

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
  // 110 KB of generated code and 5 ms: only who checks a manifest pays for it.
  const { validate } = await import('../generated/validate-manifest.js');
  const bySchema = validate(parsed) ? [] : schemaProblems(validate.errors ?? [], place);
  return [...bySchema, ...crossCheck(parsed, form, place)];
}

export function placeByPointer(pointer: string): string {
  return pointer === '' ? '/' : pointer;
}
