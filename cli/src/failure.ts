/** What went wrong, ready to be shown: from a refusal, a problem+json answer, a list of problems, or a bug. */
import { asRefusal, ERROR_TABLE, type ErrorCode, Refusal } from '@forgeone/kernel/errors';
import { exitCodeOf } from './exit-code.ts';
import { systemRefusal } from './system-error.ts';

/** One of several things that are wrong with a file. */
export interface FailureProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

export interface Failure extends FailureProblem {
  /** Names the call in the log. */
  readonly callId?: string | undefined;
  readonly problems: readonly FailureProblem[];
  readonly exitCode: number;
  /** The thrown value, for FORGE_DEBUG. */
  readonly cause: unknown;
}

/** A command that failed with an exit code of its own, or with a call id of the daemon. */
export class CommandRefusal extends Refusal {
  readonly exitCode: number;
  readonly callId: string | undefined;

  constructor(refusal: FailureProblem, extra: { exitCode?: number; callId?: string | undefined; cause?: unknown } = {}) {
    super(refusal.code, refusal.message, refusal);
    this.exitCode = extra.exitCode ?? exitCodeOf(refusal.code);
    this.callId = extra.callId;
    if (extra.cause !== undefined) this.cause = extra.cause;
  }
}

/** The same refusal under another exit code; bugs stay bugs. */
export function withExitCode(thrown: unknown, exitCodeFor: (code: ErrorCode) => number): unknown {
  const refusal = asRefusal(thrown) ?? systemRefusal(thrown);
  if (!refusal) return thrown;
  const callId = thrown instanceof CommandRefusal ? thrown.callId : undefined;
  return new CommandRefusal({ code: refusal.code, ...refusal.detail }, { exitCode: exitCodeFor(refusal.code), callId, cause: thrown });
}

const isErrorCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The refusal in an error answer of the control API (RFC 9457), whatever is missing in it. */
export function refusalOfAnswer(status: number, json: unknown): CommandRefusal {
  const problem = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const code = isErrorCode(problem['code']) ? problem['code'] : ((Object.entries(ERROR_TABLE).find(([, row]) => row.http === status)?.[0] as ErrorCode | undefined) ?? 'other');
  const message = text(problem['detail']) ?? text(problem['title']) ?? `the daemon answered with status ${status}`;
  return new CommandRefusal({ code, message, where: text(problem['where']), hint: text(problem['hint']) }, { callId: text(problem['callId']) });
}

/** Problems that an error of the package format or of the SDK's build carries; both have their own shape of a place. */
function problemsOf(thrown: unknown, code: ErrorCode): FailureProblem[] {
  const list = thrown instanceof Error ? (thrown as { problems?: unknown }).problems : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: { code?: unknown; message?: unknown; where?: unknown; hint?: unknown; file?: unknown; line?: unknown; column?: unknown } | null) => {
    const message = text(item?.message);
    if (!item || message === undefined) return [];
    const file = [text(item.file), item.line, item.column].filter((part) => typeof part === 'string' || typeof part === 'number').join(':');
    return [{ code: isErrorCode(item.code) ? item.code : code, message, where: text(item.where) ?? (file || undefined), hint: text(item.hint) }];
  });
}

export function toFailure(thrown: unknown): Failure {
  const refusal = asRefusal(thrown) ?? systemRefusal(thrown);
  const own = thrown instanceof CommandRefusal ? thrown : undefined;
  const cause = own?.cause ?? thrown;
  // An SDK build error has problems and no code: what the author wrote is at fault.
  const listed = problemsOf(cause, refusal?.code ?? 'invalid');
  const [first] = listed;
  if (first) {
    const exitCode = own?.exitCode ?? exitCodeOf(first.code);
    if (listed.length === 1) return { ...first, problems: [], exitCode, cause };
    return { code: first.code, message: `${listed.length} problems`, problems: listed, exitCode, cause };
  }
  if (refusal) {
    const { message, where, hint } = refusal.detail;
    return { code: refusal.code, message, where, hint, callId: own?.callId, problems: [], exitCode: own?.exitCode ?? exitCodeOf(refusal.code), cause };
  }
  const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return {
    code: 'other',
    message: `a bug in forge: ${message}`,
    where: placeOf(thrown),
    hint: 'FORGE_DEBUG=1 shows where; please report it',
    problems: [],
    exitCode: exitCodeOf('other'),
    cause,
  };
}

/** First frame of the stack, so that a bug names its place without a stack trace. */
function placeOf(thrown: unknown): string | undefined {
  const frame = thrown instanceof Error ? thrown.stack?.split('\n').find((line) => line.startsWith('    at ')) : undefined;
  return /\(?([^()\s]+:\d+:\d+)\)?$/.exec(frame ?? '')?.[1];
}
