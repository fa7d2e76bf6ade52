/** Native handles as `forge:types/handles.handle`: 14 hexadecimal digits of the host's 53-bit number. */
import { Refusal } from '../errors.ts';
import type { Handle, Host, Owner, Rights } from '../host/host.ts';
import { RIGHT } from '../host/host.ts';
import { pluginId } from '../identity.ts';
import type { HostImportContext } from './host-imports.ts';

const PATTERN = /^[0-9a-f]{14}$/;

/** `forge:types/handles.rights`, as the glue passes flags. */
export interface RightFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly mutate?: boolean;
}

export const formatHandle = (handle: Handle): string => handle.toString(16).padStart(14, '0');

/** Whether it exists and whose it is, the host checks at each use. */
export function parseHandle(text: string): Handle {
  if (!PATTERN.test(text)) throw new Refusal('invalid', 'a handle is 14 hexadecimal digits', { where: 'handle' });
  return Number.parseInt(text, 16);
}

export const rightsOfFlags = (flags: RightFlags): Rights => (flags.read ? RIGHT.read : 0) | (flags.write ? RIGHT.write : 0) | (flags.mutate ? RIGHT.mutate : 0);

/** A handle of `from` passed on, with all its rights, to `to`. */
export function moveHandle(host: Host, from: Owner, text: string, to: Owner): Handle {
  const handle = parseHandle(text);
  return host.derive(from, handle, to, host.rightsOf(from, handle));
}

/** The owner of plugin `to`, which must stand in the chain of the call in progress. */
export function recipientOf({ slot, services }: HostImportContext, to: string): Owner {
  const position = services.orderOf(to);
  if (position === undefined || !slot.context?.chain.includes(pluginId(to))) {
    throw new Refusal('denied', `${to} is not in the chain of this call`, { where: 'to', hint: 'a handle can be derived for a plugin that this call came through' });
  }
  return services.ownerOf(position);
}

/** What was opened for one grant: closing it revokes the grant, and with it everything derived. */
export class GrantBook {
  readonly #grants = new Map<string, Handle>();
  readonly #host: Host;
  constructor(host: Host) {
    this.#host = host;
  }

  /** Opens under a grant; a failure to open gives the grant back. */
  open(owner: Owner, grant: Handle, open: () => Handle): string {
    try {
      const text = formatHandle(open());
      this.#grants.set(text, grant);
      return text;
    } catch (thrown) {
      this.#host.revoke(owner, grant);
      throw thrown;
    }
  }

  /** Gives a handle back. One that is unknown, or another's, is ignored. */
  close(owner: Owner, text: string): void {
    if (!PATTERN.test(text)) return;
    const grant = this.#grants.get(text);
    this.#grants.delete(text);
    this.#host.revoke(owner, grant ?? parseHandle(text));
  }
}
