/**
 * What a command line app imports from `@forgeone/sdk/app`. Its source exports its main function by default:
 *
 *     import { args } from '@forgeone/sdk/app';
 *     export default function main() { console.log(`hello ${args()[0] ?? 'world'}`); }
 */
/// <reference path="../guest/globals.d.ts" />
/// <reference path="../generated/interfaces.d.ts" />
export { args, env, exit } from './environment.ts';
export { appendFile, type Entry, type FileInfo, type FileType, fileInfo, listDirectory, makeDirectory, readFile, readTextFile, remove, writeFile } from './files.ts';
export type { Main } from './run-app.ts';
export { type Output, stderr, stdin, stdout } from './stdio.ts';
