/** Whether a stream is a terminal. `node:tty` costs 2.5 ms to load, so files, pipes and /dev/null are told apart by stat first. */
import { fstatSync } from 'node:fs';

/** Major number of /dev/null, /dev/zero and the like (Linux, Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;
const MAJOR_SHIFT = 8;
const MAJOR_MASK = 0xfff;

export function isTerminal(stream: number): boolean {
  try {
    const info = fstatSync(stream);
    if (!info.isCharacterDevice() || ((info.rdev >> MAJOR_SHIFT) & MAJOR_MASK) === MEMORY_DEVICES) return false;
  } catch {
    // Closed.
    return false;
  }
  return process.getBuiltinModule('node:tty').isatty(stream);
}
