/** The entity store and the request: what is read, what is refused, and what a second layer may add. */
import { describe, expect, it } from 'vitest';
import { authorize, CedarInputError, compile, type EntityJson, LIMITS, type RequestJson, readEntities } from '../../../../plugins/security/src/cedar/index.ts';
import { askOfficial, askOurs, parseAll } from './official.ts';

const user = (id: string) => ({ type: 'User', id });
const entity = (id: string, parents: string[] = [], attrs: EntityJson['attrs'] = {}): EntityJson => ({ uid: user(id), attrs, parents: parents.map(user) });
const request = (context: unknown = {}): RequestJson => ({
  principal: user('a'),
  action: { type: 'Action', id: 'a' },
  resource: user('r'),
  context: context as RequestJson['context'],
});

const inTop = parseAll({ p: 'permit(principal in User::"top", action, resource);' });

function both(entities: unknown, question = request()) {
  const ours = askOurs(inTop, entities as EntityJson[], question);
  expect(ours).toEqual(askOfficial(inTop, entities as EntityJson[], question));
  return ours;
}

describe('the hierarchy', () => {
  it('is transitive, through a diamond too', () => {
    expect(both([entity('a', ['b', 'c']), entity('b', ['d']), entity('c', ['d']), entity('d', ['top'])])).toMatchObject({ decision: 'allow' });
  });

  it('ends at parents that are not stored', () => {
    expect(both([entity('a', ['b']), entity('d', ['top'])])).toMatchObject({ decision: 'deny' });
  });

  it.each([
    ['of one', [entity('a', ['a'])]],
    ['of two', [entity('a', ['b']), entity('b', ['a'])]],
    ['that is not reached from the request', [entity('a'), entity('x', ['y']), entity('y', ['z']), entity('z', ['x'])]],
  ])('may not have a cycle %s', (_, entities) => {
    expect(both(entities)).toBe('refused');
  });

  it('may be as long as the store without overflowing the stack', () => {
    const chain = Array.from({ length: 9_000 }, (_, index) => entity(index === 0 ? 'a' : `u${index}`, [index === 8_999 ? 'top' : `u${index + 1}`]));
    expect(askOurs(inTop, chain, request())).toMatchObject({ decision: 'allow' });
  });

  it('beyond the bound denies', () => {
    const chain = Array.from({ length: LIMITS.ancestorsMax + 1 }, (_, index) => entity(index === 0 ? 'a' : `u${index}`, [`u${index + 1}`]));
    const answer = authorize(compile(parseAll({ p: 'permit(principal, action, resource);' })), chain, request());
    expect(answer).toMatchObject({ decision: 'deny', reasons: [], errors: [{ message: expect.stringContaining('limit') }] });
  });
});

describe('entities are refused', () => {
  it.each<[string, unknown]>([
    ['without attrs', [{ uid: user('a'), parents: [] }]],
    ['without parents', [{ uid: user('a'), attrs: {} }]],
    ['with a uid in text', [{ uid: 'User::"a"', attrs: {}, parents: [] }]],
    ['with a type that is no name', [{ uid: { type: 'a b', id: 'a' }, attrs: {}, parents: [] }]],
    ['with a null', [entity('a', [], { x: null as never })]],
    ['with a fraction', [entity('a', [], { x: 0.1 })]],
    ['with an extension value that does not parse', [entity('a', [], { x: { __extn: { fn: 'ip', arg: 'x' } } })]],
    ['with two contents under one uid', [entity('a'), entity('a', [], { x: 1 })]],
    ['with an action below something else', [{ uid: { type: 'Action', id: 'a' }, attrs: {}, parents: [user('b')] }]],
  ])('%s', (_, entities) => {
    expect(both(entities)).toBe('refused');
  });

  it('but not for saying the same twice', () => {
    expect(both([entity('a', ['top'], { x: [1, 2] }), entity('a', ['top'], { x: [2, 1, 1] })])).toMatchObject({ decision: 'allow' });
  });
});

describe('a request is refused', () => {
  it.each<[string, RequestJson]>([
    ['with a context that is an entity', request({ __entity: user('a') })],
    ['with a context that is a list', request([])],
    ['with a null in the context', request({ x: [null] })],
    ['with a principal that is no entity', { ...request(), principal: 'alice' as never }],
    ['with a type that is no name', { ...request(), resource: { type: '', id: 'x' } }],
  ])('%s', (_, question) => {
    expect(both([], question)).toBe('refused');
  });

  it('with a context nested deeper than the bound', () => {
    let nested: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) nested = [nested];
    expect(() => authorize(compile({}), [], request({ nested }))).toThrow(expect.objectContaining({ code: 'limit' }));
  });

  it('with more values than the bound', () => {
    expect(() => authorize(compile({}), [], request({ list: new Array(LIMITS.valuesMax).fill(1) }))).toThrow(expect.objectContaining({ code: 'limit' }));
  });
});

describe('a second layer of entities', () => {
  const base = readEntities([entity('a', ['b']), entity('x', [], { n: 1 })]);
  const set = compile(inTop);

  it('extends the first, also upwards', () => {
    expect(authorize(set, base, request()).decision).toBe('deny');
    expect(authorize(set, readEntities([entity('b', ['top'])], base), request()).decision).toBe('allow');
    expect(authorize(set, base, request()).decision).toBe('deny');
  });

  it('answers what one list of both would', () => {
    const layered = readEntities([entity('c', ['x']), entity('b', ['c'])], base);
    expect([...layered.ancestors('User::"a')].sort()).toEqual(['User::"b', 'User::"c', 'User::"x']);
    expect(layered.size).toBe(4);
  });

  it('may not change what the first says', () => {
    expect(() => readEntities([entity('x', [], { n: 2 })], base)).toThrow(CedarInputError);
    expect(() => readEntities([entity('x', [], { n: 1 })], base)).not.toThrow();
  });

  it('may not close a cycle', () => {
    expect(() => readEntities([entity('b', ['a'])], base)).toThrow('cycle');
  });
});
