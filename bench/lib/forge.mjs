/** ForgeOne as its users start it, in a state directory of its own. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../kernel/src/ingress/http-client.ts';
import { end, run, start } from './children.mjs';
import { BENCH, FORGE, NODE } from './places.mjs';

const SERVE_TIMEOUT_MS = 60_000;

export class Forge {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'forge-bench-'));
    this.home = join(this.dir, 'home');
    mkdirSync(this.home, { mode: 0o700 });
    process.once('exit', () => this.remove());
  }

  /** @param {string} name */
  path(name) {
    return join(this.dir, name);
  }

  /** One command, to its end. @param {readonly string[]} args */
  forge(...args) {
    return run(FORGE, args, { env: { FORGE_HOME: this.home }, cwd: this.dir });
  }

  /** Starts the daemon, with so much ballast on its heap, and waits until it serves. */
  async serve(ballastMb = 0) {
    const env = { FORGE_HOME: this.home };
    const daemon = ballastMb === 0 ? start(FORGE, ['serve'], env) : start(NODE, [join(BENCH, 'b1/serve-with-ballast.mjs'), 'serve'], { ...env, BALLAST_MB: String(ballastMb) });
    let said = '';
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the daemon did not start in time: ${said}`)), SERVE_TIMEOUT_MS);
      const hear = (chunk) => {
        said += chunk;
        if (!said.includes('serving on')) return;
        clearTimeout(timer);
        resolve(undefined);
      };
      daemon.stdout?.on('data', hear);
      daemon.stderr?.on('data', hear);
      daemon.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the daemon ended with ${code}: ${said}`));
      });
    });
    const client = await connect(this.home);
    if (!client) throw new Error('the daemon does not answer');
    return {
      client,
      /** Resident bytes, so that a reader sees the ballast. */
      pid: daemon.pid,
      close: async () => {
        await client.close();
        await end(daemon);
      },
    };
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The parsed answer; throws for an error. */
export async function ask(client, method, path, body, query) {
  const { status, json } = await client.request({ method, path, body, query });
  if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`);
  return json;
}
