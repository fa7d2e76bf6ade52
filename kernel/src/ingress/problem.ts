/** Errors as `application/problem+json` (RFC 9457), by the error table. */
import { asRefusal, ERROR_TABLE, Refusal } from '../errors.ts';

export interface Problem {
  /** A URN of the code: `urn:forge:error:denied`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly callId: string;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

const TITLES: Readonly<Record<keyof typeof ERROR_TABLE, string>> = {
  invalid: 'Invalid request',
  denied: 'Denied',
  'not-found': 'Not found',
  conflict: 'Conflict',
  limit: 'Limit reached',
  timeout: 'Timed out',
  cancelled: 'Cancelled',
  unsupported: 'Not supported',
  unavailable: 'Unavailable',
  other: 'Internal error',
};

/** `onBug` hears of what was no refusal; the client only learns the call id. */
export function toProblem(thrown: unknown, callId: string, onBug: (thrown: unknown) => void): Problem {
  let refusal = asRefusal(thrown);
  if (!refusal) {
    onBug(thrown);
    refusal = new Refusal('other', 'internal error', { where: callId, hint: 'the log has it under this call id' });
  }
  const { code, detail } = refusal;
  return {
    type: `urn:forge:error:${code}`,
    title: TITLES[code],
    status: ERROR_TABLE[code].http,
    detail: detail.message,
    code,
    callId,
    ...(detail.where ? { where: detail.where } : {}),
    ...(detail.hint ? { hint: detail.hint } : {}),
  };
}
