/** Node side: builds TypeScript into components, and typings from WIT. */

export { type BuildAppOptions, buildApp } from './build-app.ts';
export { BuildError, type Problem } from './build-error.ts';
export { type BuildPluginOptions, type BuiltGuest, buildPlugin } from './build-plugin.ts';
export { findSource, mapStack, type SourcePlace } from './componentize-guest.ts';
export { generateGuestTypings, generateHostTypings, type Typings, writeProjectTypings } from './typings.ts';
export { abiDir, readWitSource, type WitSource } from './wit-source.ts';
