/** Every WIT interface a plugin can import or provide, by id. */
/// <reference path="../generated/interfaces.d.ts" />
import type { ForgeInterfaces } from '../generated/interfaces.d.ts';

/**
 * The ABI, and what else a project adds. Typings for a third party's WIT (made by `writeProjectTypings` of
 * `@forgeone/sdk/build`) add to it with `declare module '@forgeone/sdk' { interface Interfaces { ... } }`.
 */
export interface Interfaces extends ForgeInterfaces {}
