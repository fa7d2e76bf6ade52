/** The program of guests/syscall.c, in Node. */

import { randomFillSync } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { measure } from '../lib/node-timing.mjs';

const [dir = '', budgetMs = '200'] = process.argv.slice(2);
const BLOCK = 4096;
const BLOCKS = 1024;
const path = `${dir}/blocks`;
const fd = openSync(path, 'w+');
const block = Buffer.alloc(BLOCK, 7);
for (let count = 0; count < BLOCKS; count += 1) writeSync(fd, block);
const eight = Buffer.alloc(8);
const take = (name, batch, operation) => measure(name, Number(budgetMs), batch, operation);
take('clock', 256, () => process.hrtime.bigint());
take('random8', 64, () => randomFillSync(eight));
let at = 0;
const pread = () => readSync(fd, block, 0, BLOCK, (at++ % BLOCKS) * BLOCK);
take('read4k', 64, pread);
take('open', 16, () => {
  const other = openSync(path);
  fstatSync(other);
  closeSync(other);
});
take('pread4k', 64, pread);
