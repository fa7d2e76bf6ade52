/** One daemon a state directory: a pid file that says which process, and when it started, so that a reused pid is no lock. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Refusal } from '../errors.ts';

/** Field 22 of /proc/PID/stat (proc(5)): when the process started; undefined when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Takes the lock; the returned function gives it back. A lock of a process that is gone is taken over. */
export function claimHome(file: string): () => void {
  const mine = `${process.pid} ${startTime(process.pid)}\n`;
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        // link(2) is atomic and fails when the name is taken.
        linkSync(temporary, file);
        return () => {
          if (readFileSync(file, 'utf8') === mine) rmSync(file, { force: true });
        };
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
      }
      const [pid = '', started = ''] = readFileSync(file, 'utf8').trim().split(' ');
      if (started !== '' && startTime(Number(pid)) === started) {
        throw new Refusal('conflict', `a daemon already serves this state directory (process ${pid})`, { where: file, hint: 'stop it, or name another FORGE_HOME' });
      }
      rmSync(file, { force: true });
    }
    throw new Refusal('conflict', 'another daemon is starting', { where: file });
  } finally {
    rmSync(temporary, { force: true });
  }
}
