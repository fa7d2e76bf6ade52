/** Gives a guest that inherits our streams an empty standard input. */
import { closeSync, openSync } from 'node:fs';

/**
 * Nothing is read from a terminal unless `-i` says so, as in podman: the same run would otherwise read it without a
 * daemon and not with one. open(2) returns the lowest free descriptor, so it is 0 again.
 */
export function emptyStdin(): void {
  closeSync(0);
  openSync('/dev/null', 'r');
}
