import { expect, test } from 'vitest';
import { asRefusal, ERROR_CODES } from '../../kernel/src/errors.ts';
import { PackageError, PROBLEM_CODES, quote } from '../../sdk/package/src/index.ts';

test('the problem codes are the ten cases of the kernel', () => {
  expect([...PROBLEM_CODES].sort()).toEqual([...ERROR_CODES].sort());
});

test('the message of a PackageError prints every problem with its place and hint', () => {
  const error = new PackageError([
    { code: 'invalid', message: 'unknown key "nmae"', where: 'forge.toml:3:1', hint: 'did you mean "name"?' },
    { code: 'limit', message: 'too much' },
  ]);
  expect(error.code).toBe('invalid');
  expect(error.message).toBe('2 problems\n- forge.toml:3:1: unknown key "nmae" (did you mean "name"?)\n- too much');
});

test('a thousand problems are counted and a hundred are printed', () => {
  const problems = Array.from({ length: 1_000 }, (_, index) => ({ code: 'invalid' as const, message: `problem ${index}` }));
  const lines = new PackageError(problems).message.split('\n');
  expect(lines).toHaveLength(102);
  expect(lines.at(-1)).toBe('- ... and 900 more');
});

test('the kernel reads a PackageError as a refusal with the same code, place and hint', () => {
  const refusal = asRefusal(new PackageError([{ code: 'unsupported', message: 'no', where: 'app.wasm', hint: 'rebuild' }]));
  expect(refusal).toMatchObject({ code: 'unsupported', detail: { message: 'no', where: 'app.wasm', hint: 'rebuild' } });
});

test('hostile values are quoted without control, bidi or zero-width characters, and cut', () => {
  expect(quote('a\u001b[31mb\u202ec\u200bd')).toBe('"a\\u{1b}[31mb\\u{202e}c\\u{200b}d"');
  expect(quote('x'.repeat(1_000))).toHaveLength(85);
});
