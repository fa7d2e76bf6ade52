// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:plugin/listener@0.1.0 **/
/**
 * One event of a topic the plugin subscribed to; each event is delivered once, in order of publication a topic.
 */
export function deliver(topic: string, payload: string): void;
export type Error = import('./forge-types-errors.d.ts').Error;
