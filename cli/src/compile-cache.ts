/** Where Node keeps the code it compiled of this program, so that the next start does not compile it again. */
import { mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * FORGE_HOME/cache/node, else below the XDG cache directory. Root never uses a home directory that sudo left in the
 * environment: whoever can write there could write code that root then runs.
 */
export function compileCacheDir(env: NodeJS.ProcessEnv, uid: number | undefined): string {
  if (env['FORGE_HOME']) return join(env['FORGE_HOME'], 'cache', 'node');
  if (uid === 0) return '/var/lib/forge/cache/node';
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'forge', 'node');
}

/** Failing is no error: the program only starts slower. */
export function enableCompileCache(): void {
  try {
    const dir = compileCacheDir(process.env, process.getuid?.());
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    module.enableCompileCache(dir);
  } catch {
    // A read-only machine, for example.
  }
}
