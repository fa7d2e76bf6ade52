// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-types-errors.d.ts" />
declare module 'forge:api/handler@0.1.0' {
  /**
   * Answers one request. Errors become `application/problem+json` (RFC 9457) by the error table.
   */
  export function handle(request: Request): Response;
  export type Error = import('forge:types/errors@0.1.0').Error;
  /**
   * One request.
   */
  export interface Request {
    /**
     * HTTP method, upper case.
     */
    method: string,
    /**
     * Path, decoded and normalised, beginning with `/v1/`.
     */
    path: string,
    /**
     * Query parameters, decoded, in order.
     */
    query: Array<[string, string]>,
    /**
     * Body, at most 1 MiB.
     */
    body: Uint8Array,
  }
  /**
   * A log to send.
   */
  export interface LogBody {
    /**
     * Log name.
     */
    name: string,
    /**
     * Only the last so many lines.
     */
    tail?: number | null | undefined,
    /**
     * Only what is not older, in milliseconds since the Unix epoch.
     */
    sinceMs?: number | null | undefined,
    /**
     * Go on until this topic is published; none: end at the end.
     */
    follow?: string | null | undefined,
  }
  /**
   * What the ingress sends after the head.
   */
  export type Body = BodyEmpty | BodyJson | BodyLog | BodyWait | BodyStdin;
  /**
   * Nothing.
   */
  export interface BodyEmpty {
    tag: 'empty',
  }
  /**
   * These bytes.
   */
  export interface BodyJson {
    tag: 'json',
    val: string,
  }
  /**
   * Records of a log, by name; to the end, or on until the topic is published.
   */
  export interface BodyLog {
    tag: 'log',
    val: LogBody,
  }
  /**
   * Nothing yet: the same request is to be put again when the topic is published or the request's time is over.
   */
  export interface BodyWait {
    tag: 'wait',
    val: string,
  }
  /**
   * The request's body goes into the pipe of this name (`forge:host/streams.pipe`).
   */
  export interface BodyStdin {
    tag: 'stdin',
    val: string,
  }
  /**
   * One response.
   */
  export interface Response {
    /**
     * HTTP status.
     */
    status: number,
    /**
     * See there.
     */
    body: Body,
  }
}
