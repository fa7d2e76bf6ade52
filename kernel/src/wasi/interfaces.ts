/** Which imports of a component this WASI host can satisfy (loader, before step 5): the rest is refused with the list. */
import { PREVIEW1_FUNCTIONS, PREVIEW1_PACKAGE, PREVIEW1_VERSION } from './preview1/functions.ts';

/** Interfaces by package; a test holds the list to what `createWasi` returns. */
const WASI_INTERFACES = {
  'wasi:cli': ['environment', 'exit', 'stdin', 'stdout', 'stderr', 'terminal-input', 'terminal-output', 'terminal-stdin', 'terminal-stdout', 'terminal-stderr'],
  'wasi:clocks': ['monotonic-clock', 'wall-clock'],
  'wasi:filesystem': ['types', 'preopens'],
  'wasi:io': ['error', 'poll', 'streams'],
  'wasi:random': ['random', 'insecure', 'insecure-seed'],
  'wasi:sockets': ['network', 'instance-network', 'ip-name-lookup', 'tcp', 'tcp-create-socket', 'udp', 'udp-create-socket'],
} as const;

/** 0.2.x is one compatibility track; 0.3 and release candidates are not in it (component model, canonical interface names). */
const WASI_VERSION = /^0\.2\.\d+$/;

/** Names without versions, as glue looks them up. */
export const PROVIDED_INTERFACES: readonly string[] = [
  ...Object.entries(WASI_INTERFACES).flatMap(([name, interfaces]) => interfaces.map((of) => `${name}/${of}`)),
  ...new Set(Object.values(PREVIEW1_FUNCTIONS).map(({ of }) => `${PREVIEW1_PACKAGE}/${of}`)),
];

/** Those of a component's imports (`package/interface@version`) that `createWasi` does not provide, in their order. */
export function unprovidedImports(imports: readonly string[]): string[] {
  return imports.filter((name) => {
    const [iface = '', version = ''] = name.split('@');
    if (!PROVIDED_INTERFACES.includes(iface)) return true;
    return iface.startsWith(`${PREVIEW1_PACKAGE}/`) ? version !== PREVIEW1_VERSION : !WASI_VERSION.test(version);
  });
}
