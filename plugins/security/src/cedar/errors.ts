/** The three ways in which Cedar input can fail here, kept apart because each is answered differently. */

/** The caller's input is not Cedar (`invalid`) or is too large (`limit`): a refusal, nothing was decided. */
export class CedarInputError extends Error {
  readonly code: 'invalid' | 'limit';

  constructor(code: 'invalid' | 'limit', message: string) {
    super(message);
    this.name = 'CedarInputError';
    this.code = code;
  }
}

/**
 * One policy cannot be evaluated for this request: it is skipped and reported, as Cedar specifies.
 * Not an `Error`: policies may fail on every request, and taking a stack trace costs more than a decision.
 */
export class EvaluationError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The decision as a whole ran past `LIMITS.workPerDecisionMax`: it becomes deny. No stack trace, as above. */
export class WorkExceeded {
  readonly message = 'limit: the decision needs more work than is allowed';
}

export function invalid(message: string): CedarInputError {
  return new CedarInputError('invalid', message);
}

export function overLimit(message: string): CedarInputError {
  return new CedarInputError('limit', message);
}
