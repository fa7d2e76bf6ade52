/** The state directory: where everything the platform keeps has its place. All of it is 0700, owned by the user who runs it. */
import { mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../errors.ts';

/** FORGE_HOME, else /var/lib/forge for root, else the XDG state directory (XDG Base Directory Specification 0.8). */
export function resolveHome(env: NodeJS.ProcessEnv): string {
  if (env['FORGE_HOME']) return env['FORGE_HOME'];
  if (process.getuid?.() === 0) return '/var/lib/forge';
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'forge');
}

export interface HomePaths {
  readonly home: string;
  /** State store (SQLite). */
  readonly stateFile: string;
  readonly auditFile: string;
  readonly logFile: string;
  readonly volumes: string;
  readonly logs: string;
  readonly scratch: string;
  /** Checked packages: one JSON file each, by digest; and by the digest of the file they came in. */
  readonly packages: string;
  /** Transpiled components, by tool version and digest. */
  readonly cache: string;
  /** What V8 compiled of glue and kernel. */
  readonly codeCache: string;
  readonly run: string;
  readonly socket: string;
  readonly lockFile: string;
}

export function homePaths(home: string): HomePaths {
  return {
    home,
    stateFile: join(home, 'state.db'),
    auditFile: join(home, 'audit.jsonl'),
    logFile: join(home, 'log', 'forge.log'),
    volumes: join(home, 'volumes'),
    logs: join(home, 'logs'),
    scratch: join(home, 'scratch'),
    packages: join(home, 'packages'),
    cache: join(home, 'cache'),
    codeCache: join(home, 'cache', 'v8'),
    run: join(home, 'run'),
    socket: join(home, 'run', 'forge.sock'),
    lockFile: join(home, 'run', 'forge.pid'),
  };
}

/** Makes what is missing. A directory that others can write to is refused: what is in it runs with the user's rights. */
export function prepareHome(home: string): HomePaths {
  const paths = homePaths(home);
  try {
    for (const dir of [home, paths.volumes, paths.logs, paths.scratch, paths.packages, paths.cache, paths.run]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Refusal('unavailable', `the state directory cannot be made: ${(cause as Error).message}`, { where: home, hint: 'name one that you can write to: FORGE_HOME=DIR' });
  }
  const { uid, mode } = statSync(home);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Refusal('denied', 'the state directory belongs to, or can be written by, somebody else', { where: home, hint: `chown $(id -u) ${home} && chmod 700 ${home}` });
  }
  return paths;
}
