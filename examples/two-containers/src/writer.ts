/** Writes one letter and seals it: whoever sees the seal sees a whole letter. */
import { env, writeFile } from '@forgeone/sdk/app';

export default function main(): void {
  writeFile('/mailbox/letter', `Dear reader, ${env()['MESSAGE'] ?? 'all is well'}.\n`);
  writeFile('/mailbox/sealed', '');
  console.log('writer: sent');
}
