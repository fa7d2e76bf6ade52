/** Random names from the machine's generator, without loading node:crypto. */
import type { Host } from './host.ts';

export function randomHex(host: Pick<Host, 'randomFill'>, length: number): string {
  const bytes = Buffer.allocUnsafe(length);
  if (host.randomFill(bytes, 0, length) !== length) throw new Error('the random generator of the machine failed');
  return bytes.toString('hex');
}
