import { describe, expect, test } from 'vitest';
import { checkDefinition } from '../../sdk/src/guest/check-definition.ts';

const ID = 'forge:network/outbound@0.1.0';
const expected = { provides: { [ID]: ['prepare', 'release'] }, listener: false };
const complete = { provides: { [ID]: { prepare: () => 'h', release() {} } } };
const listener = { deliver() {} };

describe('a definition is held against the manifest', () => {
  test('one that is complete passes', () => {
    checkDefinition(complete, expected);
    checkDefinition({ ...complete, listener }, { ...expected, listener: true });
  });

  test('methods of a class are functions too', () => {
    class Outbound {
      prepare() {
        return 'h';
      }
      release() {}
    }
    checkDefinition({ provides: { [ID]: new Outbound() } }, expected);
  });

  test('each mistake is named', () => {
    const mistake =
      (definition: unknown, wanted = expected) =>
      () =>
        checkDefinition(definition as never, wanted);
    expect(mistake(undefined)).toThrow('no default export made by definePlugin');
    expect(mistake({})).toThrow(`forge.toml names ${ID} in [plugin] provides, but definePlugin does not provide it`);
    expect(mistake(complete, { provides: {} as never, listener: false })).toThrow(`add "${ID}" to [plugin] provides`);
    expect(mistake({ provides: { [ID]: { prepare: () => 'h' } } })).toThrow(`provides ${ID} without its function release`);
    expect(mistake({ ...complete, listener })).toThrow('has a listener but takes neither subscribe nor schedule');
    expect(mistake(complete, { ...expected, listener: true })).toThrow('definePlugin has no listener');
  });
});
