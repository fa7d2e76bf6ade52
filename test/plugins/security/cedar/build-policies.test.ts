/** Policy files: what is made of them, and where a fault in them is said to be. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { buildDefaultPolicies, PolicyFileError, parsePolicies } from '../../../../plugins/security/scripts/build-policies.mjs';
import { compile } from '../../../../plugins/security/src/cedar/index.ts';

const SCHEMA = 'entity User = { age: Long };\nentity File;\naction read appliesTo { principal: [User], resource: [File], context: {} };\n';

function problems(text: string, schema = SCHEMA): readonly string[] {
  try {
    parsePolicies(text, schema, { file: 'my.cedar', schemaFile: 'my.cedarschema' });
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}

describe('a policy file', () => {
  it('becomes policies by @id, with their text', () => {
    const text = '// first\n@id("b")\npermit(principal, action, resource);\n\n@id("a") forbid(principal, action, resource) when { principal.age < 18 };\n';
    const { policies, sources, warnings } = parsePolicies(text, SCHEMA);
    expect(Object.keys(policies.staticPolicies)).toEqual(['b', 'a']);
    expect(sources['b']).toBe('@id("b")\npermit(principal, action, resource);');
    expect(warnings).toEqual([]);
    expect(compile(policies).policies.map(({ id, effect }) => [id, effect])).toEqual([
      ['b', 'permit'],
      ['a', 'forbid'],
    ]);
  });

  it('keeps the order of the file past ten policies', () => {
    const ids = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const text = ids.map((id) => `@id("${id}") permit(principal, action, resource);`).join('\n');
    expect(Object.keys(parsePolicies(text, SCHEMA).policies.staticPolicies)).toEqual(ids);
  });

  it.each([
    ['a fault of syntax', '// é\n@id("a")\npermit(principal, action resource);', /^my\.cedar:3:26: .*unexpected token `resource`/],
    ['a policy without @id', '\npermit(principal, action, resource);', /^my\.cedar:2:1: a policy needs an @id/],
    ['an id given twice', '@id("a") permit(principal, action, resource);\n@id("a") forbid(principal, action, resource);', /^my\.cedar:2:1: a second policy with @id\("a"\)/],
    ['an unknown entity type', '@id("a")\npermit(principal == Person::"x", action, resource);', /^my\.cedar:2:21: .*Person/],
    ['an unknown attribute', '// é\n@id("é")\npermit(principal, action, resource)\nwhen { principal.size > 1 };', /^my\.cedar:4:8: .*size/],
    ['a type error', '@id("a")\npermit(principal, action, resource) when { principal.age == "old" };', /^my\.cedar:2:\d+: /],
    ['an unknown action', '@id("a") permit(principal, action == Action::"reed", resource);', /^my\.cedar:1:38: .*reed/],
    ['a template', '@id("a") permit(principal == ?principal, action, resource);', /^my\.cedar:1:1: templates are not supported/],
    ['an integer that JSON would round', '@id("a") permit(principal, action, resource) when { principal.age < 9007199254740993 };', /^my\.cedar:1:1: .*2\^53/],
    [
      'nesting that overflows the parser',
      `@id("a") permit(principal, action, resource) when { ${'('.repeat(5_000)}true${')'.repeat(5_000)} };`,
      /^my\.cedar:1:1: .*nested too deeply/,
    ],
  ])('with %s is refused with its place', (_, text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  it('does not spoil the parser for the next, however bad it was', () => {
    problems(`@id("a") permit(principal, action, resource) when { ${'['.repeat(20_000)} };`);
    expect(problems('@id("a") permit(principal, action, resource);')).toEqual([]);
  });

  it('is refused with the place of a fault in the schema', () => {
    expect(problems('', 'entity User;\nentity File = ;')[0]).toMatch(/^my\.cedarschema:2:15: /);
  });
});

describe('the generated default policies', () => {
  it('are what default.cedar says: if not, run plugins/security/scripts/build-policies.mjs', async () => {
    const { built, warnings } = await buildDefaultPolicies();
    expect(warnings).toEqual([]);
    const file = new URL('../../../../plugins/security/src/generated/default-policies.json', import.meta.url);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(built);
  });
});
