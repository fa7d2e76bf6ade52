/**
 * Open trees and who holds them (call path step 6). Kept in memory only: a handle dies with the generation of the
 * plugin that opened it, so after a restart the empty table is the truth.
 */

import type * as dirs from 'forge:host/dirs@0.1.0';
import type * as call from 'forge:kernel/call@0.1.0';
import type { Access } from 'forge:storage/volumes@0.1.0';
import type { Handle, Rights } from 'forge:types/handles@0.1.0';
import { refuse } from '@forgeone/sdk';
import { callingPlugin } from './caller.ts';
import { checkPath, checkQuota } from './volume-record.ts';
import type { Volumes } from './volumes.ts';

/** What this plugin asks of the platform. */
export interface Platform {
  readonly dirs: typeof dirs;
  readonly call: typeof call;
}

interface Mount {
  /** Ours; closing it kills the one the holder got, and all that was opened through it. */
  readonly own: Handle;
  readonly holder: string;
  /** Name of the volume, or none for paths and scratch. */
  readonly volume: string | undefined;
}

/** A scratch tree that asks for nothing, as `forge:storage/scratch` documents it. */
export const SCRATCH_BYTES = 64 * 1024 * 1024;
/** One entry for each KiB of the default: enough for source trees, and a bound on inodes (attack 36). */
const SCRATCH_ENTRIES_MAX = 65_536;

export const rightsOf = (access: Access): Rights => {
  const change = access === 'read-write';
  return { read: true, write: change, mutate: change };
};

export class Mounts {
  readonly #platform: Platform;
  readonly #volumes: Volumes;
  readonly #mounts = new Map<Handle, Mount>();

  constructor(platform: Platform, volumes: Volumes) {
    this.#platform = platform;
    this.#volumes = volumes;
  }

  /** Opens a volume for the calling plugin; one that does not exist is made. */
  mountVolume(name: string, access: Access): Handle {
    const { bytesMax, entriesMax } = this.#volumes.ensure(name);
    const quota = bytesMax === 0 && entriesMax === 0 ? null : { bytesMax, entriesMax };
    const rights = rightsOf(access);
    return this.#mount(name, rights, () => this.#platform.dirs.open({ tag: 'volume', val: name }, rights, quota));
  }

  /** Opens a directory of the machine for the calling plugin. Whether the user consented, the policy looks. */
  mountPath(path: string, access: Access): Handle {
    const rights = rightsOf(access);
    const tree = { tag: 'path', val: checkPath(path) } as const;
    return this.#mount(undefined, rights, () => this.#platform.dirs.open(tree, rights, null));
  }

  /** An empty tree for the calling plugin. */
  mountScratch(memory: boolean, bytesMax: number): Handle {
    checkQuota(bytesMax, SCRATCH_ENTRIES_MAX);
    const quota = { bytesMax: bytesMax === 0 ? SCRATCH_BYTES : bytesMax, entriesMax: SCRATCH_ENTRIES_MAX };
    return this.#mount(undefined, rightsOf('read-write'), () => this.#platform.dirs.scratch(memory, quota));
  }

  /** Ignores what is unknown, and what another plugin holds. */
  unmount(handle: Handle): void {
    const mount = this.#mounts.get(handle);
    if (!mount || mount.holder !== this.#caller()) return;
    this.#mounts.delete(handle);
    this.#platform.dirs.close(mount.own);
  }

  /** Removes a volume that nobody has open. */
  removeVolume(name: string): void {
    const mount = [...this.#mounts.values()].find(({ volume }) => volume === name);
    if (mount) throw refuse.conflict(`volume ${name} is mounted`, { where: name, hint: `stop the container that has it (it is held by ${mount.holder}): forge ps` });
    this.#volumes.remove(name);
  }

  #mount(volume: string | undefined, rights: Rights, open: () => Handle): Handle {
    const holder = this.#caller();
    const own = open();
    try {
      const handle = this.#platform.dirs.derive(own, rights, holder);
      this.#mounts.set(handle, { own, holder, volume });
      return handle;
    } catch (thrown) {
      this.#platform.dirs.close(own);
      throw thrown;
    }
  }

  #caller(): string {
    return callingPlugin(this.#platform.call.caller().chain);
  }
}
