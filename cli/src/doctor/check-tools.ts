/** Looks at what helps: the daemon, and compilers for the examples. */
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

export async function checkDaemon({ daemonRuns, home }: Machine): Promise<Finding> {
  const name = 'daemon';
  try {
    if (await daemonRuns()) return { name, state: 'ok', found: 'running', needed: false };
    return { name, state: 'limited', found: `none for ${home}: forge run works, forge ps and run -d do not`, remedy: 'forge serve', needed: false };
  } catch (thrown) {
    return { name, state: 'missing', found: thrown instanceof Error ? thrown.message : String(thrown), remedy: 'stop it and start it again: forge serve', needed: false };
  }
}

/** Where Debian, and the WASI SDK, put the C library. */
const SYSROOTS = ['/usr/include/wasm32-wasi', '/usr/share/wasi-sysroot', '/opt/wasi-sdk/share/wasi-sysroot'];

export function checkClang({ which, exists, env }: Machine): Finding {
  const name = 'C for WASI';
  const remedy = 'apt-get install clang lld wasi-libc libclang-rt-dev-wasm32';
  const missing = ['clang', 'wasm-ld'].filter((program) => !which(program));
  const sysroot = [env['WASI_SDK_PATH'] ? `${env['WASI_SDK_PATH']}/share/wasi-sysroot` : undefined, ...SYSROOTS].find((path) => path !== undefined && exists(path));
  if (missing.length === 0 && sysroot) return { name, state: 'ok', found: `${which('clang')}, ${sysroot}`, needed: false };
  return { name, state: 'missing', found: `no ${[...missing, ...(sysroot ? [] : ['wasi-libc'])].join(', no ')}: examples/c-wordcount cannot be built`, remedy, needed: false };
}
