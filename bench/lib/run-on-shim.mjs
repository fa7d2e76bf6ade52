/** Runs what stock jco made of a command, on preview2-shim, with one directory as `/data`: MODULE DIRECTORY ARG... */
import { pathToFileURL } from 'node:url';
import { _setArgs } from '@bytecodealliance/preview2-shim/cli';
import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem';

const [module = '', directory = '', ...args] = process.argv.slice(2);
_setPreopens({ '/data': directory });
_setArgs(['program', ...args]);
const { run } = await import(pathToFileURL(module).href);
run.run();
process.exit(0);
