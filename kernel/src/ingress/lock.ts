/** One daemon a state directory: a lock that ends with the process that holds it, and beside it a pid file for people (attack 74). */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** Who holds it, for a message; the file may lie, the lock does not. */
function holderOf(file: string): string {
  try {
    return `process ${Number.parseInt(readFileSync(file, 'utf8'), 10) || 'unknown'}`;
  } catch {
    return 'process unknown';
  }
}

/**
 * Takes the lock; the returned function gives it back. It is SQLite's, which is fcntl(2)'s: Node has no flock, and of
 * several that find a stale pid file and take it over, more than one can win.
 */
export function claimHome(file: string): () => void {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: LIMITS.lockWaitMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    lock.close();
    const { errcode, message } = thrown as Error & { errcode?: number };
    if (errcode !== SQLITE_BUSY) throw new Refusal('unavailable', `the state directory cannot be locked: ${message}`, { where: file });
    throw new Refusal('conflict', `a daemon already serves this state directory (${holderOf(file)})`, { where: file, hint: 'stop it, or name another FORGE_HOME' });
  }
  writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  return () => {
    rmSync(file, { force: true });
    lock.close();
  };
}
