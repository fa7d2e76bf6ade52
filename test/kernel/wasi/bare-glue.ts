/** The part of jco's glue that lowered functions see, without a guest: handle tables, a memory, an allocator. */

import { type GrantAction, type Handle, type Owner, RIGHT, type Rights } from '../../../kernel/src/host/host.ts';
import { type MemoryHost, openMemoryHost } from '../../../kernel/src/host/memory.ts';
import { LIMITS } from '../../../kernel/src/limits.ts';
import { createWasi, type WasiImports, type WasiLimits, type WasiOptions } from '../../../kernel/src/wasi/index.ts';

const FLAG = 1 << 30;
const PAGE = 65_536;

export type Table = number[] & { readonly _createdReps: Set<number> };
export const newTable = (): Table => Object.assign([FLAG, 0], { _createdReps: new Set<number>() });

/** `rscTableCreateOwn` of the glue. */
export function createOwn(table: Table, rep: number): number {
  const free = (table[0] as number) & ~FLAG;
  table._createdReps.add(rep);
  if (free === 0) {
    table.push(0, rep | FLAG);
    return (table.length >> 1) - 1;
  }
  table[0] = table[free << 1] as number;
  table[free << 1] = 0;
  table[(free << 1) + 1] = rep | FLAG;
  return free;
}

/** `rscTableRemove` of the glue: returns the rep. */
export function removeOwn(table: Table, handle: number): number {
  const rep = (table[(handle << 1) + 1] as number) & ~FLAG;
  table[handle << 1] = (table[0] as number) | FLAG;
  table[0] = handle | FLAG;
  return rep;
}

export interface Setup {
  readonly host: MemoryHost;
  readonly owner: Owner;
  readonly dir: Handle;
  readonly grant: (action: GrantAction, resource?: string, rights?: Rights) => Handle;
  readonly wasi: WasiImports;
}

export function setUp(options: { rights?: Rights; limits?: Partial<WasiLimits>; seed?: (host: MemoryHost) => void; wasi?: Partial<WasiOptions>; stdio?: boolean } = {}): Setup {
  const host = openMemoryHost({ fakeClockNs: 1_700_000_000_123_456_789n });
  const mintKey = host.takeMintKey();
  const owner = host.ownerCreate('guest');
  const rights = options.rights ?? RIGHT.read | RIGHT.write | RIGHT.mutate;
  const grant = (action: GrantAction, resource = '', granted: Rights = 7): Handle =>
    host.grantMint(mintKey, owner, { callId: 'c', action, resource, rights: granted, expiresMs: 0 });
  host.seedDirectory('/data');
  options.seed?.(host);
  const dir = host.dirOpen(owner, grant('dir.open', '/data', rights), undefined);
  const stdio = (stream: string): Handle | undefined => (options.stdio === false ? undefined : host.stdioOpen(owner, grant('stdio.inherit', stream)));
  const wasi = createWasi({
    host,
    owner,
    args: ['program', 'one', 'two words'],
    env: [['NAME', 'value']],
    preopens: [{ path: '/', dir, rights }],
    stdin: stdio('0'),
    stdout: stdio('1'),
    stderr: stdio('2'),
    limits: { ...LIMITS, ...options.limits },
    ...options.wasi,
  });
  return { host, owner, dir, grant, wasi };
}

type Core = number | bigint;
export type CoreCall = (...core: Core[]) => number | bigint | undefined;

/** A guest's side: one memory, an allocator that a test may replace, and the tables of its component. */
export class BareGuest {
  readonly memory = new WebAssembly.Memory({ initial: 4, maximum: 64 });
  readonly tables = new Map<string, Table>();
  /** Where the next allocation goes; the first page is the test's own. */
  next = PAGE;
  realloc = (_old: number, _oldBytes: number, align: number, bytes: number): number => {
    const at = Math.ceil(this.next / align) * align;
    this.next = at + bytes;
    if (this.next > this.memory.buffer.byteLength) this.memory.grow(Math.ceil((this.next - this.memory.buffer.byteLength) / PAGE));
    return at;
  };
  readonly #wasi: WasiImports;

  constructor(wasi: WasiImports) {
    this.#wasi = wasi;
  }

  table(kind: string): Table {
    let table = this.tables.get(kind);
    if (!table) {
      table = newTable();
      this.tables.set(kind, table);
    }
    return table;
  }

  /** The class or function an interface exports. */
  member(path: string): unknown {
    const [iface = '', ...names] = path.split('#');
    return names.reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], this.#wasi.imports[iface]);
  }

  /** The lowered form of a function, linked with the tables of `kinds`. */
  lower(path: string, ...kinds: string[]): CoreCall {
    const lifted = this.member(path) as Record<symbol, (options: object) => CoreCall>;
    const make = lifted[Symbol.for('cabiLower')];
    if (!make) throw new Error(`${path} is not lowered`);
    const realloc = (...args: [number, number, number, number]) => this.realloc(...args);
    return make({ memory: this.memory, realloc, resourceTables: kinds.map((kind) => this.table(kind)) });
  }

  /** Hands a lifted object to the guest, as glue does. */
  give(kind: string, object: object): number {
    return createOwn(this.table(kind), (object as Record<symbol, number>)[Symbol.for('cabiRep')] as number);
  }

  /** Drops a handle, as glue does for objects it never saw. */
  drop(kind: string, handle: number, resourceClass: string): void {
    const rep = removeOwn(this.table(kind), handle);
    (this.member(resourceClass) as Record<symbol, (rep: number) => void>)[Symbol.for('cabiDispose')]?.(rep);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  /** Puts text at `at`; returns its length. */
  put(at: number, text: string | Uint8Array): number {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    this.bytes.set(bytes, at);
    return bytes.length;
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes.slice(at, at + length));
  }
}

export const DESCRIPTOR = 'wasi:filesystem/types#Descriptor#prototype';
export const INPUT = 'wasi:io/streams#InputStream#prototype';
export const OUTPUT = 'wasi:io/streams#OutputStream#prototype';
export const POLLABLE = 'wasi:io/poll#Pollable#prototype';

/** The first preopen, handed to the guest. */
export function givePreopen(guest: BareGuest): number {
  const getDirectories = guest.member('wasi:filesystem/preopens#getDirectories') as () => [object, string][];
  const [first] = getDirectories();
  if (!first) throw new Error('no preopen');
  return guest.give('descriptor', first[0]);
}
