/** The last step of `npm start`: builds the hello example and runs it, with the commands that a person would type. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

for (const words of [
  ['build', 'examples/hello'],
  ['run', 'examples/hello/hello.forgepkg', 'ForgeOne'],
]) {
  console.log(`\n$ npx forge ${words.join(' ')}`);
  const { status, signal } = spawnSync('cli/bin/forge', words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\nforge ${words[0]} ended with ${signal ?? `code ${status}`}. What is missing: npx forge doctor`);
    process.exit(status ?? 1);
  }
}
