/** The same calls into an Extism plugin: `foreground` or `worker`, BUDGET_MS, DIR, and the package's entry. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureAsync } from './measure-calls.mjs';

const [mode = '', budget = '150', dir = '', entry = ''] = process.argv.slice(2);
const imported = await import(pathToFileURL(entry).href);
const createPlugin = imported.createPlugin ?? imported.default.createPlugin ?? imported.default;
const plugin = await createPlugin({ wasm: [{ data: readFileSync(join(dir, 'extism-echo.wasm')) }] }, { useWasi: false, runInWorker: mode === 'worker' });
await measureAsync('', Number(budget), {
  nop: () => plugin.call('nop'),
  echo: async (data) => (await plugin.call('echo', data)).bytes(),
});
process.exit(0);
