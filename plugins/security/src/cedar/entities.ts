/** The entity store: attributes, tags and the hierarchy, read from Cedar's JSON form. */
import { type EntityUid, readEntityUid } from './entity-uid.ts';
import { EvaluationError, invalid, overLimit, WorkExceeded } from './errors.ts';
import { type EntityJson, isObject, readArray } from './json.ts';
import { LIMITS } from './limits.ts';
import { CedarRecord, equals } from './value.ts';
import { ValueReader } from './value-json.ts';
import { boundWork, spendWork } from './work.ts';

export interface Entity {
  readonly uid: EntityUid;
  readonly attributes: CedarRecord;
  readonly tags: CedarRecord;
  /** Keys of the direct parents, which need not be in the store. */
  readonly parents: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Immutable. Make one with `readEntities`, extend it with `readEntities(json, base)`. */
export class Entities {
  private readonly own: ReadonlyMap<string, Entity>;
  private readonly base: Entities | undefined;
  private readonly kept = new Map<string, ReadonlySet<string>>();
  private keptCount = 0;

  constructor(own: ReadonlyMap<string, Entity>, base?: Entities) {
    this.own = own;
    this.base = base;
  }

  get size(): number {
    return this.own.size + (this.base?.size ?? 0);
  }

  get(key: string): Entity | undefined {
    return this.own.get(key) ?? this.base?.get(key);
  }

  /** Keys of all entities above this one; an entity that is not in the store has none. */
  ancestors(key: string): ReadonlySet<string> {
    const parents = this.get(key)?.parents;
    if (parents === undefined || parents.size === 0) return NONE;
    let ancestors = this.kept.get(key);
    if (ancestors === undefined) {
      ancestors = this.walk(parents);
      this.keptCount += ancestors.size;
      if (this.keptCount > LIMITS.ancestorsKeptMax) {
        this.kept.clear();
        this.keptCount = ancestors.size;
      }
      this.kept.set(key, ancestors);
    }
    return ancestors;
  }

  private walk(parents: ReadonlySet<string>): ReadonlySet<string> {
    // A Set visits what is added to it while it is being walked.
    const found = new Set(parents);
    for (const key of found) {
      const above = this.get(key)?.parents ?? NONE;
      spendWork(1 + above.size);
      for (const parent of above) found.add(parent);
      if (found.size > LIMITS.ancestorsMax) throw new WorkExceeded();
    }
    return found;
  }
}

/**
 * Reads a list of entities; with a base, one that extends it (a request's own entities over the node's).
 * Throws `CedarInputError` for what the official engine refuses: cycles, and one uid with two contents.
 */
export function readEntities(json: readonly EntityJson[], base?: Entities): Entities {
  const own = new Map<string, Entity>();
  for (const item of readArray(json, 'entities')) {
    const entity = boundWork('an entity', () => readEntity(item));
    const twin = own.get(entity.uid.key) ?? base?.get(entity.uid.key);
    if (twin === undefined) own.set(entity.uid.key, entity);
    else if (!boundWork('an entity', () => sameEntity(entity, twin))) throw invalid(`two different entities are called ${entity.uid.type}::${JSON.stringify(entity.uid.id)}`);
    if (own.size + (base?.size ?? 0) > LIMITS.entitiesMax) throw overLimit('too many entities');
  }
  const entities = new Entities(own, base);
  checkHierarchy(own, entities);
  return entities;
}

function readEntity(json: unknown): Entity {
  if (!isObject(json)) throw invalid('an entity must be an object');
  const uid = readEntityUid(json['uid'], 'the uid of an entity');
  const parents = readArray(json['parents'], 'the parents of an entity');
  if (parents.length > LIMITS.parentsMax) throw overLimit('an entity has too many parents');
  const keys = parents.map((parent) => {
    const above = readEntityUid(parent, 'a parent of an entity');
    if (uid.isAction() && !above.isAction()) throw invalid('the parents of an action must be actions');
    return above.key;
  });
  const reader = new ValueReader();
  return {
    uid,
    attributes: readRecord(reader, json['attrs']),
    tags: readRecord(reader, Object.hasOwn(json, 'tags') ? json['tags'] : {}),
    parents: new Set(keys),
  };
}

function readRecord(reader: ValueReader, json: unknown): CedarRecord {
  if (!isObject(json)) throw invalid('the attrs and tags of an entity must be objects');
  try {
    return new CedarRecord(reader.readFields(json));
  } catch (error) {
    throw error instanceof EvaluationError ? invalid(error.message) : error;
  }
}

function sameEntity(a: Entity, b: Entity): boolean {
  return equals(a.attributes, b.attributes) && equals(a.tags, b.tags) && a.parents.size === b.parents.size && [...a.parents].every((parent) => b.parents.has(parent));
}

/**
 * Refuses cycles and endless ancestries. Only new entities can close a cycle, so only they are walked: by depth,
 * without recursion (a chain of parents may be as long as the store).
 */
function checkHierarchy(own: ReadonlyMap<string, Entity>, entities: Entities): void {
  const done = new Set<string>();
  const open = new Set<string>();
  for (const start of own.keys()) {
    const path: { key: string; above: Iterator<string> }[] = [];
    const enter = (key: string): void => {
      open.add(key);
      path.push({ key, above: (entities.get(key)?.parents ?? NONE).values() });
    };
    if (!done.has(start)) enter(start);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.above.next();
      if (next.done === true) {
        done.add(last.key);
        open.delete(last.key);
        path.pop();
      } else if (open.has(next.value)) {
        throw invalid('the entity hierarchy has a cycle');
      } else if (!done.has(next.value)) {
        enter(next.value);
      }
    }
  }
}
