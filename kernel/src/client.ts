/** What a program that drives the platform sees: one request at a time, to a daemon or to a kernel in its own process (call path step 2). */
import type { LogRecord } from './host/host.ts';
import type { Consent } from './identity.ts';

export type { LogRecord } from './host/host.ts';
export type { Consent } from './identity.ts';
export { connect } from './ingress/http-client.ts';
export { homePaths, resolveHome } from './loader/home.ts';

export interface ApiRequest {
  readonly method: string;
  /** Begins with `/v1/`. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the local user typed themselves. */
  readonly consents?: readonly Consent[];
  /** How long to wait; parked requests (`wait`, followed logs) end with `timeout`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  /** Parsed body; problem+json for errors. */
  readonly json?: unknown;
  /** For logs: records as they come. */
  readonly log?: AsyncIterable<LogRecord>;
}

export interface ControlClient {
  /** Never rejects for an answer, whatever its status; rejects when there is no answer. */
  request(request: ApiRequest): Promise<ApiResponse>;
  /** Sends bytes to a container's standard input, then its end. */
  sendStdin(containerId: string, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  close(): Promise<void>;
}
