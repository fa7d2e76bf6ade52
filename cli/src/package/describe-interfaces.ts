/** Says in words what a binary can do if it is granted what it imports. */
import type { WasmInfo, WasmKind } from '@forgeone/package';

const KINDS: Readonly<Record<WasmKind, string>> = {
  'wasi-command': 'a program (wasi:cli/run)',
  'wasi-http': 'an HTTP handler (wasi:http)',
  'forge-http': 'an HTTP handler (forge:http)',
  'forge-plugin': 'a plugin (forge:plugin)',
  'preview1-command': 'a WASI preview 1 program, adapted when it is installed',
  'preview1-reactor': 'a WASI preview 1 library, which cannot be run',
  library: 'a library, which cannot be run',
};

export const describeKind = ({ kind }: WasmInfo): string => KINDS[kind];

/** By interface or package, the first match counts. Types alone (wasi:io/error) are no power and stand under their package. */
const POWERS: readonly (readonly [prefix: string, power: string])[] = [
  ['wasi:cli/', 'its arguments, environment, standard streams and exit code'],
  ['wasi:filesystem/', 'files in the directories that are mounted for it, and nowhere else'],
  ['wasi:sockets/', 'network connections, as far as its outbound list allows'],
  ['wasi:http/outgoing-handler', 'HTTP requests, as far as its outbound list allows'],
  ['wasi:http/', 'HTTP requests that the platform hands to it'],
  ['wasi:clocks/', 'the time'],
  ['wasi:random/', 'random numbers'],
  ['wasi:io/', 'reading, writing and waiting on what it was given'],
  ['wasi_snapshot_preview1', 'WASI preview 1: arguments, environment, standard streams, mounted files, the time, random numbers'],
  ['forge:host/dirs', 'directories of the machine, one decision each'],
  ['forge:host/workloads', 'starting and ending guests'],
  ['forge:host/outbound', 'allow-lists for outbound connections'],
  ['forge:host/streams', 'logs, pipes and the standard streams of guests'],
  ['forge:host/packages', 'the packages that are installed'],
  ['forge:host/', 'other native capabilities of the machine'],
  ['forge:kernel/', "the kernel's services to a plugin: its log, configuration, state, clock and events"],
  ['forge:plugin/', 'the life of a plugin'],
  ['forge:storage/', 'volumes and scratch space, from the storage plugin'],
  ['forge:network/', 'network policy, from the network plugin'],
  ['forge:container/', 'containers, from the container-runtime plugin'],
  ['forge:security/', 'decisions, from the security plugin'],
  ['forge:http/', 'HTTP requests that the platform hands to it'],
  ['forge:types/', 'types that the platform shares'],
];

/** Each power once, with the imports that ask for it. */
export function describeImports(info: WasmInfo): { readonly power: string; readonly imports: readonly string[] }[] {
  const names = info.format === 'module' ? [...new Set(info.imports.map(({ module }) => module))] : info.imports.map(({ name }) => name);
  const powers = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const power = POWERS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'what another plugin provides';
    powers.set(power, [...(powers.get(power) ?? []), name]);
  }
  return [...powers].map(([power, imports]) => ({ power, imports }));
}
