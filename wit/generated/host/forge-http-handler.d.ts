// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:http/handler@0.1.0 **/
/**
 * Answers one request.
 */
export function handle(request: Request): Response;
export type Request = import('./forge-http-types.d.ts').Request;
export type Response = import('./forge-http-types.d.ts').Response;
export type Error = import('./forge-types-errors.d.ts').Error;
