/** `forge:host/dirs`: directory trees (call path step 7, effects in 8 and 9). */
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { Refusal } from '../errors.ts';
import { type Quota, RIGHT, type Rights } from '../host/host.ts';
import type { Resource } from './gate.ts';
import { formatHandle, parseHandle, type RightFlags, recipientOf, rightsOfFlags } from './handles.ts';
import type { HostImportContext } from './host-imports.ts';

const INTERFACE = 'forge:host/dirs';
const VOLUME_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

type Tree = { readonly tag: 'volume'; readonly val: string } | { readonly tag: 'path'; readonly val: string };
interface WitQuota {
  readonly bytesMax: bigint;
  readonly entriesMax: number;
}

const quotaOf = (quota: WitQuota): Quota => ({ bytesMax: Number(quota.bytesMax), entriesMax: quota.entriesMax });

function volumeName(name: string): string {
  if (!VOLUME_NAME.test(name)) {
    throw new Refusal('invalid', `"${name.slice(0, 80)}" is no volume name`, {
      where: 'volume',
      hint: 'a volume name is 1 to 63 of a-z 0-9 . _ - and begins with a letter or digit',
    });
  }
  return name;
}

export function dirsImports(context: HostImportContext) {
  const { slot, gate, grants } = context;
  const { host, roots } = gate.options;

  /** Where a tree is, and how the policy sees it. */
  const locate = (tree: Tree): { path: string; resource: Resource } => {
    if (tree.tag === 'volume') {
      const name = volumeName(tree.val);
      return { path: join(roots.volumes, name), resource: { kind: 'Volume', name } };
    }
    if (!tree.val.startsWith('/')) throw new Refusal('invalid', 'a path of the machine is absolute', { where: tree.val });
    let path: string;
    try {
      // The decision is about what the path means, not how it is spelled.
      path = realpathSync(tree.val);
    } catch {
      throw new Refusal('not-found', `there is no directory ${tree.val}`, { where: tree.val });
    }
    const inside = (outer: string, inner: string): boolean => inner === outer || inner.startsWith(outer === sep ? sep : outer + sep);
    const platform = inside(roots.state, path) || inside(path, roots.state);
    return { path, resource: { kind: 'Directory', name: path, attributes: { path, platform } } };
  };

  const consented = (path: string, rights: Rights): boolean =>
    slot.context?.consents.some((consent) => consent.kind === 'path' && consent.name === path && (consent.write || (rights & ~RIGHT.read) === 0)) ?? false;

  return {
    open(tree: Tree, flags: RightFlags, quota: WitQuota | undefined): string {
      const { path, resource } = locate(tree);
      const rights = rightsOfFlags(flags);
      const call = gate.ask(slot, INTERFACE, { action: 'dir.open', resource, rights, consented: consented(path, rights) });
      const grant = gate.mint(slot.owner, call, 'dir.open', path, rights);
      return grants.open(slot.owner, grant, () => host.dirOpen(slot.owner, grant, quota && quotaOf(quota)));
    },
    create(name: string): void {
      const path = join(roots.volumes, volumeName(name));
      const rights = RIGHT.mutate;
      const call = gate.ask(slot, INTERFACE, { action: 'dir.create', resource: { kind: 'Volume', name }, rights, consented: false });
      const grant = gate.mint(slot.owner, call, 'dir.open', path, rights);
      try {
        host.dirCreate(slot.owner, grant);
      } finally {
        host.revoke(slot.owner, grant);
      }
    },
    remove(name: string): void {
      const path = join(roots.volumes, volumeName(name));
      const rights = RIGHT.mutate;
      const call = gate.ask(slot, INTERFACE, { action: 'dir.remove', resource: { kind: 'Volume', name }, rights, consented: false });
      const grant = gate.mint(slot.owner, call, 'dir.open', path, rights);
      try {
        host.dirRemove(slot.owner, grant);
      } finally {
        host.revoke(slot.owner, grant);
      }
    },
    scratch(memory: boolean, quota: WitQuota): string {
      const rights = RIGHT.read | RIGHT.write | RIGHT.mutate;
      const resource: Resource = { kind: 'Scratch', name: memory ? 'memory' : 'disk' };
      const call = gate.ask(slot, INTERFACE, { action: 'dir.scratch', resource, rights, consented: false });
      const grant = gate.mint(slot.owner, call, 'dir.scratch', roots.scratch, rights);
      return grants.open(slot.owner, grant, () => host.scratchOpen(slot.owner, grant, memory, quotaOf(quota)));
    },
    derive(handle: string, flags: RightFlags, to: string): string {
      return formatHandle(host.derive(slot.owner, parseHandle(handle), recipientOf(context, to), rightsOfFlags(flags)));
    },
    usage(handle: string): { bytes: bigint; entries: number } {
      const { bytes, entries } = host.usage(slot.owner, parseHandle(handle));
      return { bytes: BigInt(bytes), entries };
    },
    close(handle: string): void {
      grants.close(slot.owner, handle);
    },
  };
}
