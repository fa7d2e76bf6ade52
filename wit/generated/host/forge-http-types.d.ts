// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:http/types@0.1.0 **/
/**
 * Names one body of the request in progress; void after it.
 */
export type BodyId = number;
/**
 * Header fields, names in lower case, in order.
 */
export type Fields = Array<[string, Uint8Array]>;
/**
 * A request (RFC 9110).
 */
export interface Request {
  /**
   * Method, upper case.
   */
  method: string,
  /**
   * Absolute URI.
   */
  uri: string,
  /**
   * Header fields.
   */
  headers: Fields,
  /**
   * None: no content.
   */
  body?: BodyId | undefined,
}
/**
 * Content of a response.
 */
export type ResponseBody = ResponseBodyEmpty | ResponseBodyFull | ResponseBodyStreamed;
/**
 * None.
 */
export interface ResponseBodyEmpty {
  tag: 'empty',
}
/**
 * All of it.
 */
export interface ResponseBodyFull {
  tag: 'full',
  val: Uint8Array,
}
/**
 * Written by the guest through `bodies`.
 */
export interface ResponseBodyStreamed {
  tag: 'streamed',
  val: BodyId,
}
/**
 * A response (RFC 9110).
 */
export interface Response {
  /**
   * Status code, 200..599.
   */
  status: number,
  /**
   * Header fields.
   */
  headers: Fields,
  /**
   * See there.
   */
  body: ResponseBody,
}
