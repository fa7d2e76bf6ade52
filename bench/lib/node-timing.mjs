/** guests/timing.h, for Node. */
const nowNs = () => Number(process.hrtime.bigint());

/** @param {string} name @param {number} budgetMs @param {number} batch @param {() => unknown} operation */
export function measure(name, budgetMs, batch, operation) {
  console.log(`${name} ${nsOf(budgetMs, batch, operation).toFixed(2)}`);
}

/** Nanoseconds of one operation. @param {number} budgetMs @param {number} batch @param {() => unknown} operation */
export function nsOf(budgetMs, batch, operation) {
  let result = 0;
  for (const share of [0.25, 1]) {
    let count = 0;
    const began = nowNs();
    const ends = began + budgetMs * 1e6 * share;
    let now = began;
    do {
      for (let time = 0; time < batch; time += 1) operation();
      count += batch;
      now = nowNs();
    } while (now < ends);
    result = (now - began) / count;
  }
  return result;
}

/** The same for what answers with a promise. @param {number} budgetMs @param {() => Promise<unknown>} operation */
export async function nsOfAsync(budgetMs, operation) {
  let result = 0;
  for (const share of [0.25, 1]) {
    let count = 0;
    const began = nowNs();
    const ends = began + budgetMs * 1e6 * share;
    let now = began;
    do {
      await operation();
      count += 1;
      now = nowNs();
    } while (now < ends);
    result = (now - began) / count;
  }
  return result;
}
