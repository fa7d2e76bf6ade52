/** `forge:host/dirs` in memory: volumes that outlive the plugin, and handles that do not. */

import type * as dirs from 'forge:host/dirs@0.1.0';
import { Refusal } from '@forgeone/sdk';
import type { Killer } from '../fake-kernel.ts';

interface Open {
  readonly what: string;
  readonly rights: dirs.Rights;
  readonly owner: string;
  readonly parent: string | undefined;
  readonly quota: dirs.Quota | undefined;
}

export class FakeDirs {
  /** What is on disk. */
  readonly volumes = new Set<string>();
  readonly open = new Map<string, Open>();
  /** Refusals of the next calls, by function, the first first. */
  readonly refusals: { [name in keyof typeof dirs]?: Refusal[] } = {};
  readonly #killer: Killer;
  #handles = 0;

  constructor(killer: Killer) {
    this.#killer = killer;
  }

  readonly api: typeof dirs = {
    open: (tree, rights, quota) => {
      this.#refuse('open');
      if (tree.tag === 'volume' && !this.volumes.has(tree.val)) throw new Refusal('not-found', `no directory ${tree.val}`);
      return this.#add({ what: `${tree.tag} ${tree.val}`, rights, owner: 'storage', parent: undefined, quota: quota ?? undefined });
    },
    create: (volume) =>
      this.#killer.effect(() => {
        this.#refuse('create');
        if (this.volumes.has(volume)) throw new Refusal('conflict', `${volume} is there`);
        this.volumes.add(volume);
      }),
    remove: (volume) =>
      this.#killer.effect(() => {
        this.#refuse('remove');
        if (!this.volumes.delete(volume)) throw new Refusal('not-found', `no ${volume}`);
      }),
    scratch: (memory, quota) => {
      this.#refuse('scratch');
      return this.#add({ what: `scratch ${memory ? 'memory' : 'disk'}`, rights: { read: true, write: true, mutate: true }, owner: 'storage', parent: undefined, quota });
    },
    derive: (handle, rights, to) => {
      this.#refuse('derive');
      const parent = this.open.get(handle);
      if (!parent) throw new Refusal('denied', 'no such handle', { hint: 'x' });
      return this.#add({ ...parent, rights, owner: to, parent: handle });
    },
    usage: () => ({ bytes: 0, entries: 0 }),
    close: (handle) => {
      this.open.delete(handle);
      for (const [child, { parent }] of this.open) if (parent === handle) this.open.delete(child);
    },
  };

  #add(open: Open): string {
    this.#handles += 1;
    const handle = this.#handles.toString(16).padStart(14, '0');
    this.open.set(handle, open);
    return handle;
  }

  #refuse(name: keyof typeof dirs): void {
    const refusal = this.refusals[name]?.shift();
    if (refusal) throw refusal;
  }
}
