/** What a plugin imports from `@forgeone/sdk`. */
/// <reference path="./globals.d.ts" />
export { definePlugin, type Implementation, type PluginDefinition, type Provided } from './define-plugin.ts';
// `*`, because only then `declare module '@forgeone/sdk'` can add to the interface.
export type * from './interfaces.ts';
export { asRefusal, ERROR_CODES, type ErrorCode, type ErrorContext, type ErrorDetail, type ErrorPayload, isRefusal, Refusal, type Refuse, refuse } from './refusal.ts';
