/** Where things are, and the environment that children get. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const BENCH = new URL('..', import.meta.url).pathname.replace(/\/$/, '');
export const ROOT = join(BENCH, '..');
export const FORGE = join(ROOT, 'node_modules/.bin/forge');
export const JCO = join(ROOT, 'node_modules/.bin/jco');
/** Peers, and what is made for them; never part of the product. */
export const PEERS = join(BENCH, 'peers');
export const RESULTS = join(BENCH, 'results');
export const NODE = process.execPath;

/** Nothing that would slow down, or speed up, only some of them. */
const UNWANTED = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE', 'FORGE_HOME', 'FORGE_DEBUG'];

/** @param {Record<string, string>} [more] @returns {NodeJS.ProcessEnv} */
export function cleanEnv(more = {}) {
  const env = { ...process.env, ...more };
  for (const name of UNWANTED) if (!(name in more)) delete env[name];
  return env;
}

/** What has to be built before anything here runs; undefined when it is there. */
export function missingBuild() {
  const missing = [FORGE, join(ROOT, 'cli/dist/forge.mjs'), join(ROOT, 'plugins/dist/plugins.json'), JCO].find((path) => !existsSync(path));
  return missing && `${missing} is missing; run: npm ci && npm run build`;
}
