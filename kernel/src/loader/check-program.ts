/** What a program may import and must export: checked at install, so that its user reads a list and not a trap (attacks 17 and 18). */
import { findComponentProblems, type Manifest, quote, type WasmInfo } from '@forgeone/package';
import { Refusal } from '../errors.ts';
import { PROVIDED_INTERFACES, unprovidedImports } from '../wasi/interfaces.ts';

const PREVIEW1 = 'wasi_snapshot_preview1';
const PACKAGES = [...new Set(PROVIDED_INTERFACES.map((name) => name.replace(/\/.*/, '')))].filter((name) => name.startsWith('wasi:'));
/** Enough to see what kind of host it was built for. */
const LISTED_MAX = 8;

function foreignImports(info: WasmInfo): string[] {
  if (info.format === 'module') return info.imports.filter(({ module }) => module !== PREVIEW1).map(({ module, name }) => `${module}.${name}`);
  // A type of the world itself brings no code with it.
  return unprovidedImports(info.imports.filter(({ kind }) => kind !== 'type').map(({ name }) => name));
}

/** Throws a Refusal unless the component of a container can be run here. */
export function checkProgram(info: WasmInfo, container: string, manifest: Manifest): void {
  const where = `component of container ${quote(container)}`;
  const foreign = foreignImports(info);
  if (foreign.length > 0) {
    const rest = foreign.length > LISTED_MAX ? ` and ${foreign.length - LISTED_MAX} more` : '';
    throw new Refusal('unsupported', `it imports what programs are not given: ${foreign.slice(0, LISTED_MAX).map(quote).join(', ')}${rest}`, {
      where,
      hint: `programs are given ${PACKAGES.join(', ')} at 0.2.x, or ${PREVIEW1}`,
    });
  }
  const [problem] = findComponentProblems(manifest, new Map([[container, info]]));
  if (problem) throw new Refusal(problem.code, problem.message, problem);
  if (info.kind === 'wasi-http' || info.kind === 'forge-http')
    throw new Refusal('unsupported', 'it is an HTTP server, and this version runs commands only', { where, hint: 'export wasi:cli/run@0.2.x' });
}
