/** Writes entities and values as Cedar text, for hints that people paste into their policies. */
import { EntityUid } from './entity-uid.ts';
import { CedarRecord, CedarSet, type Value } from './value.ts';

/**
 * A string literal. All but printable ASCII is escaped: a hint is read by someone who decides whether to grant
 * it, so nothing in it may be invisible, reorder the line, or look like another letter.
 */
export function textOfString(text: string): string {
  const escaped = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character >= ' ' && character <= '~') return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return `"${escaped.join('')}"`;
}

export function textOfEntity({ type, id }: EntityUid): string {
  return `${type}::${textOfString(id)}`;
}

export function textOfValue(value: Value): string {
  if (typeof value === 'string') return textOfString(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof EntityUid) return textOfEntity(value);
  if (value instanceof CedarSet) return `[${value.elements.map(textOfValue).join(', ')}]`;
  if (value instanceof CedarRecord) {
    return `{${Array.from(value.fields, ([name, field]) => `${textOfString(name)}: ${textOfValue(field)}`).join(', ')}}`;
  }
  switch (value.typeName) {
    case 'ipaddr':
      return `ip("${value.canonical}")`;
    case 'decimal':
      return `decimal("${value.canonical}")`;
    case 'duration':
      return `duration("${value.canonical}ms")`;
    case 'datetime':
      return `datetime("1970-01-01").offset(duration("${value.canonical}ms"))`;
  }
}
