/** Installs peers from npm into bench/peers/, pinned, without install scripts; never with the product. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './children.mjs';
import { PEERS } from './places.mjs';

const VERSIONS = { '@extism/extism': '1.0.3' };
const INSTALL_MS = 180_000;

/** Entry of an installed peer, or why there is none. @param {keyof typeof VERSIONS} name */
export function installPeer(name) {
  const installed = join(PEERS, 'node_modules', name, 'package.json');
  try {
    if (!existsSync(installed) || JSON.parse(readFileSync(installed, 'utf8')).version !== VERSIONS[name]) {
      mkdirSync(PEERS, { recursive: true });
      writeFileSync(join(PEERS, 'package.json'), `${JSON.stringify({ name: 'forgeone-bench-peers', private: true }, undefined, 2)}\n`);
      run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', `${name}@${VERSIONS[name]}`], { cwd: PEERS, timeoutMs: INSTALL_MS });
    }
    return { entry: createRequire(join(PEERS, 'package.json')).resolve(name) };
  } catch (thrown) {
    return { skip: `${name} could not be installed: ${String(thrown.message).slice(0, 200)}` };
  }
}
