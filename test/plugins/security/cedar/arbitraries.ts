/**
 * Random policies, entities and requests over a world so small that they meet: three or four names of each
 * kind, every operator, mostly well-typed, with values at the edges of 64 bits and of the text formats.
 */
import * as fc from 'fast-check';
import type { EntityJson, PolicyJson, RequestJson, TypeAndId, ValueJson } from '../../../../plugins/security/src/cedar/index.ts';

type Json = object;

const STRINGS = ['', 'a', 'ab', 'a*b', 'read', 'q"\\\n\0', 'é😀', '__entity'] as const;
const NAMES = ['n', 's', 'b', 'e', 'l', 'r', 'x', 'a b', '__proto__', 'constructor'] as const;
const IPS = ['127.0.0.1', '10.1.2.3', '10.0.0.0/8', '0.0.0.0/0', '::1', 'ff02::1', 'fe80::/10', '::ffff:ff00:1', '1.2.3', '::1.2.3.4'] as const;
const DECIMALS = ['0.0', '-0.5', '1.5', '1.5000', '922337203685477.5807', '-922337203685477.5808', '1.00001', '1'] as const;
const DATETIMES = ['1970-01-01', '1969-12-31T23:59:59.999Z', '2024-02-29T12:30:00+0130', '0000-01-01', '2023-02-29', '2024-01-01T00:00:00'] as const;
const DURATIONS = ['0ms', '1d', '-1d2h', '90m', '9223372036854775807ms', '-9223372036854775808ms', '1h1d', '-'] as const;

const uid = (type: string, ...ids: string[]): TypeAndId[] => ids.map((id) => ({ type, id }));
const PRINCIPALS = [...uid('User', 'a', 'b', 'q"\\'), ...uid('Ns::User', 'a')];
const GROUPS = uid('Group', 'x', 'y', 'z');
const ACTIONS = [...uid('Action', 'read', 'write', 'all'), ...uid('Ns::Action', 'read')];
const RESOURCES = [...uid('File', '1', '2'), ...uid('Folder', 'top', 'sub')];
const ALL = [...PRINCIPALS, ...GROUPS, ...ACTIONS, ...RESOURCES];
const TYPES = ['User', 'Ns::User', 'Group', 'File', 'Folder', 'Action'] as const;

const oneOf = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const small = fc.integer({ min: -3, max: 3 });
const edge = oneOf([2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, -(2 ** 31), 2 ** 40]);

/** Values of attributes and context, by the name that they are stored under: types mostly follow names. */
const scalar: fc.Arbitrary<ValueJson> = fc.oneof(
  small,
  edge,
  oneOf(STRINGS),
  fc.boolean(),
  oneOf(ALL).map((entity) => ({ __entity: entity })),
);
const extension: fc.Arbitrary<ValueJson> = fc.oneof(
  oneOf(IPS.slice(0, 8)).map((arg) => ({ __extn: { fn: 'ip', arg } })),
  oneOf(DECIMALS.slice(0, 6)).map((arg) => ({ __extn: { fn: 'decimal', arg } })),
  oneOf(DATETIMES.slice(0, 4)).map((arg) => ({ __extn: { fn: 'datetime', arg } })),
  oneOf(DURATIONS.slice(0, 6)).map((arg) => ({ __extn: { fn: 'duration', arg } })),
);
const { value } = fc.letrec<{ value: ValueJson }>((tie) => ({
  value: fc.oneof({ maxDepth: 2, depthIdentifier: 'value' }, scalar, extension, fc.array(tie('value'), { maxLength: 3 }), fields(tie('value'))),
}));

function fields<T>(of: fc.Arbitrary<T>): fc.Arbitrary<{ [name: string]: T }> {
  // `fromEntries`, because it makes `__proto__` a member like any other.
  return fc.array(fc.tuple(oneOf(NAMES), of), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as { [name: string]: T });
}

const byName: fc.Arbitrary<{ [name: string]: ValueJson }> = fc
  .record(
    {
      n: fc.oneof(small, edge),
      s: oneOf(STRINGS),
      b: fc.boolean(),
      e: oneOf(ALL).map((entity) => ({ __entity: entity })),
      l: fc.array(scalar, { maxLength: 4 }),
      r: fields(scalar),
      x: extension,
    },
    { requiredKeys: [] },
  )
  .chain((typical) => fc.oneof({ weight: 3, arbitrary: fc.constant(typical) }, { weight: 1, arbitrary: fields(value) }));

export const context: fc.Arbitrary<RequestJson['context']> = byName;

/** Entities whose parents come later in the list, so that there are no cycles; some parents are not stored. */
export const entities: fc.Arbitrary<EntityJson[]> = fc
  .tuple(
    ...ALL.map((entity, index) => {
      const above = ALL.slice(index + 1).filter(({ type }) => !entity.type.endsWith('Action') || type.endsWith('Action'));
      return fc.record({
        stored: fc.nat(3),
        attrs: byName,
        parents: above.length === 0 ? fc.constant([]) : fc.array(oneOf(above), { maxLength: 2 }),
        tags: fields(value),
      });
    }),
  )
  .map((items) => items.flatMap(({ stored, attrs, parents, tags }, index) => (stored === 0 ? [] : [{ uid: ALL[index] as TypeAndId, attrs, parents, tags }])));

export const request: fc.Arbitrary<RequestJson> = fc.record({
  principal: oneOf([...PRINCIPALS, ...PRINCIPALS, ...GROUPS]),
  action: oneOf(ACTIONS),
  resource: oneOf([...RESOURCES, ...RESOURCES, ...ALL]),
  context,
});

interface Expressions {
  bool: Json;
  long: Json;
  string: Json;
  entity: Json;
  set: Json;
  record: Json;
  extension: Json;
  any: Json;
}

/** Expressions by the type they should have; one in twenty has another. */
export const expressions = fc.letrec<Expressions>((tie: fc.LetrecTypedTie<Expressions>) => {
  const any = tie('any');
  const typed = (kind: keyof Expressions): fc.Arbitrary<Json> => fc.oneof({ weight: 19, arbitrary: tie(kind) }, { weight: 1, arbitrary: any });
  const [bool, long, string, entity, set, record, extensionValue] = (['bool', 'long', 'string', 'entity', 'set', 'record', 'extension'] as const).map(typed) as [
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
    fc.Arbitrary<Json>,
  ];
  const literal = (of: fc.Arbitrary<ValueJson>): fc.Arbitrary<Json> => of.map((json) => ({ Value: json }));
  const binary = (names: readonly string[], left: fc.Arbitrary<Json>, right: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
    fc.tuple(oneOf(names), left, right).map(([name, a, b]) => ({ [name]: { left: a, right: b } }));
  const call = (names: readonly string[], ...args: fc.Arbitrary<Json>[]): fc.Arbitrary<Json> => fc.tuple(oneOf(names), fc.tuple(...args)).map(([name, list]) => ({ [name]: list }));
  const attribute = (name: string): fc.Arbitrary<Json> =>
    fc
      .oneof(
        { weight: 3, arbitrary: oneOf(['principal', 'resource', 'context'] as const).map((variable) => ({ Var: variable })) },
        { weight: 1, arbitrary: entity },
        { weight: 1, arbitrary: record },
      )
      .map((left) => ({ '.': { left, attr: name } }));
  // biome-ignore lint/suspicious/noThenProperty: it is Cedar's name, and nothing awaits it
  const conditional = (of: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.tuple(bool, of, of).map(([test, yes, no]) => ({ 'if-then-else': { if: test, then: yes, else: no } }));
  const level = (...choices: fc.MaybeWeightedArbitrary<Json>[]): fc.Arbitrary<Json> => fc.oneof({ maxDepth: 4, depthIdentifier: 'expression', depthSize: 'small' }, ...choices);
  const path = fc.oneof(oneOf(NAMES), fc.array(oneOf(NAMES), { minLength: 1, maxLength: 3 }));
  const pattern = fc.array(
    fc.oneof(
      fc.constant('Wildcard'),
      oneOf(['a', 'b', '*', 'é', '😀', 'ab', '']).map((Literal) => ({ Literal })),
    ),
    { maxLength: 5 },
  );

  return {
    bool: level(
      literal(fc.boolean()),
      binary(['&&', '||'], bool, bool),
      bool.map((arg) => ({ '!': { arg } })),
      binary(['==', '!='], any, any),
      binary(['==', '!='], entity, entity),
      binary(['<', '<=', '>', '>='], long, long),
      binary(['<', '<=', '>', '>='], extensionValue, extensionValue),
      binary(
        ['in'],
        entity,
        fc.oneof(
          entity,
          fc.array(entity, { maxLength: 3 }).map((elements) => ({ Set: elements })),
          set,
        ),
      ),
      binary(['contains'], set, any),
      binary(['containsAll', 'containsAny', '==', '!='], set, set),
      set.map((arg) => ({ isEmpty: { arg } })),
      fc.tuple(fc.oneof(entity, record), path).map(([left, attr]) => ({ has: { left, attr } })),
      fc.tuple(string, pattern).map(([left, parts]) => ({ like: { left, pattern: parts } })),
      fc.tuple(entity, oneOf(TYPES), fc.option(entity)).map(([left, entity_type, above]) => ({ is: above === null ? { left, entity_type } : { left, entity_type, in: above } })),
      binary(
        ['hasTag'],
        entity,
        oneOf(NAMES).map((name) => ({ Value: name })),
      ),
      call(['isIpv4', 'isIpv6', 'isLoopback', 'isMulticast'], extensionValue),
      call(['isInRange', 'lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'], extensionValue, extensionValue),
      attribute('b'),
      conditional(bool),
    ),
    long: level(
      literal(fc.oneof(small, edge)),
      attribute('n'),
      binary(['+', '-', '*'], long, long),
      long.map((arg) => ({ neg: { arg } })),
      // (2^53 - 1) * 1024 + 1023 = 2^63 - 1, and its negative less one.
      fc.constant({ '+': { left: { '*': { left: { Value: 2 ** 53 - 1 }, right: { Value: 1024 } } }, right: { Value: 1023 } } }),
      fc.constant({ '-': { left: { '*': { left: { Value: -(2 ** 53 - 1) }, right: { Value: 1024 } } }, right: { Value: 1024 } } }),
      call(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'], extensionValue),
    ),
    string: level(literal(oneOf(STRINGS)), attribute('s'), conditional(string)),
    entity: level(
      oneOf(['principal', 'action', 'resource'] as const).map((variable) => ({ Var: variable })),
      literal(oneOf(ALL).map((entityUid) => ({ __entity: entityUid }))),
      attribute('e'),
    ),
    set: level(
      attribute('l'),
      fc.array(any, { maxLength: 3 }).map((elements) => ({ Set: elements })),
      literal(fc.array(value, { maxLength: 3 })),
    ),
    record: level(
      fc.constant({ Var: 'context' }),
      attribute('r'),
      fields(any).map((Record) => ({ Record })),
      literal(fields(value)),
    ),
    extension: level(
      attribute('x'),
      call(['ip'], literal(oneOf(IPS))),
      call(['decimal'], literal(oneOf(DECIMALS))),
      call(['datetime'], literal(oneOf(DATETIMES))),
      call(['duration'], literal(oneOf(DURATIONS))),
      call(['ip', 'decimal', 'datetime', 'duration'], string),
      call(['offset', 'durationSince'], extensionValue, extensionValue),
      call(['toDate', 'toTime'], extensionValue),
      call(['ip', 'isInRange', 'toDays'], any, any), // wrong numbers of arguments
    ),
    any: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'expression' },
      literal(value),
      tie('bool'),
      tie('long'),
      tie('string'),
      tie('entity'),
      tie('set'),
      tie('record'),
      tie('extension'),
      binary(
        ['getTag'],
        entity,
        oneOf(NAMES).map((name) => ({ Value: name })),
      ),
    ),
  };
});

const target = (values: readonly TypeAndId[]): fc.Arbitrary<Json> =>
  fc.oneof(
    oneOf(values),
    oneOf(ALL),
    oneOf(values).map((entity) => ({ __entity: entity })),
  );

function variableScope(values: readonly TypeAndId[]): fc.Arbitrary<Json> {
  return fc.oneof(
    fc.constant({ op: 'All' }),
    target(values).map((entity) => ({ op: '==', entity })),
    target([...values, ...GROUPS]).map((entity) => ({ op: 'in', entity })),
    oneOf(TYPES).map((entity_type) => ({ op: 'is', entity_type })),
    fc.tuple(oneOf(TYPES), target([...values, ...GROUPS])).map(([entity_type, entity]) => ({ op: 'is', entity_type, in: { entity } })),
  );
}

const actionScope: fc.Arbitrary<Json> = fc.oneof(
  fc.constant({ op: 'All' }),
  oneOf(ACTIONS).map((entity) => ({ op: '==', entity })),
  oneOf(ACTIONS).map((entity) => ({ op: 'in', entity })),
  fc.array(oneOf(ACTIONS), { maxLength: 3 }).map((list) => ({ op: 'in', entities: list })),
);

const condition = fc.tuple(oneOf(['when', 'unless'] as const), expressions.bool).map(([kind, body]) => ({ kind, body }));

function policies(conditions: fc.Arbitrary<Json[]>): fc.Arbitrary<PolicyJson> {
  return fc.record({
    effect: oneOf(['permit', 'permit', 'forbid'] as const),
    principal: variableScope(PRINCIPALS),
    action: actionScope,
    resource: variableScope(RESOURCES),
    conditions,
  });
}

/** A policy about anyone and anything, so that its conditions are what decides. */
export const openPolicy: fc.Arbitrary<PolicyJson> = fc
  .tuple(oneOf(['permit', 'permit', 'forbid'] as const), fc.array(condition, { minLength: 1, maxLength: 2 }))
  .map(([effect, conditions]) => ({ effect, principal: { op: 'All' }, action: { op: 'All' }, resource: { op: 'All' }, conditions }));

export const scopedPolicy: fc.Arbitrary<PolicyJson> = policies(fc.array(condition, { maxLength: 2 }));

/** Only a scope: cheap enough for sets of hundreds. */
export const barePolicy: fc.Arbitrary<PolicyJson> = policies(fc.constant([]));

export function numbered<T>(list: readonly T[]): { [id: string]: T } {
  return Object.fromEntries(list.map((item, index) => [`p${index}`, item]));
}
