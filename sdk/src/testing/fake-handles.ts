/** Handles of the fake machine: who made them, what from, with which rights. A handle dies with the one it came from. */
import type { Rights } from 'forge:types/handles@0.1.0';
import { Refusal } from '../guest/refusal.ts';

export interface FakeObject {
  readonly handle: string;
  /** `tree`, `stream`, `outbound`. */
  readonly kind: string;
  /** What it is, for tests: for example `volume:data`. */
  readonly what: string;
  readonly rights: Rights;
  /** The plugin it was made for; empty for the plugin under test. */
  readonly owner: string;
  readonly parent: string | undefined;
}

export class FakeHandles {
  readonly live = new Map<string, FakeObject>();
  #last = 0;

  make(object: Omit<FakeObject, 'handle'>): string {
    const handle = (++this.#last).toString(16).padStart(14, '0');
    this.live.set(handle, { ...object, handle });
    return handle;
  }

  get(handle: string, kind: string): FakeObject {
    const object = this.live.get(handle);
    if (object?.kind !== kind)
      throw new Refusal('denied', `${handle} is not a ${kind} of this plugin`, { where: 'handle', hint: 'use the handle that was returned, before it is closed' });
    return object;
  }

  /** Closes a handle and all derived from it; unknown ones are ignored. */
  close(handle: string): void {
    this.live.delete(handle);
    for (const child of [...this.live.values()]) if (child.parent === handle) this.close(child.handle);
  }
}
