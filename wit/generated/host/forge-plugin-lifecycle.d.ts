// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:plugin/lifecycle@0.1.0 **/
/**
 * After instantiation and after every restart; idempotent. The plugin serves when it returns. At most 5 s.
 */
export function start(): void;
/**
 * Whether the plugin can do its work. At most 1 s.
 */
export function health(): void;
/**
 * No more calls will come; hand back what is held. At most 5 s, then the instance is discarded.
 */
export function stop(): void;
export type Error = import('./forge-types-errors.d.ts').Error;
