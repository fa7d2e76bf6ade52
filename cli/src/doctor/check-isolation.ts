/** Looks at what the kernel offers to keep guests apart. Wasm guests run without all of it; locked-down processes and Linux containers will not. */
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

export function checkUserNamespaces({ readText, exists }: Machine): Finding {
  const name = 'user namespaces';
  const most = Number(readText('/proc/sys/user/max_user_namespaces')?.trim() ?? '0');
  if (!exists('/proc/self/ns/user') || most === 0) return { name, state: 'missing', found: 'none are allowed', remedy: 'sysctl -w user.max_user_namespaces=15000', needed: false };
  if (readText('/proc/sys/kernel/unprivileged_userns_clone')?.trim() === '0') {
    return { name, state: 'limited', found: 'for root only', remedy: 'sysctl -w kernel.unprivileged_userns_clone=1', needed: false };
  }
  if (readText('/proc/sys/kernel/apparmor_restrict_unprivileged_userns')?.trim() === '1') {
    return {
      name,
      state: 'limited',
      found: 'AppArmor allows them only to programs with a profile',
      remedy: 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run as root',
      needed: false,
    };
  }
  return { name, state: 'ok', found: `at most ${most}`, needed: false };
}

export function checkCgroups({ readText }: Machine): Finding {
  const name = 'cgroups';
  const unified = readText('/sys/fs/cgroup/cgroup.controllers');
  if (unified !== undefined) {
    const missing = ['cpu', 'memory', 'pids'].filter((controller) => !unified.split(/\s+/).includes(controller));
    if (missing.length === 0) return { name, state: 'ok', found: `v2 with ${unified.trim()}`, needed: false };
    return {
      name,
      state: 'limited',
      found: `v2 without ${missing.join(', ')}`,
      remedy: 'delegate them: systemctl edit user@.service, [Service] Delegate=cpu cpuset io memory pids',
      needed: false,
    };
  }
  const v1 = (readText('/proc/self/cgroup') ?? '')
    .split('\n')
    .filter((line) => /^[1-9]\d*:[a-z]/.test(line))
    .flatMap((line) => (line.split(':')[1] ?? '').split(','));
  if (v1.includes('memory'))
    return {
      name,
      state: 'limited',
      found: `v1 with ${v1.filter((controller) => !controller.startsWith('name=')).join(', ')}`,
      remedy: 'boot with systemd.unified_cgroup_hierarchy=1 for v2',
      needed: false,
    };
  return { name, state: 'missing', found: 'no controllers', remedy: 'mount -t cgroup2 none /sys/fs/cgroup', needed: false };
}

export function checkOverlayfs({ readText, exists, kernelRelease }: Machine): Finding {
  const name = 'overlayfs';
  if (/\boverlay$/m.test(readText('/proc/filesystems') ?? '')) return { name, state: 'ok', found: 'in the kernel', needed: false };
  const module = `/lib/modules/${kernelRelease}/kernel/fs/overlayfs`;
  if (exists(module)) return { name, state: 'limited', found: 'a module that is not loaded', remedy: 'modprobe overlay', needed: false };
  return { name, state: 'missing', found: 'not in this kernel', remedy: 'use a kernel with CONFIG_OVERLAY_FS', needed: false };
}

export function checkNftables({ which, succeeds, uid }: Machine): Finding {
  const name = 'nftables';
  const nft = which('nft');
  if (!nft) return { name, state: 'missing', found: 'no nft program', remedy: 'apt-get install nftables', needed: false };
  if (uid !== 0) return { name, state: 'limited', found: `${nft}; only root can use it`, remedy: 'run the daemon as root for networks of Linux containers', needed: false };
  const { ok, output } = succeeds(nft, ['list', 'tables']);
  if (ok) return { name, state: 'ok', found: nft, needed: false };
  return { name, state: 'missing', found: `${nft} fails: ${output.split('\n')[0] ?? ''}`, remedy: 'use a kernel with CONFIG_NF_TABLES: modprobe nf_tables', needed: false };
}

export function checkLandlock({ readText }: Machine): Finding {
  const name = 'Landlock';
  const modules = readText('/sys/kernel/security/lsm');
  if (modules?.split(',').includes('landlock')) return { name, state: 'ok', found: 'active', needed: false };
  const built = /\b__(x64|arm64)_sys_landlock_create_ruleset\b/.test(readText('/proc/kallsyms') ?? '');
  if (!built) return { name, state: 'missing', found: 'not in this kernel', remedy: 'use a kernel with CONFIG_SECURITY_LANDLOCK', needed: false };
  if (modules === undefined)
    return { name, state: 'limited', found: 'in the kernel; whether it is active cannot be seen', remedy: 'mount -t securityfs none /sys/kernel/security shows it', needed: false };
  return {
    name,
    state: 'limited',
    found: `in the kernel, and not among the active modules (${modules.trim()})`,
    remedy: `boot with lsm=landlock,${modules.trim()}`,
    needed: false,
  };
}

export function checkSeccomp({ readText }: Machine): Finding {
  const name = 'seccomp';
  const actions = readText('/proc/sys/kernel/seccomp/actions_avail')?.trim();
  if (actions?.includes('errno')) return { name, state: 'ok', found: actions, needed: false };
  return { name, state: 'missing', found: 'no filters', remedy: 'use a kernel with CONFIG_SECCOMP_FILTER', needed: false };
}
