/** What a program may import and must export: checked at install, so that its user reads a list and not a trap (attacks 17 and 18). */
import { findComponentProblems, type Manifest, quote, type WasmInfo } from '@forgeone/package';
import { Refusal } from '../errors.ts';

/** What `wasi/index.ts` offers, at any 0.2.x; `test/attack/loading.test.ts` holds the list to it. */
export const WASI_OFFERED: Readonly<Record<string, readonly string[]>> = {
  'wasi:cli': ['environment', 'exit', 'stderr', 'stdin', 'stdout', 'terminal-input', 'terminal-output', 'terminal-stderr', 'terminal-stdin', 'terminal-stdout'],
  'wasi:clocks': ['monotonic-clock', 'wall-clock'],
  'wasi:filesystem': ['preopens', 'types'],
  'wasi:io': ['error', 'poll', 'streams'],
  'wasi:random': ['insecure', 'insecure-seed', 'random'],
  'wasi:sockets': ['instance-network', 'ip-name-lookup', 'network', 'tcp', 'tcp-create-socket', 'udp', 'udp-create-socket'],
};
const OFFERED = new RegExp(
  `^(${Object.entries(WASI_OFFERED)
    .map(([name, interfaces]) => `${name}/(${interfaces.join('|')})`)
    .join('|')})@0\\.2\\.\\d+$`,
);
const PREVIEW1 = 'wasi_snapshot_preview1';
/** Enough to see what kind of host it was built for. */
const LISTED_MAX = 8;

function foreignImports(info: WasmInfo): string[] {
  if (info.format === 'module') return info.imports.filter(({ module }) => module !== PREVIEW1).map(({ module, name }) => `${module}.${name}`);
  // A type of the world itself brings no code with it.
  return info.imports.filter(({ name, kind }) => kind !== 'type' && !OFFERED.test(name)).map(({ name }) => name);
}

/** Throws a Refusal unless the component of a container can be run here. */
export function checkProgram(info: WasmInfo, container: string, manifest: Manifest): void {
  const where = `component of container ${quote(container)}`;
  const foreign = foreignImports(info);
  if (foreign.length > 0) {
    const rest = foreign.length > LISTED_MAX ? ` and ${foreign.length - LISTED_MAX} more` : '';
    throw new Refusal('unsupported', `it imports what programs are not given: ${foreign.slice(0, LISTED_MAX).map(quote).join(', ')}${rest}`, {
      where,
      hint: `programs are given ${Object.keys(WASI_OFFERED).join(', ')} at 0.2.x, or ${PREVIEW1}`,
    });
  }
  const [problem] = findComponentProblems(manifest, new Map([[container, info]]));
  if (problem) throw new Refusal(problem.code, problem.message, problem);
  if (info.kind === 'wasi-http' || info.kind === 'forge-http')
    throw new Refusal('unsupported', 'it is an HTTP server, and this version runs commands only', { where, hint: 'export wasi:cli/run@0.2.x' });
}
