import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asRefusal, ERROR_CODES, ERROR_TABLE, Refusal } from '../../kernel/src/errors.ts';
import { ROOT } from './sources.ts';

const kebab = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

describe('the error table', () => {
  test('WIT has the same cases in the same order', () => {
    const wit = readFileSync(join(ROOT, 'wit/forge-types/types.wit'), 'utf8');
    const variant = /variant error \{([\s\S]*?)\n {2}\}/.exec(wit)?.[1] ?? '';
    expect([...variant.matchAll(/^\s*([a-z-]+)\(detail\),/gm)].map((match) => match[1])).toEqual(ERROR_CODES);
  });

  test('Rust has the same cases in the same order', () => {
    const rust = readFileSync(join(ROOT, 'host-native/crates/forge-host/src/error.rs'), 'utf8');
    const body = /pub enum \w*Code\w* \{([\s\S]*?)\n\}/.exec(rust)?.[1] ?? '';
    expect([...body.matchAll(/^ {4}([A-Z]\w+),/gm)].map((match) => kebab(match[1] ?? ''))).toEqual(ERROR_CODES);
  });

  test('every case has its own HTTP, gRPC and exit code', () => {
    for (const column of ['http', 'grpc', 'exit'] as const) {
      const values = ERROR_CODES.map((code) => ERROR_TABLE[code][column]);
      expect(new Set(values).size, column).toBe(values.length);
    }
  });

  test('ARCHITECTURE.md shows the table as it is', () => {
    const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
    for (const [code, { http, grpc, exit }] of Object.entries(ERROR_TABLE)) expect(text).toMatch(new RegExp(`\\| \`${code}\` +\\| ${http} +\\| ${grpc} +\\| ${exit} +\\|`));
  });

  test('a refusal keeps its code and hint when it is thrown as a payload', () => {
    const refusal = new Refusal('denied', 'no', { hint: 'permit(...)' });
    expect(asRefusal(Object.assign(new Error('x'), { payload: refusal.payload }))).toMatchObject({ code: 'denied', detail: { message: 'no', hint: 'permit(...)' } });
  });

  test('an error with a code outside the table is no refusal', () => {
    expect(asRefusal(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBeUndefined();
    expect(asRefusal(Object.assign(new Error('x'), { payload: { tag: 'toString', val: { message: 'y' } } }))).toBeUndefined();
  });
});
