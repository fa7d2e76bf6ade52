/** Reads `--format` (call path step 1). */
import { Refusal } from '@forgeone/kernel/errors';

export type Format = 'text' | 'json';

export function readFormat(word: string | undefined): Format {
  if (word === undefined || word === 'text') return 'text';
  if (word === 'json') return 'json';
  throw new Refusal('invalid', `${JSON.stringify(word)} is no format`, { where: '--format', hint: 'text or json' });
}
