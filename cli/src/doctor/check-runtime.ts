/** Looks at what every `forge run` needs: Node, the addon, openat2, the state directory. */
import { dirname } from 'node:path';
import { printSize } from '../words/size.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

/** What the platform is built and tested with. */
const NODE_MAJOR = 26;
/** openat2(2) came with Linux 5.6. */
const OPENAT2 = [5, 6] as const;
/** A first package and its compiled form. */
const FREE_BYTES_NEEDED = 64 * 1024 * 1024;
/** A few packages, logs, some data. */
const FREE_BYTES_WANTED = 1024 * 1024 * 1024;

export function checkNode({ nodeVersion }: Machine): Finding {
  const major = Number(nodeVersion.split('.')[0]);
  if (major >= NODE_MAJOR) return { name: 'node', state: 'ok', found: nodeVersion, needed: true };
  return { name: 'node', state: 'missing', found: `${nodeVersion}, and ${NODE_MAJOR} is needed`, remedy: 'npm ci installs the right one beside the program', needed: true };
}

export function checkSystem({ platform, arch }: Machine): Finding {
  const known = platform === 'linux' && (arch === 'x64' || arch === 'arm64');
  return { name: 'system', state: known ? 'ok' : 'missing', found: `${platform} on ${arch}`, needed: true, ...(known ? {} : { remedy: 'ForgeOne runs on Linux, x64 and arm64' }) };
}

/** In a throw-away process: an addon for another machine can end the one that loads it. */
export function checkAddon({ succeeds }: Machine, node: string, addonModule: string | undefined): Finding {
  const remedy = 'npm run build (it needs a Rust toolchain: https://rustup.rs)';
  if (!addonModule) return { name: 'native addon', state: 'missing', found: '@forgeone/host-native is not installed', remedy: 'npm ci', needed: true };
  const load = 'const { loadAddon } = await import(process.argv[1]); process.stdout.write(loadAddon().addonVersion())';
  const { ok, output } = succeeds(node, ['--input-type=module', '-e', load, addonModule]);
  if (ok) return { name: 'native addon', state: 'ok', found: `loads, version ${output}`, needed: true };
  const reason = output.split('\n').find((line) => /Error:/.test(line)) ?? output.split('\n').at(-1) ?? 'it does not load';
  return { name: 'native addon', state: 'missing', found: reason.trim(), remedy, needed: true };
}

export function checkOpenat2({ kernelRelease }: Machine): Finding {
  const [major = 0, minor = 0] = kernelRelease.split('.').map(Number);
  const ok = major > OPENAT2[0] || (major === OPENAT2[0] && minor >= OPENAT2[1]);
  if (ok) return { name: 'openat2', state: 'ok', found: `Linux ${kernelRelease}`, needed: true };
  return {
    name: 'openat2',
    state: 'missing',
    found: `Linux ${kernelRelease}; openat2 came with ${OPENAT2.join('.')}`,
    remedy: 'use a newer kernel: files are confined with it',
    needed: true,
  };
}

export function checkStateDir(machine: Machine): Finding {
  const { home, stat, isWritable, uid } = machine;
  const name = 'state directory';
  const info = stat(home);
  if (!info) {
    const parent = nearestThere(machine, home);
    if (isWritable(parent)) return { name, state: 'ok', found: `${home} will be made`, needed: true };
    return { name, state: 'missing', found: `${home} cannot be made in ${parent}`, remedy: 'name one that you can write to: FORGE_HOME=DIR', needed: true };
  }
  if (!info.isDirectory) return { name, state: 'missing', found: `${home} is no directory`, remedy: 'name another: FORGE_HOME=DIR', needed: true };
  if (info.uid !== uid || (info.mode & 0o022) !== 0) {
    return {
      name,
      state: 'missing',
      found: `${home} belongs to, or can be written by, somebody else (uid ${info.uid}, mode ${info.mode.toString(8)})`,
      remedy: `chown $(id -u) ${home} && chmod 700 ${home}`,
      needed: true,
    };
  }
  if (!isWritable(home)) return { name, state: 'missing', found: `${home} cannot be written`, remedy: `chmod 700 ${home}, or name another: FORGE_HOME=DIR`, needed: true };
  if ((info.mode & 0o077) !== 0)
    return { name, state: 'limited', found: `${home} can be read by others (mode ${info.mode.toString(8)})`, remedy: `chmod 700 ${home}`, needed: true };
  return { name, state: 'ok', found: `${home}, mode ${info.mode.toString(8)}`, needed: true };
}

export function checkFreeSpace(machine: Machine): Finding {
  const name = 'free space';
  const place = nearestThere(machine, machine.home);
  const free = machine.freeBytes(place);
  if (free === undefined) return { name, state: 'limited', found: `not known for ${place}`, needed: true };
  const found = `${printSize(free)} in ${place}`;
  if (free >= FREE_BYTES_WANTED) return { name, state: 'ok', found, needed: true };
  const remedy = 'make room, or name a state directory elsewhere: FORGE_HOME=DIR';
  return { name, state: free >= FREE_BYTES_NEEDED ? 'limited' : 'missing', found, remedy, needed: true };
}

function nearestThere({ exists }: Machine, path: string): string {
  let at = path;
  while (!exists(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
