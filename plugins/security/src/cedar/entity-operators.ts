/** Operators that look into records and the entity store: attributes, tags, types and the hierarchy. */
import { asEntity, asString, booleanCode, type Code, type Environment, type Run, runBoolean, typeError, valueCode } from './code.ts';
import { EntityUid } from './entity-uid.ts';
import { EvaluationError } from './errors.ts';
import { CedarRecord, CedarSet, type Value } from './value.ts';
import { spendWork } from './work.ts';

const ENTITY_OR_RECORD = 'one of [record, (entity of type `any_entity_type`)]';

/** The attributes of an entity or record; `undefined` for an entity that is not in the store. */
function attributesOf(value: Value, { entities }: Environment): CedarRecord | undefined {
  if (value instanceof CedarRecord) return value;
  if (value instanceof EntityUid) return entities.get(value.key)?.attributes;
  throw typeError(ENTITY_OR_RECORD, value);
}

export function getAttribute(left: Run, name: string): Code {
  return valueCode((environment) => {
    const owner = left(environment);
    const attributes = attributesOf(owner, environment);
    if (attributes === undefined) throw missingEntity(owner);
    const value = attributes.fields.get(name);
    if (value === undefined) throw new EvaluationError(`${described(owner)} does not have the attribute \`${name}\``);
    return value;
  });
}

/** `left has a.b.c`: true if the whole path is there. */
export function hasAttributes(left: Run, path: readonly string[]): Code {
  return booleanCode((environment) => {
    let value: Value | undefined = left(environment);
    for (const name of path) {
      value = attributesOf(value, environment)?.fields.get(name);
      if (value === undefined) return false;
    }
    return true;
  });
}

export function getTag(left: Run, right: Run): Code {
  return valueCode((environment) => {
    const [owner, name] = [left(environment), right(environment)];
    const entity = environment.entities.get(asEntity(owner).key);
    const tag = asString(name);
    if (entity === undefined) throw missingEntity(owner);
    const value = entity.tags.fields.get(tag);
    if (value === undefined) throw new EvaluationError(`${described(owner)} does not have the tag \`${tag}\``);
    return value;
  });
}

export function hasTag(left: Run, right: Run): Code {
  return booleanCode((environment) => {
    const [owner, name] = [left(environment), right(environment)];
    const entity = environment.entities.get(asEntity(owner).key);
    const tag = asString(name);
    return entity?.tags.fields.has(tag) ?? false;
  });
}

export function isIn(left: Run, right: Run): Code {
  return booleanCode((environment) => {
    const [value, target] = [left(environment), right(environment)];
    const { key } = asEntity(value);
    const ancestors = environment.entities.ancestors(key);
    if (target instanceof EntityUid) return target.key === key || ancestors.has(target.key);
    if (!(target instanceof CedarSet)) throw typeError('one of [set, (entity of type `any_entity_type`)]', target);
    spendWork(target.elements.length);
    // Every element is looked at before any answer: one that is no entity is an error even after a match.
    return target.elements.map((element) => asEntity(element).key).some((above) => above === key || ancestors.has(above));
  });
}

export function isType(left: Run, type: string): Code {
  return booleanCode((environment) => asEntity(left(environment)).type === type);
}

export function isTypeIn(left: Run, type: string, right: Run): Code {
  const typed = runBoolean(isType(left, type));
  const within = runBoolean(isIn(left, right));
  return booleanCode((environment) => typed(environment) && within(environment));
}

function missingEntity(value: Value): EvaluationError {
  return new EvaluationError(`entity ${described(value)} does not exist`);
}

function described(value: Value): string {
  return value instanceof EntityUid ? `\`${value.type}::${JSON.stringify(value.id)}\`` : 'record';
}
