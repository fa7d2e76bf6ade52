/** What every contestant of B4 measures, whatever carries the calls. */
import { nsOf, nsOfAsync } from '../lib/node-timing.mjs';

export const SIZES = [32, 4096, 65_536];
const WARM_UP = 30;
const IDLE_TIMES = 3;

/** Figures of a plugin that is called by its host. @param {{ nop: () => unknown, echo: (data: Uint8Array) => Uint8Array }} plugin */
export function measureDirect(prefix, budgetMs, { nop, echo }) {
  console.log(`${prefix}nop ${nsOf(budgetMs, 16, nop).toFixed(1)}`);
  for (const size of SIZES) {
    const data = new Uint8Array(size).fill(7);
    if (echo(data).length !== size) throw new Error(`echo of ${size} bytes answers ${echo(data).length}`);
    console.log(`${prefix}echo${size} ${nsOf(budgetMs, 4, () => echo(data)).toFixed(1)}`);
  }
}

/** The same over what answers with a promise. */
export async function measureAsync(prefix, budgetMs, { nop, echo }) {
  console.log(`${prefix}nop ${(await nsOfAsync(budgetMs, nop)).toFixed(1)}`);
  for (const size of SIZES) {
    const data = new Uint8Array(size).fill(7);
    if ((await echo(data)).length !== size) throw new Error('echo answers something else');
    console.log(`${prefix}echo${size} ${(await nsOfAsync(budgetMs, () => echo(data))).toFixed(1)}`);
  }
}

/**
 * Figures of a plugin that calls another: it makes many calls in one, and what the one costs without them is taken off.
 *
 * @param {{ idle: (times: number) => unknown, nop: (times: number) => unknown, echo: (times: number, bytes: number) => unknown, clock?: (times: number) => unknown }} driver
 */
export async function measureDriver(prefix, budgetMs, driver) {
  const take = async (name, call) => {
    // The first calls start the plugins, and make engines compile them.
    for (let time = 0; time < WARM_UP; time += 1) await call(WARM_UP);
    await driver.idle(WARM_UP);
    // As many calls as fill the budget, so that the one that carries them is lost in them.
    let times = 1;
    let took = 0;
    for (;;) {
      const began = performance.now();
      await call(times);
      took = performance.now() - began;
      if (took >= budgetMs / 4) break;
      times = Math.ceil(times * Math.min(10, Math.max(2, budgetMs / 3 / Math.max(took, 0.001))));
    }
    times = Math.max(1, Math.round((times * budgetMs) / took));
    const began = performance.now();
    await call(times);
    const calls = performance.now() - began;
    const idles = [];
    for (let time = 0; time < IDLE_TIMES; time += 1) {
      const idleBegan = performance.now();
      await driver.idle(times);
      idles.push(performance.now() - idleBegan);
    }
    const own = calls - Math.min(...idles);
    // Less than nothing is noise, and no figure.
    if (own > 0) console.log(`${prefix}${name} ${((own * 1e6) / times).toFixed(2)}`);
  };
  await take('nop', (times) => driver.nop(times));
  for (const size of SIZES) await take(`echo${size}`, (times) => driver.echo(times, size));
  if (driver.clock) await take('clock', (times) => driver.clock(times));
}
