/**
 * The error table as a plugin sees it: ten cases, each a typed refusal that the caller decides about. Anything else
 * that is thrown is a bug of the plugin; its caller sees `other` (see guard.ts).
 */
import type { Error as ErrorPayload } from 'forge:types/errors@0.1.0';

export type { ErrorPayload };

/** One of `invalid, denied, not-found, conflict, limit, timeout, cancelled, unsupported, unavailable, other`. */
export type ErrorCode = ErrorPayload['tag'];

/** What travels with every refusal. */
export interface ErrorDetail {
  /** For people: what was wrong, in one sentence. */
  readonly message: string;
  /** What it is about: a field, file and line, or resource. */
  readonly where?: string | null | undefined;
  /** What would mend it: a line of policy, manifest or composition, or a command. */
  readonly hint?: string | null | undefined;
}

/** What may be said beside the message. */
export type ErrorContext = Omit<ErrorDetail, 'message'>;

const CODES: Readonly<Record<ErrorCode, true>> = {
  invalid: true,
  denied: true,
  'not-found': true,
  conflict: true,
  limit: true,
  timeout: true,
  cancelled: true,
  unsupported: true,
  unavailable: true,
  other: true,
};

/** All codes, in the order of the table. */
export const ERROR_CODES = Object.keys(CODES) as readonly ErrorCode[];

/** A typed refusal. Thrown inside an exported function it reaches the caller as this error, and the instance lives. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  /** The wire form. */
  readonly payload: ErrorPayload;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.detail = { message, where: context.where ?? null, hint: context.hint ?? null };
    this.payload = { tag: code, val: this.detail };
  }
}

/** Throws a refusal of one code. */
export type Refuse = (message: string, context?: ErrorContext) => never;

const refuseWith =
  (code: ErrorCode): Refuse =>
  (message, context) => {
    throw new Refusal(code, message, context);
  };

/** `refuse.invalid('the name is empty', { where: 'name' })` throws; `throw refuse.invalid(...)` reads as well. */
export const refuse: {
  /** The request is malformed or breaks a rule; the same request will always fail. */
  readonly invalid: Refuse;
  /** Policy, manifest or composition does not allow it. Always say in `hint` what would. */
  readonly denied: (message: string, context: ErrorContext & { readonly hint: string }) => never;
  /** What was named does not exist. */
  readonly notFound: Refuse;
  /** It exists already, or is in a state that does not permit this. */
  readonly conflict: Refuse;
  /** A limit or quota is reached. */
  readonly limit: Refuse;
  /** It was not done before its deadline. */
  readonly timeout: Refuse;
  /** The caller, or an operator, called it off. */
  readonly cancelled: Refuse;
  /** This host cannot do it. */
  readonly unsupported: Refuse;
  /** Something it needs is absent or restarting. It may work later. */
  readonly unavailable: Refuse;
  /** Anything else. */
  readonly other: Refuse;
} = {
  invalid: refuseWith('invalid'),
  denied: refuseWith('denied'),
  notFound: refuseWith('not-found'),
  conflict: refuseWith('conflict'),
  limit: refuseWith('limit'),
  timeout: refuseWith('timeout'),
  cancelled: refuseWith('cancelled'),
  unsupported: refuseWith('unsupported'),
  unavailable: refuseWith('unavailable'),
  other: refuseWith('other'),
};

/** The wire form inside whatever was thrown, or undefined. */
export function payloadOf(thrown: unknown): ErrorPayload | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const payload = (thrown as { payload?: Partial<ErrorPayload> | null }).payload;
  if (typeof payload !== 'object' || payload === null || typeof payload.tag !== 'string') return undefined;
  return Object.hasOwn(CODES, payload.tag) && typeof payload.val?.message === 'string' ? (payload as ErrorPayload) : undefined;
}

/**
 * Whether something thrown is a refusal, of this code if one is given. True for a {@link Refusal} and for the errors
 * that imported functions throw: those get the same `code`, `detail` and `message` here.
 */
export function isRefusal<C extends ErrorCode = ErrorCode>(thrown: unknown, code?: C): thrown is Refusal & { readonly code: C } {
  const payload = payloadOf(thrown);
  if (!payload || (code !== undefined && payload.tag !== code)) return false;
  const error = thrown as { code?: unknown; detail?: unknown; message?: unknown };
  if (error.code === undefined) {
    error.code = payload.tag;
    error.detail = payload.val;
    error.message = payload.val.message;
  }
  return true;
}

/** The refusal inside whatever was thrown, or undefined when it is a bug. */
export const asRefusal = (thrown: unknown): Refusal | undefined => (isRefusal(thrown) ? thrown : undefined);
