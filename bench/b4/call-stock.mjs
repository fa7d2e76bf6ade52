/** The same calls through what stock jco makes of the same components, wired to each other directly: MODE BUDGET_MS DIR. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureDirect, measureDriver } from './measure-calls.mjs';

const [mode = '', budget = '150', dir = ''] = process.argv.slice(2);
const budgetMs = Number(budget);

async function instantiate(name, imports) {
  const made = join(dir, 'stock', name);
  const { instantiate: go } = await import(pathToFileURL(join(made, `${name}.js`)).href);
  return go(
    (file) => new WebAssembly.Module(readFileSync(join(made, file))),
    imports,
    (module, coreImports) => new WebAssembly.Instance(module, coreImports),
  );
}

const find = (instance, name) => Object.entries(instance).find(([key]) => key.startsWith(name))?.[1];

for (const [language, prefix] of [
  ['c', ''],
  ['js', 'js-'],
]) {
  // Whatever else a QuickJS guest asks for; nothing of it is on the way of a call.
  const rest = {
    'forge:kernel/clock': { monotonicNs: () => process.hrtime.bigint(), nowMs: () => BigInt(Date.now()) },
    'forge:kernel/log': { write() {} },
    'forge:kernel/random': { bytes: (length) => new Uint8Array(length) },
    'forge:types/errors': {},
  };
  const echo = find(await instantiate(`echo-${language}`, rest), 'bench:echo/echo');
  if (mode === 'direct') measureDirect(prefix, budgetMs, { nop: () => echo.nop(), echo: (data) => echo.echo(data) });
  else {
    const driver = find(await instantiate(`caller-${language}`, { ...rest, 'bench:echo/echo': { nop: () => echo.nop(), echo: (data) => echo.echo(data) } }), 'bench:echo/driver');
    await measureDriver(prefix, budgetMs, {
      idle: (times) => driver.idle(times),
      nop: (times) => driver.nop(times),
      echo: (times, bytes) => driver.echo(times, bytes),
      clock: (times) => driver.clock(times),
    });
  }
}
process.exit(0);
