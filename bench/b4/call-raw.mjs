/** The same calls as an engine alone makes them: core modules, and one copy into and one out of each memory: MODE BUDGET_MS DIR. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureDirect, measureDriver } from './measure-calls.mjs';

const [mode = '', budget = '150', dir = ''] = process.argv.slice(2);
const budgetMs = Number(budget);
const ECHO = 'bench:echo/echo@0.1.0';
const instantiate = (name, imports) => new WebAssembly.Instance(new WebAssembly.Module(readFileSync(join(dir, `${name}.core.wasm`))), imports).exports;

const callee = instantiate('echo', {});
const nop = callee[`${ECHO}#nop`];
const echo = callee[`${ECHO}#echo`];
const done = callee[`cabi_post_${ECHO}#echo`];
const calleeBytes = new Uint8Array(callee.memory.buffer);
const calleeWords = new Int32Array(callee.memory.buffer);

/** Copies in, calls, and says where the answer lies in the callee. */
function send(data) {
  const at = callee.cabi_realloc(0, 0, 1, data.length);
  calleeBytes.set(data, at);
  return echo(at, data.length) >> 2;
}

if (mode === 'direct') {
  measureDirect('', budgetMs, {
    nop,
    echo: (data) => {
      const answer = send(data);
      const copy = calleeBytes.slice(calleeWords[answer + 1], calleeWords[answer + 1] + calleeWords[answer + 2]);
      done(answer << 2);
      return copy;
    },
  });
} else {
  const caller = instantiate('caller', {
    [ECHO]: {
      nop: (into) => {
        callerWords[into >> 2] = calleeWords[nop() >> 2];
      },
      echo: (at, length, into) => {
        const answer = send(callerBytes.subarray(at, at + length));
        const from = calleeWords[answer + 1];
        const bytes = calleeWords[answer + 2];
        const to = caller.cabi_realloc(0, 0, 1, bytes);
        callerBytes.set(calleeBytes.subarray(from, from + bytes), to);
        callerWords[into >> 2] = calleeWords[answer];
        callerWords[(into >> 2) + 1] = to;
        callerWords[(into >> 2) + 2] = bytes;
        done(answer << 2);
      },
    },
    'forge:kernel/clock@0.1.0': { 'monotonic-ns': () => process.hrtime.bigint() },
  });
  const callerBytes = new Uint8Array(caller.memory.buffer);
  const callerWords = new Int32Array(caller.memory.buffer);
  const of =
    (name) =>
    (...args) =>
      caller[`bench:echo/driver@0.1.0#${name}`](...args);
  await measureDriver('', budgetMs, { idle: of('idle'), nop: of('nop'), echo: of('echo'), clock: of('clock') });
}
process.exit(0);
