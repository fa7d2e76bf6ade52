/** The daemon with live objects on its main heap, as one that has run for long: what is slow under a full heap shows. */
const MB = 1024 * 1024;
const wanted = Number(process.env['BALLAST_MB']) * MB;
/** About 100 bytes each, so that a collection has much to mark. */
const kept = [];
const before = process.memoryUsage().heapUsed;
while (process.memoryUsage().heapUsed - before < wanted)
  for (let count = 0; count < 50_000; count += 1) kept.push({ id: count, name: `ballast ${count}`, tags: [count, count + 1] });
globalThis.forgeBallast = kept;
await import('../../cli/dist/forge.mjs');
