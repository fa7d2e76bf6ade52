/** B7: work on files in a volume, from inside the guest. */
import { join } from 'node:path';
import { fileContestants, prepareGuest } from '../lib/file-guest.mjs';
import { Forge } from '../lib/forge.mjs';
import { BENCH } from '../lib/places.mjs';
import { noClang } from '../lib/toolchain.mjs';

/** @param {{ quick: boolean }} options @returns {Promise<import('../lib/measure.mjs').Series[]>} */
export async function volumesSeries({ quick }) {
  const title = 'B7 volumes, from inside a C guest';
  if (noClang) return [{ title, contestants: [{ name: 'ForgeOne', skip: noClang }], rows: [] }];
  const forge = new Forge();
  const guest = prepareGuest(forge, 'volumes');
  const args = (megabytes, files) => [String(megabytes), String(files)];
  const nodeScript = join(BENCH, 'b7/node-volumes.mjs');
  const files = quick ? 500 : 2_000;
  const contestants = fileContestants(forge, guest, { args: quick ? args(20, files) : args(100, files), nodeScript });
  const tenfold = fileContestants(forge, guest, { args: args(4, files * 5), only: ['ForgeOne'], suffix: ` with ${files * 5} files` });
  const peers = ['jco + shim', 'node:fs', 'native C'];
  const rate = (id, label, metric) => ({
    id,
    label,
    metric,
    unit: 'MB/s',
    ours: 'ForgeOne',
    peers,
    goals: [
      { peer: 'jco + shim', atLeast: 10 },
      { peer: 'node:fs', atLeast: 0.7 },
    ],
    limit: 'page cache',
  });
  // Rates turned round: 20 times as fast is 0.05 of the time, 0.7 times as fast is 1.43 of it.
  const time = (id, label, metric, goals = []) => ({
    id,
    label,
    metric,
    unit: 'us',
    ours: 'ForgeOne',
    peers,
    goals: [{ peer: 'node:fs', atMost: 1.43 }, ...goals],
    limit: 'page cache',
  });
  const fast = [{ peer: 'jco + shim', atMost: 0.05 }];
  const flat = (id, label, metric, first) => ({
    id,
    label: `${label}, ${files * 5} files`,
    metric,
    unit: 'us',
    ours: `ForgeOne with ${files * 5} files`,
    peers: [],
    axis: { first, growthMax: 1.3 },
  });
  return [
    {
      title,
      contestants: [...contestants, ...tenfold],
      rows: [
        rate('B7.1', 'write, 64 KiB at a time', 'write64k'),
        rate('B7.2', 'read, 64 KiB at a time', 'read64k'),
        rate('B7.3', 'write, 1 MiB at a time', 'write1m'),
        rate('B7.4', 'read, 1 MiB at a time', 'read1m'),
        time('B7.5', 'random read of 4 KiB', 'randomRead', fast),
        time('B7.6', 'random write of 4 KiB', 'randomWrite', fast),
        time('B7.7', 'create + write 1 KiB + close', 'create'),
        time('B7.8', 'stat', 'stat'),
        time('B7.9', 'readdir, an entry', 'readdir'),
        time('B7.10', 'unlink', 'unlink'),
        flat('B7.11', 'create', 'create', 'B7.7'),
        flat('B7.12', 'stat', 'stat', 'B7.8'),
        flat('B7.13', 'readdir, an entry', 'readdir', 'B7.9'),
      ],
      close: () => forge.remove(),
    },
  ];
}
