// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:http/outgoing-handler@0.2.12 **/
export function handle(request: OutgoingRequest, options: RequestOptions | undefined): FutureIncomingResponse;
export type OutgoingRequest = import('./wasi-http-types.d.ts').OutgoingRequest;
export type RequestOptions = import('./wasi-http-types.d.ts').RequestOptions;
export type FutureIncomingResponse = import('./wasi-http-types.d.ts').FutureIncomingResponse;
export type ErrorCode = import('./wasi-http-types.d.ts').ErrorCode;
