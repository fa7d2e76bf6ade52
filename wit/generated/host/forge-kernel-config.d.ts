// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface forge:kernel/config@0.1.0 **/
/**
 * The value of one key, or none.
 */
export function get(key: string): string | undefined;
