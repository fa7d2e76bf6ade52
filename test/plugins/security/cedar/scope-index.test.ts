/** The index looks at a few policies, however many there are. */
import { describe, expect, it } from 'vitest';
import { EntityUid } from '../../../../plugins/security/src/cedar/entity-uid.ts';
import { compilePolicy, type Policy, type Subjects } from '../../../../plugins/security/src/cedar/policy.ts';
import { ScopeIndex } from '../../../../plugins/security/src/cedar/scope-index.ts';

const uid = (type: string, id: number | string) => ({ type, id: String(id) });
const equal = (entity: object) => ({ op: '==', entity });
const within = (entity: object) => ({ op: 'in', entity });
const ALL = { op: 'All' };

function subjects(principal: EntityUid, action: EntityUid, resource: EntityUid, above: string[] = []): Subjects {
  const none = new Set<string>();
  return { principal: { uid: principal, ancestors: new Set(above) }, action: { uid: action, ancestors: none }, resource: { uid: resource, ancestors: none } };
}

/** How many policies a request makes the index look at, and how many it finds. */
function cost(scopes: { principal: object; action: object; resource: object }[], question: Subjects): { looked: number; found: number } {
  let looked = 0;
  const index = new ScopeIndex();
  for (const [order, scope] of scopes.entries()) {
    const policy = compilePolicy(`p${order}`, { effect: 'permit', ...scope, conditions: [] }, new Map(), order);
    // `covers` reads the resource first, and once.
    const { resource, ...rest } = policy;
    const watched: Policy = Object.defineProperty({ ...rest } as Policy, 'resource', {
      get: () => {
        looked += 1;
        return resource;
      },
    });
    index.add(watched);
  }
  looked = 0;
  const found = new Set<Policy>();
  index.collect(question, found);
  return { looked, found: found.size };
}

const many = Array.from({ length: 5_000 }, (_, index) => index);
const read = equal(uid('Action', 'read'));
const ask = (above: string[] = []) => subjects(new EntityUid('User', '77'), new EntityUid('Action', 'read'), new EntityUid('File', '77'), above);

describe('the scope index looks at no more than a leaf of policies', () => {
  it.each([
    ['that name resources', many.map((id) => ({ principal: ALL, action: ALL, resource: equal(uid('File', id)) }))],
    ['that name principals', many.map((id) => ({ principal: equal(uid('User', id)), action: read, resource: ALL }))],
    ['that name all three', many.map((id) => ({ principal: equal(uid('User', id)), action: read, resource: equal(uid('File', id)) }))],
    ['that name one resource and many principals', many.map((id) => ({ principal: equal(uid('User', id)), action: read, resource: equal(uid('File', 77)) }))],
    [
      'that name many types',
      many.map((id) => ({ principal: equal(uid('User', 77)), action: read, resource: id === 77 ? { op: 'is', entity_type: 'File' } : { op: 'is', entity_type: `File${id}` } })),
    ],
    ['that name many groups', many.map((id) => ({ principal: id === 77 ? within(uid('User', 77)) : within(uid('Group', id)), action: read, resource: ALL }))],
    [
      'that list actions',
      many.map((id) => ({ principal: ALL, action: { op: 'in', entities: [uid('Action', `a${id}`), uid('Action', id === 77 ? 'read' : `b${id}`)] }, resource: ALL })),
    ],
  ])('%s', (_, scopes) => {
    const { looked, found } = cost(scopes, ask());
    expect(found).toBe(1);
    expect(looked).toBeLessThanOrEqual(8);
  });

  it('that name groups, when the principal is in several', () => {
    const scopes = many.map((id) => ({ principal: within(uid('Group', id)), action: read, resource: ALL }));
    const { looked, found } = cost(scopes, ask(['Group::"3', 'Group::"4000', 'Group::"none']));
    expect(found).toBe(2);
    expect(looked).toBeLessThanOrEqual(16);
  });
});
