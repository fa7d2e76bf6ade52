/** The program of guests/volumes.c, in Node. */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, statSync, unlinkSync, writeSync } from 'node:fs';

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK = 4 * KIB;
const SMALL = KIB;
const [dir = '', megabytes = '100', count = '2000'] = process.argv.slice(2);
const total = Number(megabytes) * MIB;
const files = Number(count);
const buffer = Buffer.alloc(MIB, 7);
const path = `${dir}/stream`;
const nowUs = () => performance.now() * 1_000;
const report = (name, value) => console.log(`${name} ${value.toFixed(3)}`);

function stream(name, chunk, writing) {
  const fd = openSync(path, writing ? 'w' : 'r');
  const began = nowUs();
  for (let done = 0; done < total; done += chunk) {
    for (let moved = 0; moved < chunk; ) moved += writing ? writeSync(fd, buffer, moved, chunk - moved) : readSync(fd, buffer, moved, chunk - moved, null);
  }
  closeSync(fd);
  report(name, ((total / MIB) * 1e6) / (nowUs() - began));
}

let seed = 12345;
function nextRandom() {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed >>> 8;
}

function each(name, times, work) {
  const began = nowUs();
  work();
  report(name, (nowUs() - began) / times);
}

stream('write64k', 64 * KIB, true);
stream('read64k', 64 * KIB, false);
unlinkSync(path);
stream('write1m', MIB, true);
stream('read1m', MIB, false);
const fd = openSync(path, 'r+');
const blocks = total / BLOCK;
each('randomRead', files, () => {
  for (let time = 0; time < files; time += 1) readSync(fd, buffer, 0, BLOCK, (nextRandom() % blocks) * BLOCK);
});
each('randomWrite', files, () => {
  for (let time = 0; time < files; time += 1) writeSync(fd, buffer, 0, BLOCK, (nextRandom() % blocks) * BLOCK);
});
closeSync(fd);
const sub = `${dir}/small`;
mkdirSync(sub);
const all = (work) => () => {
  for (let file = 0; file < files; file += 1) work(`${sub}/${file}`);
};
each(
  'create',
  files,
  all((name) => {
    const one = openSync(name, 'wx');
    writeSync(one, buffer, 0, SMALL);
    closeSync(one);
  }),
);
each(
  'stat',
  files,
  all((name) => statSync(name)),
);
each('readdir', files, () => readdirSync(sub));
each('unlink', files, all(unlinkSync));
