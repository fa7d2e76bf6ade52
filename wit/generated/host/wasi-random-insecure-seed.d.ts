// Made from WIT by sdk/scripts/generate.mjs. Do not edit.
/** @module Interface wasi:random/insecure-seed@0.2.12 **/
export function insecureSeed(): [bigint, bigint];
