/** B3: what a guest's calls into the system cost, from inside the guest. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileContestants, prepareGuest } from '../lib/file-guest.mjs';
import { Forge } from '../lib/forge.mjs';
import { BENCH } from '../lib/places.mjs';
import { noClang } from '../lib/toolchain.mjs';

const HANDLES = 500;

/** @param {{ quick: boolean }} options @returns {Promise<import('../lib/measure.mjs').Series[]>} */
export async function syscallSeries({ quick }) {
  const title = 'B3 syscall, from inside a C guest';
  if (noClang) return [{ title, contestants: [{ name: 'ForgeOne', skip: noClang }], rows: [] }];
  const forge = new Forge();
  const guest = prepareGuest(forge, 'syscall');
  const budgetMs = quick ? '60' : '250';
  const contestants = fileContestants(forge, guest, { args: [budgetMs], nodeScript: join(BENCH, 'b3/node-syscall.mjs') });
  const many = fileContestants(forge, guest, { args: [budgetMs, String(HANDLES)], only: ['ForgeOne'], suffix: ` with ${HANDLES} handles` });
  mkdirSync(forge.path('data'), { recursive: true });
  const row = (id, label, metric, goals, limit, peers = ['jco + shim', 'node:fs', 'native C']) => ({ id, label, metric, unit: 'ns', ours: 'ForgeOne', peers, goals, limit });
  return [
    {
      title,
      contestants: [...contestants, ...many],
      rows: [
        row('B3.1', 'nop: clock_gettime', 'clock', [{ atMost: 200 }], 'vDSO 25-60 ns'),
        row('B3.2', '8 random bytes', 'random8', [], 'getrandom 0.2 us'),
        row('B3.3', 'read 4 KiB, open handle', 'read4k', [{ atMost: 5_000 }, { peer: 'jco + shim', atMost: 0.03 }], 'pread 0.6-1.4 us'),
        row('B3.4', 'pread 4 KiB, open handle', 'pread4k', [{ atMost: 5_000 }, { peer: 'jco + shim', atMost: 0.03 }], 'pread 0.6-1.4 us'),
        row('B3.5', 'open + fstat + close', 'open', [{ atMost: 25_000 }], 'openat2 + fstat + close 2-4 us'),
        {
          ...row('B3.6', `pread 4 KiB, ${HANDLES} more handles`, 'pread4k', [{ atMost: 5_000 }], 'flat', []),
          ours: `ForgeOne with ${HANDLES} handles`,
          axis: { first: 'B3.4', growthMax: 1.2 },
        },
      ],
      close: () => forge.remove(),
    },
  ];
}
