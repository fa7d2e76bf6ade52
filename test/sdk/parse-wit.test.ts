import { describe, expect, test } from 'vitest';
import { camelCase, parseWit, WitSyntaxError } from '../../sdk/src/wit/parse.ts';

const SAMPLE = `
// not documentation
/// The package.
/// Two lines of it.
package acme:shop@1.2.0;

use forge:types/errors@0.1.0 as e;

/// Wares.
@since(version = 1.0.0)
interface wares {
  use forge:types/errors@0.1.0.{error};

  /// A price.
  type price = u64;
  /// One thing.
  record thing {
    /// Its name.
    name: string,
    parts: list<tuple<string, option<u32>>>,
  }
  /// What kind.
  variant kind { /// Whole.
    whole(thing), other }
  /// Colour.
  enum colour { red, %list }
  flags marks { new, }
  resource shelf {
    /// Makes one.
    constructor(size: u32);
    /// Puts on it.
    put: func(what: thing) -> result<_, error>;
    open: static func() -> shelf;
  }
  /* a comment */
  /// Finds one.
  find: func(name: string, %type: option<kind>) -> result<option<thing>, error>;
  /// Sells.
  sell: async func(all: list<thing>);
  %list: func() -> option<list<thing>>;
}

@unstable(feature = trial)
interface trial {
  @since(version = 1.0.0)
  @deprecated(version = 1.1.0)
  old-name: func() -> result<list<u8>>;
}

/// The whole.
world shop {
  import wares;
  export run: func() -> result;
  include other;
}
`;

describe('the WIT reader', () => {
  const wit = parseWit(SAMPLE, 'shop.wit');

  test('knows package, interfaces and worlds', () => {
    expect(wit).toMatchObject({ name: 'acme:shop', version: '1.2.0', docs: 'The package.\nTwo lines of it.', line: 5 });
    expect(wit.interfaces.map(({ id, docs, unstable }) => [id, docs, unstable])).toEqual([
      ['acme:shop/wares@1.2.0', 'Wares.', false],
      ['acme:shop/trial@1.2.0', '', true],
    ]);
    expect(wit.worlds).toMatchObject([{ name: 'shop', docs: 'The whole.' }]);
  });

  test('knows functions, what they take and whether they can refuse', () => {
    expect(wit.interfaces[0]?.functions).toEqual([
      { name: 'find', docs: 'Finds one.', line: 37, params: ['name', 'type'], fallible: true, optional: true },
      { name: 'sell', docs: 'Sells.', line: 39, params: ['all'], fallible: false, optional: false },
      { name: 'list', docs: '', line: 40, params: [], fallible: false, optional: true },
    ]);
    expect(wit.interfaces[1]?.functions).toMatchObject([{ name: 'old-name', fallible: true, optional: false }]);
  });

  test('knows types and the documentation of each part', () => {
    const types = wit.interfaces[0]?.types.map(({ kind, name, docs, members }) => [kind, name, docs, members.map((member) => `${member.name}: ${member.docs}`)]);
    expect(types).toEqual([
      ['type', 'price', 'A price.', []],
      ['record', 'thing', 'One thing.', ['name: Its name.', 'parts: ']],
      ['variant', 'kind', 'What kind.', ['whole: Whole.', 'other: ']],
      ['enum', 'colour', 'Colour.', ['red: ', 'list: ']],
      ['flags', 'marks', '', ['new: ']],
      ['resource', 'shelf', '', ['constructor: Makes one.', 'put: Puts on it.', 'open: ']],
    ]);
  });

  test('names file and line of what it cannot read', () => {
    const broken = 'package a:b;\n\ninterface x {\n  f: function();\n}';
    expect(() => parseWit(broken, 'b.wit')).toThrow('b.wit:4: expected "func", found "function"');
    for (const text of ['interface x {', 'package a:b;\nmodule x', 'package a:b;\ninterface x { record r { a: u8 }']) expect(() => parseWit(text, 'b.wit')).toThrow(WitSyntaxError);
  });

  test('spells names as JavaScript does', () => {
    expect(['mount-path', 'now-ms', 'list', 'a-1-b'].map(camelCase)).toEqual(['mountPath', 'nowMs', 'list', 'a1B']);
  });
});
