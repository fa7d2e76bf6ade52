import { ERROR_CODES, isRefusal, Refusal, refuse } from '@forgeone/sdk';
import { Fault, type Harness, Refusal as TestRefusal } from '@forgeone/sdk/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { probeHarness, runCase } from './probe.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await probeHarness();
});

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
};

describe('what a plugin throws', () => {
  test('a refusal reaches the caller with code, message, place and hint', () => {
    const error = thrownBy(() => runCase(harness, 'refuses'));
    expect(error).toBeInstanceOf(TestRefusal);
    expect((error as Refusal).code).toBe('conflict');
    expect((error as Refusal).detail).toMatchObject({ message: 'taken', where: 'here', hint: 'choose another' });
  });

  test('so does one thrown after an await', () => {
    expect(thrownBy(() => runCase(harness, 'refusesLater'))).toMatchObject({ code: 'limit', message: 'too much' });
  });

  test('a bug becomes `other`, is logged with the author’s file and line, and the instance lives', () => {
    const error = thrownBy(() => runCase(harness, 'bug')) as Refusal;
    expect(error.code).toBe('other');
    expect(error.detail.where).toBe('acme:probe/cases@0.1.0#run');
    const [line] = harness.log;
    expect(line?.level).toBe('error');
    expect(line?.message).toMatch(/^acme:probe\/cases@0\.1\.0#run: TypeError/);
    expect(line?.fields['stack']).toMatch(/src\/host-cases\.ts:\d+:\d+/);
    expect(runCase(harness, 'ticks')).toBe(0);
  });

  test('text that is thrown is a bug too', () => {
    expect(thrownBy(() => runCase(harness, 'throwsText'))).toMatchObject({ code: 'other', message: expect.stringContaining('only text') });
    expect(runCase(harness, 'ticks')).toBe(0);
  });

  test('an unknown case is not-found', () => {
    expect(thrownBy(() => runCase(harness, 'nothing'))).toMatchObject({ code: 'not-found', detail: { where: 'name' } });
  });

  test('a stack without end is a fault: the instance is gone, and a restart makes another', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const error = thrownBy(() => harness.call('acme:probe/cases@0.1.0').run('encode', deep));
    if (error instanceof TestRefusal) expect(error.code).toBe('other');
    else expect(error).toBeInstanceOf(Fault);
    harness.restart();
    expect(runCase(harness, 'ticks')).toBe(0);
  });
});

describe('refusals in code', () => {
  test('there is one function a code, and it throws', () => {
    const camel = (code: string) => code.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(Object.keys(refuse)).toEqual(ERROR_CODES.map(camel));
    for (const code of ERROR_CODES) {
      const throwIt = (refuse as unknown as Record<string, (message: string, context: object) => never>)[camel(code)];
      const error = thrownBy(() => throwIt?.('why', { where: 'w', hint: 'h' }));
      expect(error).toBeInstanceOf(Refusal);
      expect((error as Refusal).payload).toEqual({ tag: code, val: { message: 'why', where: 'w', hint: 'h' } });
    }
  });

  test('isRefusal knows the errors of imported functions by their payload and completes them', () => {
    const imported = Object.assign(new Error('[object Object] (see error.payload)'), { payload: { tag: 'denied', val: { message: 'no', hint: 'permit(...)' } } });
    expect(isRefusal(imported, 'conflict')).toBe(false);
    expect(isRefusal(imported, 'denied')).toBe(true);
    expect(imported).toMatchObject({ code: 'denied', message: 'no', detail: { hint: 'permit(...)' } });
  });

  test('isRefusal is false for bugs and for payloads of other interfaces', () => {
    for (const thrown of [
      new Error('x'),
      'text',
      null,
      undefined,
      { payload: 'no-entry' },
      { payload: { tag: 'strange', val: { message: 'x' } } },
      { payload: { tag: 'denied' } },
    ]) {
      expect(isRefusal(thrown)).toBe(false);
    }
  });
});
