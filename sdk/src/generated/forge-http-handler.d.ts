// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/// <reference path="./forge-http-types.d.ts" />
/// <reference path="./forge-types-errors.d.ts" />
declare module 'forge:http/handler@0.1.0' {
  /**
   * Answers one request.
   */
  export function handle(request: Request): Response;
  export type Request = import('forge:http/types@0.1.0').Request;
  export type Response = import('forge:http/types@0.1.0').Response;
  export type Error = import('forge:types/errors@0.1.0').Error;
}
