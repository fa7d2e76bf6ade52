/**
 * The handle tables of jco's glue, read and written by lowered functions (data plane beside step 8).
 *
 * A table is a flat list of pairs (scope, rep | OWN), pair 0 being the head of its free list; pairs on the free list
 * carry FREE in their scope. jco 1.35 / js-component-bindgen 2 made this layout (`rscTableCreateOwn`, `rscTableRemove`
 * in its output); `test/kernel/wasi/handle-tables.test.ts` holds our copy to real glue.
 */
import { type Guest, KIND_COUNT, type Kind, type Resource } from './guest.ts';
import { trap } from './trap.ts';

export type GlueTable = number[] & { readonly _createdReps?: Set<number> };

/** `T_FLAG` of the glue: owned (in a rep), free or head (in a scope). */
const FLAG = 1 << 30;

/** The rep behind a handle, or 0 when the handle is free, forged or out of range. */
function repOf(table: GlueTable, handle: number): number {
  const index = handle << 1;
  if (handle <= 0 || index <= 0 || index + 1 >= table.length) return 0;
  const packed = table[index + 1] as number;
  const scope = table[index] as number;
  // Both are undefined in the gaps that a forged drop leaves behind.
  if (packed === undefined || scope === undefined || (scope & FLAG) !== 0) return 0;
  return packed & ~FLAG;
}

/** Puts an owned rep into a table. Returns its handle. */
function createOwn(table: GlueTable, rep: number): number {
  const free = (table[0] as number) & ~FLAG;
  table._createdReps?.add(rep);
  if (free === 0) {
    table.push(0, rep | FLAG);
    return (table.length >> 1) - 1;
  }
  table[0] = table[free << 1] as number;
  table[free << 1] = 0;
  table[(free << 1) + 1] = rep | FLAG;
  return free;
}

/**
 * The tables of one lowered function. The glue passes them without saying which is for which resource; reps are unique
 * over all kinds, so the first valid handle tells, and what is left over is the table of the result.
 */
export class HandleTables {
  readonly #guest: Guest;
  readonly #tables: readonly GlueTable[];
  readonly #byKind = new Array<GlueTable | undefined>(KIND_COUNT).fill(undefined);

  constructor(guest: Guest, tables: readonly GlueTable[] | undefined) {
    this.#guest = guest;
    this.#tables = tables ?? [];
  }

  /** The object behind a borrowed handle. Traps for any handle that is not one of this kind in this guest. */
  borrow(handle: number, kind: Kind): Resource {
    const table = this.#byKind[kind];
    if (table !== undefined) {
      const resource = this.#guest.find(repOf(table, handle), kind);
      if (resource !== undefined) return resource;
    } else {
      for (const candidate of this.#tables) {
        const resource = this.#guest.find(repOf(candidate, handle), kind);
        if (resource === undefined) continue;
        this.#byKind[kind] = candidate;
        return resource;
      }
    }
    trap(`unknown handle index ${handle}`);
  }

  /** Gives the guest a new resource. Borrow what the call borrows first: that leaves one table for the result. */
  own(resource: Resource): number {
    const table = this.#byKind[resource.kind] ?? this.#leftOver(resource.kind);
    this.#guest.add(resource);
    return createOwn(table, resource.rep);
  }

  #leftOver(kind: Kind): GlueTable {
    const [table, ...others] = this.#tables.filter((candidate) => !this.#byKind.includes(candidate));
    if (table === undefined || others.length > 0) throw new Error(`cannot tell which handle table is for resources of kind ${kind}`);
    this.#byKind[kind] = table;
    return table;
  }
}
