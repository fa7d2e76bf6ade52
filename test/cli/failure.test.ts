/** Every failure becomes one message, one exit code, and never a stack trace. */
import { readFileSync } from 'node:fs';
import { ERROR_CODES, ERROR_TABLE, Refusal } from '@forgeone/kernel/errors';
import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodeOfGuests, exitCodeOfRun } from '../../cli/src/exit-code.ts';
import { refusalOfAnswer, toFailure, withExitCode } from '../../cli/src/failure.ts';
import { printFailure } from '../../cli/src/terminal/print-failure.ts';

const plain = { json: false, debug: false };

describe('an exit code', () => {
  it.each(ERROR_CODES)('of %s is that of the error table', (code) => {
    expect(exitCodeOf(code)).toBe(ERROR_TABLE[code].exit);
  });

  it.each([
    ['words', 'invalid', 125],
    ['words', 'not-found', 125],
    ['install', 'not-found', 127],
    ['install', 'invalid', 126],
    ['install', 'unsupported', 126],
    ['install', 'denied', 126],
    ['install', 'limit', 126],
    ['install', 'timeout', 125],
    ['install', 'unavailable', 125],
    ['start', 'denied', 125],
    ['start', 'conflict', 125],
    ['start', 'other', 125],
    ['running', 'unavailable', 125],
    ['install', 'cancelled', 130],
  ] as const)('of forge run that fails at %s with %s is %i', (stage, code, exit) => {
    expect(exitCodeOfRun(code, stage)).toBe(exit);
  });

  it('of guests is the first that is not zero', () => {
    expect(exitCodeOfGuests([0, 3, 4], undefined)).toBe(3);
    expect(exitCodeOfGuests([0, 0], undefined)).toBe(0);
    expect(exitCodeOfGuests([], undefined)).toBe(0);
    expect(exitCodeOfGuests([124], undefined)).toBe(124);
  });

  it.each([
    ['SIGINT', 143, 130],
    ['SIGINT', 137, 130],
    ['SIGTERM', 143, 143],
    ['SIGTERM', 137, 143],
    ['SIGHUP', 143, 129],
    ['SIGINT', 0, 0],
    ['SIGINT', 5, 5],
  ] as const)('after %s is that signal’s when it ended the guest (%i -> %i)', (signal, code, exit) => {
    expect(exitCodeOfGuests([code], signal)).toBe(exit);
  });
});

describe('a failure', () => {
  it('of a refusal has message, place and hint on lines of their own', () => {
    const failure = toFailure(new Refusal('denied', 'no', { where: 'forge.toml:3', hint: 'allow it' }));
    expect(printFailure(failure, plain)).toBe('forge: no\n where: forge.toml:3\n hint:  allow it\n');
    expect(failure.exitCode).toBe(77);
  });

  it('of an answer is what the problem document says', () => {
    const failure = toFailure(refusalOfAnswer(409, { code: 'conflict', detail: 'it runs', where: 'abc', hint: 'stop it', callId: 'f00' }));
    expect(failure).toMatchObject({ code: 'conflict', message: 'it runs', where: 'abc', hint: 'stop it', callId: 'f00', exitCode: 73 });
  });

  it.each([
    [404, undefined, 'not-found', 'the daemon answered with status 404'],
    [500, { title: 'Oh' }, 'other', 'Oh'],
    [418, null, 'other', 'the daemon answered with status 418'],
    [405, { code: 'invalid', detail: 'no', hint: 7 }, 'invalid', 'no'],
    [403, { code: '__proto__', detail: 'x' }, 'denied', 'x'],
  ])('of an answer with status %i and %j is understood', (status, json, code, message) => {
    expect(refusalOfAnswer(status, json)).toMatchObject({ code, message });
  });

  it('of a full disk is a limit, not a bug', () => {
    const thrown = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write', path: '/x' });
    expect(toFailure(thrown)).toMatchObject({ code: 'limit', message: 'no space left on device, write', where: '/x', exitCode: 75 });
  });

  it('of a missing file is not-found', () => {
    let thrown: unknown;
    try {
      readFileSync('/nowhere/at/all');
    } catch (error) {
      thrown = error;
    }
    expect(toFailure(thrown)).toMatchObject({ code: 'not-found', where: '/nowhere/at/all', exitCode: 66 });
  });

  it('with several problems lists them all, with place and remedy', () => {
    const thrown = Object.assign(new Error('2 problems'), {
      payload: { tag: 'invalid', val: { message: 'x' } },
      problems: [
        { code: 'invalid', message: 'bad', where: 'forge.toml:1:2', hint: 'mend it' },
        { code: 'limit', message: 'big' },
      ],
    });
    const failure = toFailure(thrown);
    expect(failure).toMatchObject({ code: 'invalid', exitCode: 64 });
    expect(printFailure(failure, plain)).toBe('forge: 2 problems\n  - forge.toml:1:2: bad\n    hint: mend it\n  - big\n');
  });

  it('of the SDK’s build names file, line and column', () => {
    const thrown = Object.assign(new Error('x'), { problems: [{ message: 'no such export', file: 'src/app.ts', line: 3, column: 9 }] });
    expect(toFailure(thrown)).toMatchObject({ code: 'invalid', message: 'no such export', where: 'src/app.ts:3:9', exitCode: 64 });
  });

  it('keeps its problems under another exit code', () => {
    const thrown = Object.assign(new Error('x'), { payload: { tag: 'invalid', val: { message: 'x' } }, problems: [{ message: 'a' }, { message: 'b' }] });
    expect(toFailure(withExitCode(thrown, () => 126))).toMatchObject({ exitCode: 126, problems: [{ message: 'a' }, { message: 'b' }] });
  });

  it('of a bug says so, with the place of the bug, and shows no stack', () => {
    const bug = new TypeError('x is not a function');
    const printed = printFailure(toFailure(bug), plain);
    expect(printed).toMatch(/^forge: a bug in forge: x is not a function\n where: .*failure\.test\.ts:\d+:\d+\n hint: {2}FORGE_DEBUG=1 /);
    expect(printed).not.toContain('    at ');
    expect(toFailure(bug).exitCode).toBe(70);
    expect(withExitCode(bug, () => 1)).toBe(bug);
  });

  it('shows stacks, and those of causes, only with FORGE_DEBUG', () => {
    const failure = toFailure(new Error('outer', { cause: new Error('inner') }));
    expect(printFailure(failure, { json: false, debug: true })).toMatch(/ {4}at [\s\S]*caused by: Error: inner\n {4}at /);
  });

  it('of anything at all is shown', () => {
    for (const thrown of [undefined, null, 'text', 7, {}, [], Symbol('x')]) expect(printFailure(toFailure(thrown), plain)).toMatch(/^forge: /);
  });

  it('in JSON is a problem document with the exit code', () => {
    const printed = printFailure(toFailure(new Refusal('timeout', 'late', { where: 'here' })), { json: true, debug: false });
    expect(JSON.parse(printed)).toEqual({ type: 'urn:forge:error:timeout', status: 504, detail: 'late', code: 'timeout', where: 'here', exitCode: 124 });
    expect(printed.trimEnd()).not.toContain('\n');
  });

  it('cannot drive the terminal or pretend to be another line of ours', () => {
    const printed = printFailure(toFailure(new Refusal('other', 'x\x1b[2Jy\nforge: all is well\n hint:  do it', { where: 'a\nb\rc' })), plain);
    expect(printed).toBe('forge: x\\x1b[2Jy\n  forge: all is well\n   hint:  do it\n where: a\n        b\\rc\n');
    expect(printed.split('\n').filter((line) => line.startsWith('forge:'))).toHaveLength(1);
  });
});
