/**
 * The error table: ten cases, the same from WIT to TypeScript, Rust, HTTP, gRPC and exit codes.
 *
 * Three kinds of failure are kept apart. A *refusal* is a {@link Refusal}: typed, the caller decides. A *fault* is a
 * {@link Fault}: a plugin trapped, hung or overran; its caller sees `unavailable` and the supervisor acts. A *bug* is
 * anything else that is thrown: logged with its place, and the process lives. `test/contract/errors.test.ts` holds
 * this table to `wit/forge-types/types.wit` and `host-native/crates/forge-host/src/error.rs`.
 */

/** One row per case: HTTP status (RFC 9110), gRPC status (google.rpc.Code), process exit code (sysexits.h where one fits, else 125 as podman). */
export const ERROR_TABLE = {
  invalid: { http: 400, grpc: 3, exit: 64 },
  denied: { http: 403, grpc: 7, exit: 77 },
  'not-found': { http: 404, grpc: 5, exit: 66 },
  conflict: { http: 409, grpc: 6, exit: 73 },
  limit: { http: 429, grpc: 8, exit: 75 },
  timeout: { http: 504, grpc: 4, exit: 124 },
  cancelled: { http: 499, grpc: 1, exit: 130 },
  unsupported: { http: 501, grpc: 12, exit: 69 },
  unavailable: { http: 503, grpc: 14, exit: 125 },
  other: { http: 500, grpc: 2, exit: 70 },
} as const;

export type ErrorCode = keyof typeof ERROR_TABLE;

export const ERROR_CODES = Object.keys(ERROR_TABLE) as readonly ErrorCode[];

/** What travels with every error: for people, except `hint`, which is the line that would mend it. */
export interface ErrorDetail {
  readonly message: string;
  /** File, line, field or resource the error is about. */
  readonly where?: string | undefined;
  /** The line of policy, manifest or composition that would allow it, or the command that would mend it. */
  readonly hint?: string | undefined;
}

/** The wire form, as `forge:types/errors.error` in glue made by jco. */
export interface ErrorPayload {
  readonly tag: ErrorCode;
  readonly val: ErrorDetail;
}

/** A typed refusal: the caller decides what to do. `payload` is what WIT guests receive. */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  readonly payload: ErrorPayload;

  constructor(code: ErrorCode, message: string, extra: { where?: string | undefined; hint?: string | undefined } = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.detail = { message, where: extra.where, hint: extra.hint };
    this.payload = { tag: code, val: this.detail };
  }
}

/** A plugin or workload trapped, hung or overran. Whoever called it sees `unavailable`. */
export class Fault extends Error {
  readonly plugin: string;
  constructor(plugin: string, message: string, options?: ErrorOptions) {
    super(`${plugin}: ${message}`, options);
    this.name = 'Fault';
    this.plugin = plugin;
  }
}

const isErrorCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(ERROR_TABLE, value);

/** The refusal inside whatever was thrown (a Refusal, a HostError, a guest's ComponentError), or undefined for faults and bugs. */
export function asRefusal(thrown: unknown): Refusal | undefined {
  if (thrown instanceof Refusal) return thrown;
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const payload = (thrown as { payload?: Partial<ErrorPayload> }).payload;
  if (payload && isErrorCode(payload.tag) && typeof payload.val?.message === 'string') {
    return new Refusal(payload.tag, payload.val.message, payload.val);
  }
  const code = (thrown as { code?: unknown }).code;
  if (thrown instanceof Error && isErrorCode(code)) return new Refusal(code, thrown.message);
  return undefined;
}
