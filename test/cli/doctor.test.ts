/** `forge doctor` on machines of all kinds. */
import { describe, expect, it } from 'vitest';
import { printFindings } from '../../cli/src/commands/doctor.ts';
import { checkCgroups, checkLandlock, checkNftables, checkOverlayfs, checkSeccomp, checkUserNamespaces } from '../../cli/src/doctor/check-isolation.ts';
import { checkAddon, checkFreeSpace, checkNode, checkOpenat2, checkStateDir, checkSystem } from '../../cli/src/doctor/check-runtime.ts';
import { checkClang, checkDaemon } from '../../cli/src/doctor/check-tools.ts';
import type { Machine } from '../../cli/src/doctor/machine.ts';

type Files = Readonly<Record<string, string>>;

function machine(files: Files = {}, overrides: Partial<Machine> = {}): Machine {
  return {
    env: {},
    uid: 0,
    nodeVersion: '26.10.0',
    kernelRelease: '6.18.44-x',
    platform: 'linux',
    arch: 'x64',
    home: '/state',
    readText: (path) => files[path],
    exists: (path) => path === '/' || Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    isWritable: () => true,
    stat: () => ({ isDirectory: true, mode: 0o700, uid: 0 }),
    freeBytes: () => 10 * 2 ** 30,
    which: (program) => `/usr/bin/${program}`,
    succeeds: () => ({ ok: true, output: '0.1.0' }),
    daemonRuns: async () => true,
    ...overrides,
  };
}

describe('what forge run needs', () => {
  it.each([
    ['node', checkNode(machine({}, { nodeVersion: '20.20.2' })), 'npm ci'],
    ['node', checkNode(machine({}, { nodeVersion: '26.0.0' })), undefined],
    ['system', checkSystem(machine({}, { platform: 'darwin' })), 'Linux'],
    ['system', checkSystem(machine({}, { arch: 'arm64' })), undefined],
    ['native addon', checkAddon(machine(), 'node', 'file:///x'), undefined],
    ['native addon', checkAddon(machine(), 'node', undefined), 'npm ci'],
    [
      'native addon',
      checkAddon(machine({}, { succeeds: () => ({ ok: false, output: 'x\nError: cannot open shared object file\n    at y' }) }), 'node', 'file:///x'),
      'npm run build',
    ],
    ['openat2', checkOpenat2(machine({}, { kernelRelease: '5.4.0-1' })), 'newer kernel'],
    ['openat2', checkOpenat2(machine({}, { kernelRelease: '5.6.0' })), undefined],
    ['state directory', checkStateDir(machine()), undefined],
    ['state directory', checkStateDir(machine({}, { stat: () => undefined, isWritable: () => false })), 'FORGE_HOME'],
    ['state directory', checkStateDir(machine({}, { stat: () => undefined })), undefined],
    ['state directory', checkStateDir(machine({}, { stat: () => ({ isDirectory: false, mode: 0o644, uid: 0 }) })), 'FORGE_HOME'],
    ['state directory', checkStateDir(machine({}, { stat: () => ({ isDirectory: true, mode: 0o777, uid: 0 }) })), 'chmod 700'],
    ['state directory', checkStateDir(machine({}, { stat: () => ({ isDirectory: true, mode: 0o700, uid: 5 }) })), 'chown'],
    ['state directory', checkStateDir(machine({}, { isWritable: () => false })), 'FORGE_HOME'],
    ['free space', checkFreeSpace(machine({}, { freeBytes: () => 1024 })), 'make room'],
  ])('%s is judged (%#)', (name, finding, remedy) => {
    expect(finding).toMatchObject({ name, needed: true, state: remedy ? 'missing' : 'ok' });
    if (remedy) expect(finding.remedy).toContain(remedy);
  });

  it('a state directory that others can read, and little room, are limits only', () => {
    expect(checkStateDir(machine({}, { stat: () => ({ isDirectory: true, mode: 0o755, uid: 0 }) }))).toMatchObject({ state: 'limited', remedy: 'chmod 700 /state' });
    expect(checkFreeSpace(machine({}, { freeBytes: () => 500 * 2 ** 20 }))).toMatchObject({ state: 'limited' });
  });
});

describe('what isolates', () => {
  const userns = { '/proc/self/ns/user': '', '/proc/sys/user/max_user_namespaces': '100\n' };
  it.each([
    ['ok', checkUserNamespaces(machine(userns))],
    ['missing', checkUserNamespaces(machine({ ...userns, '/proc/sys/user/max_user_namespaces': '0' }))],
    ['limited', checkUserNamespaces(machine({ ...userns, '/proc/sys/kernel/unprivileged_userns_clone': '0' }))],
    ['limited', checkUserNamespaces(machine({ ...userns, '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' }))],
    ['ok', checkCgroups(machine({ '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids' }))],
    ['limited', checkCgroups(machine({ '/sys/fs/cgroup/cgroup.controllers': 'memory pids' }))],
    ['limited', checkCgroups(machine({ '/proc/self/cgroup': '9:name=systemd:/\n4:memory:/x\n2:cpu,cpuacct:/\n0::/\n' }))],
    ['missing', checkCgroups(machine({ '/proc/self/cgroup': '0::/\n' }))],
    ['ok', checkOverlayfs(machine({ '/proc/filesystems': 'nodev\tproc\nnodev\toverlay\n' }))],
    ['limited', checkOverlayfs(machine({ '/lib/modules/6.18.44-x/kernel/fs/overlayfs/overlay.ko.xz': '' }))],
    ['missing', checkOverlayfs(machine())],
    ['ok', checkNftables(machine())],
    ['limited', checkNftables(machine({}, { uid: 1000 }))],
    ['missing', checkNftables(machine({}, { which: () => undefined }))],
    ['missing', checkNftables(machine({}, { succeeds: () => ({ ok: false, output: 'cannot' }) }))],
    ['ok', checkLandlock(machine({ '/sys/kernel/security/lsm': 'capability,landlock,yama' }))],
    ['limited', checkLandlock(machine({ '/sys/kernel/security/lsm': 'capability\n', '/proc/kallsyms': '0 T __x64_sys_landlock_create_ruleset' }))],
    ['limited', checkLandlock(machine({ '/proc/kallsyms': '0 T __x64_sys_landlock_create_ruleset' }))],
    ['missing', checkLandlock(machine())],
    ['ok', checkSeccomp(machine({ '/proc/sys/kernel/seccomp/actions_avail': 'kill_process errno allow\n' }))],
    ['missing', checkSeccomp(machine())],
  ] as const)('is %s (%#)', (state, finding) => {
    expect(finding).toMatchObject({ state, needed: false });
    if (state !== 'ok') expect(finding.remedy).toBeTruthy();
  });
});

describe('what helps', () => {
  it('is the daemon, which may run, not run, or not answer', async () => {
    expect(await checkDaemon(machine())).toMatchObject({ state: 'ok' });
    expect(await checkDaemon(machine({}, { daemonRuns: async () => false }))).toMatchObject({ state: 'limited', remedy: 'forge serve' });
    expect(await checkDaemon(machine({}, { daemonRuns: () => Promise.reject(new Error('it hangs')) }))).toMatchObject({ state: 'missing', found: 'it hangs' });
  });

  it('is a C compiler with a C library for WASI', () => {
    expect(checkClang(machine({ '/usr/include/wasm32-wasi/stdio.h': '' }))).toMatchObject({ state: 'ok' });
    expect(checkClang(machine({ '/sdk/share/wasi-sysroot/x': '' }, { env: { WASI_SDK_PATH: '/sdk' } }))).toMatchObject({ state: 'ok' });
    expect(checkClang(machine({}, { which: () => undefined })).found).toContain('no clang, no wasm-ld, no wasi-libc');
  });
});

it('each line says what was found, and how to mend it', () => {
  expect(
    printFindings(
      [
        { name: 'node', state: 'ok', found: '26', remedy: 'none', needed: true },
        { name: 'openat2', state: 'missing', found: 'old\x1b', remedy: 'update', needed: true },
      ],
      false,
    ),
  ).toBe('ok       node     26\nmissing  openat2  old\\x1b\n                  -> update\n\nforge run cannot work here.\n');
});
