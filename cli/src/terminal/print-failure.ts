/** Shows a failure: `forge: message`, then `where:` and `hint:` lines; or one line of JSON. A stack only with FORGE_DEBUG=1. */
import { ERROR_TABLE } from '@forgeone/kernel/errors';
import type { Failure, FailureProblem } from '../failure.ts';
import { neutraliseLines, printJson } from './neutralise.ts';

export function printFailure(failure: Failure, options: { json: boolean; debug: boolean }): string {
  if (options.json) return `${printJson(failureJson(failure))}\n`;
  const lines = [`forge: ${clean(failure.message, '  ')}`, ...placeLines(failure)];
  for (const problem of failure.problems) lines.push(...problemLines(problem));
  if (failure.callId && failure.code === 'other' && failure.where !== failure.callId) lines.push(` call:  ${clean(failure.callId, '')}`);
  if (options.debug) lines.push(neutraliseLines(stackOf(failure.cause)));
  return `${lines.join('\n')}\n`;
}

/** One of several problems, as `validate` and `build` list them. */
export function problemLines(problem: FailureProblem): string[] {
  const where = problem.where ? `${clean(problem.where, '')}: ` : '';
  const hint = problem.hint ? [`    hint: ${clean(problem.hint, '          ')}`] : [];
  return [`  - ${where}${clean(problem.message, '    ')}`, ...hint];
}

function placeLines({ where, hint }: FailureProblem): string[] {
  return [...(where ? [` where: ${clean(where, '        ')}`] : []), ...(hint ? [` hint:  ${clean(hint, '        ')}`] : [])];
}

/** Line ends of the text stay inside its own block, so that it cannot pretend to be another line of ours. */
const clean = (text: string, indent: string): string => neutraliseLines(text.trimEnd()).replaceAll('\n', `\n${indent}`);

/** RFC 9457, as the control API answers, and the exit code. */
export function failureJson(failure: Failure): Record<string, unknown> {
  const { code, message, where, hint, callId, problems, exitCode } = failure;
  return {
    type: `urn:forge:error:${code}`,
    status: ERROR_TABLE[code].http,
    detail: message,
    code,
    ...(where ? { where } : {}),
    ...(hint ? { hint } : {}),
    ...(callId ? { callId } : {}),
    ...(problems.length > 0 ? { problems } : {}),
    exitCode,
  };
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
