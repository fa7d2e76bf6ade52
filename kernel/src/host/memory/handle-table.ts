/**
 * Principals, handles and revocation of the in-memory machine (call path step 9, for tests).
 *
 * A handle is an entry in one table: a slot, a random generation, an owner, rights, an end of life, and its place in
 * the derivation tree. Revoking an entry kills its subtree; closing one only hands its children to its parent.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { type Grant, type Handle, HostError, type Owner, type Rights } from '../host.ts';
import type { ByteReader, ByteWriter } from './byte-streams.ts';
import type { FileNode, OpenFile, QuotaAccount } from './file-tree.ts';
import type { OutboundList } from './outbound-list.ts';

/** What a handle stands for. Directories and files carry the account that their quota is counted on. */
export type HandleObject =
  | { readonly kind: 'grant'; readonly grant: Grant }
  | { readonly kind: 'directory'; readonly node: FileNode; readonly quota: QuotaAccount | undefined }
  | { readonly kind: 'file'; readonly file: OpenFile }
  | { readonly kind: 'listing'; readonly entries: readonly { readonly type: number; readonly name: string }[]; next: number }
  | { readonly kind: 'reader'; readonly stream: ByteReader }
  | { readonly kind: 'writer'; readonly stream: ByteWriter }
  | { readonly kind: 'outbound'; readonly list: OutboundList };

export interface Entry {
  readonly handle: Handle;
  readonly owner: Owner;
  readonly rights: Rights;
  readonly object: HandleObject;
  /** Unix milliseconds after which the entry is dead; 0 for no end. */
  readonly expiresMs: number;
  /** The grant at the top: renames and links may not go from one to another. */
  readonly root: Entry | undefined;
  parent: Entry | undefined;
  readonly children: Set<Entry>;
}

interface Principal {
  readonly name: string;
  cancelled: boolean;
  readonly entries: Set<Entry>;
}

/** Generations take the upper bits; 2^32 slots below them keep the sum under 2^53. */
const SLOTS_MAX = 2 ** 32;
const GENERATIONS_MAX = 2 ** 20;
/** `randomInt` takes ranges below 2^48; ids need no more. */
const OWNERS_MAX = 2 ** 48 - 1;

export class HandleTable {
  readonly #principals = new Map<Owner, Principal>();
  readonly #entries = new Map<Handle, Entry>();
  readonly #nowMs: () => number;
  readonly #released: (object: HandleObject) => void;
  #nextSlot = 1;

  /** `released` is called once for each entry that dies, so that what it stood for can be let go. */
  constructor(nowMs: () => number, released: (object: HandleObject) => void) {
    this.#nowMs = nowMs;
    this.#released = released;
  }

  get size(): number {
    return this.#entries.size;
  }

  ownerCreate(name: string): Owner {
    let owner: Owner;
    do owner = randomInt(1, OWNERS_MAX);
    while (this.#principals.has(owner));
    this.#principals.set(owner, { name, cancelled: false, entries: new Set() });
    return owner;
  }

  ownerDrop(owner: Owner): void {
    const principal = this.#principals.get(owner);
    if (!principal) return;
    principal.cancelled = true;
    for (const entry of [...principal.entries]) this.#kill(entry);
    this.#principals.delete(owner);
  }

  /** Closes all that an owner holds; what others made from it lives on. */
  ownerRelease(owner: Owner): void {
    const principal = this.#principals.get(owner);
    if (!principal) return;
    principal.cancelled = true;
    for (const entry of [...principal.entries]) this.close(entry);
    this.#principals.delete(owner);
  }

  ownerCancel(owner: Owner): void {
    const principal = this.#principals.get(owner);
    if (principal) principal.cancelled = true;
  }

  /** True for owners that were cancelled or are gone: their blocking calls end at once. */
  isCancelled(owner: Owner): boolean {
    return this.#principals.get(owner)?.cancelled ?? true;
  }

  isKnown(owner: Owner): boolean {
    return this.#principals.has(owner);
  }

  /** Makes an entry. @throws not-found when the owner is unknown. */
  add(owner: Owner, object: HandleObject, rights: Rights, parent: Entry | undefined, expiresMs = parent?.expiresMs ?? 0): Entry {
    const principal = this.#principals.get(owner);
    if (!principal) throw new HostError('not-found', `no such owner: ${owner}`);
    const slot = this.#nextSlot;
    this.#nextSlot = (this.#nextSlot + 1) % SLOTS_MAX || 1;
    const handle = (randomBytes(4).readUInt32LE() % (GENERATIONS_MAX - 1)) * SLOTS_MAX + SLOTS_MAX + slot;
    const entry: Entry = {
      handle,
      owner,
      rights,
      object,
      expiresMs,
      root: parent?.root ?? parent,
      parent,
      children: new Set(),
    };
    parent?.children.add(entry);
    principal.entries.add(entry);
    this.#entries.set(handle, entry);
    return entry;
  }

  /** The entry, or undefined when the handle is unknown, stale, expired, or owned by another. */
  find(owner: Owner, handle: Handle): Entry | undefined {
    const entry = this.#entries.get(handle);
    if (!entry || entry.owner !== owner) return undefined;
    if (entry.expiresMs !== 0 && this.#nowMs() >= entry.expiresMs) {
      this.#kill(entry);
      return undefined;
    }
    return entry;
  }

  /** As {@link find}, for the control plane. @throws denied. */
  require(owner: Owner, handle: Handle): Entry {
    const entry = this.find(owner, handle);
    if (!entry) throw new HostError('denied', 'unknown, revoked or foreign handle');
    return entry;
  }

  /** Ends one entry; its children live on under its parent, so that revoking that still reaches them. */
  close(entry: Entry): void {
    for (const child of entry.children) {
      child.parent = entry.parent;
      entry.parent?.children.add(child);
    }
    entry.children.clear();
    this.#remove(entry);
  }

  /** Ends an entry and its subtree. Returns how many ended. */
  revoke(entry: Entry): number {
    return this.#kill(entry);
  }

  #kill(entry: Entry): number {
    if (this.#entries.get(entry.handle) !== entry) return 0;
    let count = 1;
    this.#remove(entry);
    for (const child of entry.children) count += this.#kill(child);
    entry.children.clear();
    return count;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.handle);
    this.#principals.get(entry.owner)?.entries.delete(entry);
    entry.parent?.children.delete(entry);
    this.#released(entry.object);
  }
}
