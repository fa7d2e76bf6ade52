/** Says hello to whom its arguments name, in the language that GREETING asks for. */
import { args, env } from '@forgeone/sdk/app';

export default function main(): void {
  const greeting = env()['GREETING'] ?? 'Hello';
  const names = args();
  console.log(`${greeting}, ${names.length > 0 ? names.join(' and ') : 'world'}!`);
}
