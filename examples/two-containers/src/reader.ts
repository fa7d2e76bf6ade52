/** Waits for a sealed letter, takes it out of the mailbox and prints it. */
import { fileInfo, readTextFile, remove } from '@forgeone/sdk/app';

const LOOK_MS = 50;

export default async function main(): Promise<void> {
  while (!fileInfo('/mailbox/sealed')) await new Promise<void>((resolve) => setTimeout(() => resolve(), LOOK_MS));
  const letter = readTextFile('/mailbox/letter');
  remove('/mailbox/sealed');
  remove('/mailbox/letter');
  console.log(`reader: ${letter.trimEnd()}`);
}
