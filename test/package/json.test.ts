import { describe, expect, test } from 'vitest';
import { LIMITS, PackageError, parseJson } from '../../sdk/package/src/index.ts';

const parse = (text: string) => parseJson(new TextEncoder().encode(text), 'doc');
const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    if (error instanceof PackageError) return error.code;
    throw error;
  }
  return 'accepted';
};

test('plain JSON is parsed as JSON.parse does', () => {
  const text = '{"a":[1,2.5,-3e2,true,false,null,"x\\n\\u00e9\\ud83d\\ude00"],"b":{"":{}},"c":"}{]["}';
  expect(parse(text)).toEqual(JSON.parse(text));
});

describe('attack 7: bounded and refused', () => {
  test.each([
    ['a byte more than the limit', () => parse(`"${'a'.repeat(LIMITS.json.bytesMax)}"`), 'limit'],
    ['10^6 keys', () => parse(`{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join()}}`), 'limit'],
    ['10^5 levels of lists', () => parse('['.repeat(100_000) + ']'.repeat(100_000)), 'limit'],
    ['10^5 levels of objects', () => parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`), 'limit'],
    ['two million values', () => parse(`[${'0,'.repeat(2_000_000)}0]`), 'limit'],
    ['a key twice', () => parse('{"a":1,"b":{"a":2},"a":3}'), 'invalid'],
    ['a key twice, once escaped', () => parse('{"a":1,"\\u0061":2}'), 'invalid'],
    ['__proto__', () => parse('{"x":{"__proto__":{"polluted":1}}}'), 'invalid'],
    ['__proto__, escaped', () => parse('{"\\u005f_proto__":1}'), 'invalid'],
    ['a lone surrogate in a value', () => parse('["\\ud800"]'), 'invalid'],
    ['a lone surrogate in a key', () => parse('{"\\udc00x":1}'), 'invalid'],
    ['bytes that are not UTF-8', () => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'doc'), 'invalid'],
    ['a byte order mark', () => parse('\ufeff{}'), 'invalid'],
    ['text after the document', () => parse('{} {}'), 'invalid'],
    ['a comment', () => parse('{/* */}'), 'invalid'],
    ['a bad escape', () => parse('"\\x41"'), 'invalid'],
    ['an open string', () => parse('{"a'), 'invalid'],
    ['nothing', () => parse(''), 'invalid'],
  ])('%s', (_, run, code) => {
    expect(codeOf(run)).toBe(code);
  });

  test('the same key in two objects is no duplicate', () => {
    expect(parse('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
  });

  test('a value that looks like a key is none', () => {
    expect(parse('{"a":"a","b":["a","a"],"c":"__proto__"}')).toEqual({ a: 'a', b: ['a', 'a'], c: '__proto__' });
  });

  test('a problem says line and column', () => {
    expect(() => parse('{\n  "a": 1,\n  "a": 2\n}')).toThrow('doc:3:3: the key "a" stands twice');
  });
});
