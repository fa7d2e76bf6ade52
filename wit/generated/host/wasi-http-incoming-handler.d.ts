// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:http/incoming-handler@0.2.12 **/
export function handle(request: IncomingRequest, responseOut: ResponseOutparam): void;
export type IncomingRequest = import('./wasi-http-types.d.ts').IncomingRequest;
export type ResponseOutparam = import('./wasi-http-types.d.ts').ResponseOutparam;
