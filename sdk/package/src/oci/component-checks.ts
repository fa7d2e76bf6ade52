/** Compares what components really are with what the manifest says of them. */

import type { Manifest } from '../manifest/manifest.ts';
import { type Problem, problem, quote } from '../problems.ts';
import type { WasmInfo, WasmKind } from '../wasm/inspect-wasm.ts';
import { PLUGIN_COMPONENT } from './package-reader.ts';

const RUNNABLE: readonly WasmKind[] = ['wasi-command', 'wasi-http', 'forge-http', 'preview1-command'];

/** `components` by container name, or `PLUGIN_COMPONENT`. */
export function findComponentProblems(manifest: Manifest, components: ReadonlyMap<string, WasmInfo>): Problem[] {
  return [...components].flatMap(([container, info]) => (container === PLUGIN_COMPONENT && manifest.plugin ? checkPlugin(manifest, info) : checkContainer(container, info)));
}

function checkPlugin({ plugin }: Manifest, info: WasmInfo): Problem[] {
  const where = 'plugin component';
  if (info.kind !== 'forge-plugin') {
    return [problem('invalid', `exports no forge:plugin/lifecycle; it exports ${listExports(info)}`, { where, hint: 'build the plugin with the SDK, or set kind = "app"' })];
  }
  const exported = new Set<string>(info.exports.map(({ name }) => name));
  return (plugin?.provides ?? [])
    .filter((name) => !exported.has(name))
    .map((name) => problem('invalid', `the manifest says it provides ${quote(name)}, and it exports ${listExports(info)}`, { where, hint: 'names and versions must be the same' }));
}

function checkContainer(container: string, info: WasmInfo): Problem[] {
  const where = `component of container ${quote(container)}`;
  if (RUNNABLE.includes(info.kind)) return [];
  if (info.kind === 'forge-plugin') return [problem('invalid', 'is a plugin, not a program', { where, hint: 'make it a package with kind = "plugin"' })];
  return [
    problem('unsupported', `exports nothing that can be run; it exports ${listExports(info)}`, {
      where,
      hint: 'a program exports wasi:cli/run@0.2.x, wasi:http/incoming-handler@0.2.x, forge:http/handler, or is a preview 1 module with _start',
    }),
  ];
}

/** The first few are enough to see what was built. */
function listExports(info: WasmInfo): string {
  const names = info.exports.map(({ name }) => quote(name));
  if (names.length === 0) return 'nothing';
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
