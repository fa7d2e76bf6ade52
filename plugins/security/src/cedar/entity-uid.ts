/** The name of an entity: its type and its id, for example `Forge::User::"alice"`. */
import { invalid } from './errors.ts';
import { isObject } from './json.ts';
import { checkName, checkString } from './names.ts';

export class EntityUid {
  readonly type: string;
  readonly id: string;
  /** Names the entity in maps. A type holds no quote, so no two entities share a key. */
  readonly key: string;

  constructor(type: string, id: string) {
    this.type = type;
    this.id = id;
    this.key = `${type}::"${id}`;
  }

  isAction(): boolean {
    return this.type === 'Action' || this.type.endsWith('::Action');
  }
}

/** Reads `{ type, id }` or `{ __entity: { type, id } }`; other members are ignored, as the official engine does. */
export function readEntityUid(json: unknown, what: string): EntityUid {
  const plain = isObject(json) && isObject(json['__entity']) ? json['__entity'] : json;
  if (!isObject(plain) || typeof plain['type'] !== 'string' || typeof plain['id'] !== 'string') {
    throw invalid(`${what} must be { type, id }`);
  }
  return new EntityUid(checkName(plain['type']), checkString(plain['id']));
}
