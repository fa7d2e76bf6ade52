import { describe, expect, test } from 'vitest';
import { WasiExit } from '../../../kernel/src/wasi/index.ts';
import { glueNameOf, PREVIEW1_FUNCTIONS, PREVIEW1_NAMES } from '../../../kernel/src/wasi/preview1/functions.ts';
import { BareGuest, type CoreCall, DESCRIPTOR, givePreopen, INPUT, OUTPUT, POLLABLE, setUp } from './bare-glue.ts';

/**
 * Every lowered function by its core parameters: `h` a handle, `p` and `l` pointer and length of bytes, `L` a length in
 * words of four bytes, `r` a result pointer, `i` and `I` plain numbers. Then the tables of its glue.
 */
const LOWERED: readonly (readonly [path: string, params: string, ...tables: string[]])[] = [
  [`${POLLABLE}#ready`, 'h', 'pollable'],
  [`${POLLABLE}#block`, 'h', 'pollable'],
  ['wasi:io/poll#poll', 'pLr', 'pollable'],
  [`${INPUT}#read`, 'hIr', 'error', 'input'],
  [`${INPUT}#blockingRead`, 'hIr', 'error', 'input'],
  [`${INPUT}#skip`, 'hIr', 'error', 'input'],
  [`${INPUT}#blockingSkip`, 'hIr', 'error', 'input'],
  [`${INPUT}#subscribe`, 'h', 'pollable', 'input'],
  [`${OUTPUT}#checkWrite`, 'hr', 'error', 'output'],
  [`${OUTPUT}#write`, 'hplr', 'error', 'output'],
  [`${OUTPUT}#blockingWriteAndFlush`, 'hplr', 'error', 'output'],
  [`${OUTPUT}#flush`, 'hr', 'error', 'output'],
  [`${OUTPUT}#blockingFlush`, 'hr', 'error', 'output'],
  [`${OUTPUT}#subscribe`, 'h', 'pollable', 'output'],
  [`${DESCRIPTOR}#readViaStream`, 'hIr', 'input', 'descriptor'],
  [`${DESCRIPTOR}#writeViaStream`, 'hIr', 'output', 'descriptor'],
  [`${DESCRIPTOR}#appendViaStream`, 'hr', 'output', 'descriptor'],
  [`${DESCRIPTOR}#read`, 'hIIr', 'descriptor'],
  [`${DESCRIPTOR}#write`, 'hplIr', 'descriptor'],
  [`${DESCRIPTOR}#advise`, 'hIIir', 'descriptor'],
  [`${DESCRIPTOR}#setSize`, 'hIr', 'descriptor'],
  [`${DESCRIPTOR}#sync`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#syncData`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#getFlags`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#getType`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#stat`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#statAt`, 'hiplr', 'descriptor'],
  [`${DESCRIPTOR}#metadataHash`, 'hr', 'descriptor'],
  [`${DESCRIPTOR}#metadataHashAt`, 'hiplr', 'descriptor'],
  [`${DESCRIPTOR}#setTimes`, 'hiIiiIir', 'descriptor'],
  [`${DESCRIPTOR}#setTimesAt`, 'hipliIiiIir', 'descriptor'],
  [`${DESCRIPTOR}#isSameObject`, 'hh', 'descriptor'],
  [`${DESCRIPTOR}#openAt`, 'hipliir', 'descriptor'],
  [`${DESCRIPTOR}#createDirectoryAt`, 'hplr', 'descriptor'],
  [`${DESCRIPTOR}#removeDirectoryAt`, 'hplr', 'descriptor'],
  [`${DESCRIPTOR}#unlinkFileAt`, 'hplr', 'descriptor'],
  [`${DESCRIPTOR}#symlinkAt`, 'hplplr', 'descriptor'],
  [`${DESCRIPTOR}#renameAt`, 'hplhplr', 'descriptor'],
  [`${DESCRIPTOR}#linkAt`, 'hiplhplr', 'descriptor'],
  [`${DESCRIPTOR}#readlinkAt`, 'hplr', 'descriptor'],
  [`${DESCRIPTOR}#readDirectory`, 'hr', 'descriptor', 'listing'],
  ['wasi:filesystem/types#DirectoryEntryStream#prototype#readDirectoryEntry', 'hr', 'listing'],
  ['wasi:filesystem/types#filesystemErrorCode', 'hr', 'error'],
  ['wasi:clocks/monotonic-clock#subscribeInstant', 'I', 'pollable'],
  ['wasi:clocks/monotonic-clock#subscribeDuration', 'I', 'pollable'],
  ['wasi:clocks/wall-clock#now', 'r'],
  ['wasi:clocks/wall-clock#resolution', 'r'],
  ['wasi:random/random#getRandomBytes', 'Ir'],
  ['wasi:random/insecure#getInsecureRandomBytes', 'Ir'],
];

const BYTES = 4 * 65_536;
const HOSTILE_POINTERS = [BYTES, BYTES - 1, -1, -BYTES, 0x7fff_ffff, -0x8000_0000];
const HOSTILE_HANDLES = [0, -1, 99, 0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, -0x8000_0000];

/** A guest that holds one of everything, and its handles. */
function guestWithEverything() {
  const setup = setUp({ seed: (host) => host.seedFile('/data/file', 'content') });
  const guest = new BareGuest(setup.wasi);
  const stdin = (): number => guest.give('input', (guest.member('wasi:cli/stdin#getStdin') as () => object)());
  const handles: Record<string, number> = { descriptor: givePreopen(guest) };
  // A wait that nobody can end is the error that is easiest to have.
  guest.lower(`${INPUT}#blockingRead`, 'error', 'input')(stdin(), 1n, 512);
  handles['error'] = guest.view.getUint32(520, true);
  setup.host.feedStdin('input');
  setup.host.endStdin();
  handles['input'] = stdin();
  handles['output'] = guest.give('output', (guest.member('wasi:cli/stdout#getStdout') as () => object)());
  handles['pollable'] = Number(guest.lower('wasi:clocks/monotonic-clock#subscribeDuration', 'pollable')(0n));
  guest.lower(`${DESCRIPTOR}#readDirectory`, 'descriptor', 'listing')(handles['descriptor'] as number, 512);
  handles['listing'] = guest.view.getUint32(516, true);
  return { guest, handles };
}

/** Values that make the call harmless: handles of the kind of the last table, small ranges inside memory. */
function harmless(params: string, tables: readonly string[], handles: Readonly<Record<string, number>>): (number | bigint)[] {
  const self = tables.at(-1) === 'listing' && tables.length > 1 ? 'descriptor' : (tables.at(-1) ?? '');
  return [...params].map((param) => {
    switch (param) {
      case 'h':
        return handles[self] ?? 0;
      case 'p':
        return 1024;
      case 'l':
      case 'L':
        return 1;
      case 'r':
        return 2048;
      case 'I':
        return 1n;
      default:
        return 0;
    }
  });
}

const isTrap = (act: () => unknown): boolean => {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError) return true;
    throw thrown;
  }
  return false;
};

describe('hostile calls', () => {
  for (const [path, params, ...tables] of LOWERED) {
    test(`${path.replace('#prototype', '')} traps on every pointer out of range`, () => {
      const { guest, handles } = guestWithEverything();
      const call = guest.lower(path, ...tables);
      [...params].forEach((param, index) => {
        if (param !== 'p' && param !== 'r') return;
        for (const pointer of HOSTILE_POINTERS) {
          const args = harmless(params, tables, handles);
          args[index] = pointer;
          // A byte at the last address is in range; a list of words there is not.
          if (param === 'p' && pointer === BYTES - 1 && params[index + 1] === 'l') args[index + 1] = 2;
          expect(
            isTrap(() => call(...args)),
            `parameter ${index} = ${pointer}`,
          ).toBe(true);
        }
      });
    });

    test(`${path.replace('#prototype', '')} traps on every length out of range and every forged handle`, () => {
      const { guest, handles } = guestWithEverything();
      const call = guest.lower(path, ...tables);
      [...params].forEach((param, index) => {
        const values = param === 'l' || param === 'L' ? [BYTES, -1, 0x7fff_ffff] : param === 'h' ? HOSTILE_HANDLES : [];
        for (const value of values) {
          const args = harmless(params, tables, handles);
          args[index] = value;
          expect(
            isTrap(() => call(...args)),
            `parameter ${index} = ${value}`,
          ).toBe(true);
        }
      });
    });
  }

  test('preview 1 functions trap on every pointer out of range', () => {
    const { wasi } = setUp({ seed: (host) => host.seedFile('/data/file', 'content') });
    const guest = new BareGuest(wasi);
    const link = (name: (typeof PREVIEW1_NAMES)[number]): CoreCall => guest.lower(`forge:preview1/${PREVIEW1_FUNCTIONS[name].of}#${glueNameOf(name)}`);
    expect(
      isTrap(() => link('args_sizes_get')(0, 4)),
      'before attach',
    ).toBe(true);
    guest.lower('forge:preview1/program#attach')(0, 0);
    /** By function, the places of its pointers. */
    const pointers: Partial<Record<(typeof PREVIEW1_NAMES)[number], readonly number[]>> = {
      args_get: [0, 1],
      args_sizes_get: [0, 1],
      environ_get: [0, 1],
      environ_sizes_get: [0, 1],
      clock_res_get: [1],
      clock_time_get: [2],
      fd_fdstat_get: [1],
      fd_filestat_get: [1],
      fd_prestat_get: [1],
      fd_prestat_dir_name: [1],
      fd_pread: [1, 4],
      fd_pwrite: [1, 4],
      fd_read: [1, 3],
      fd_write: [1, 3],
      fd_readdir: [1, 4],
      fd_seek: [3],
      fd_tell: [1],
      path_create_directory: [1],
      path_filestat_get: [2, 4],
      path_filestat_set_times: [2],
      path_link: [2, 5],
      path_open: [2, 8],
      path_readlink: [1, 3, 5],
      path_remove_directory: [1],
      path_rename: [1, 4],
      path_symlink: [0, 3],
      path_unlink_file: [1],
      poll_oneoff: [0, 1, 3],
      random_get: [0],
    };
    for (const name of PREVIEW1_NAMES) {
      for (const index of pointers[name] ?? []) {
        for (const pointer of HOSTILE_POINTERS) {
          const args: (number | bigint)[] = [...PREVIEW1_FUNCTIONS[name].params].map((type) => (type === 'I' ? 0n : 8));
          args[0] = 3;
          args[index] = pointer;
          expect(
            isTrap(() => link(name)(...args)),
            `${name}, parameter ${index} = ${pointer}`,
          ).toBe(true);
        }
      }
    }
  });

  test('an iovec that points out of memory traps', () => {
    const guest = new BareGuest(setUp().wasi);
    guest.lower('forge:preview1/program#attach')(0, 0);
    guest.view.setUint32(0, BYTES - 4, true);
    guest.view.setUint32(4, 8, true);
    expect(isTrap(() => guest.lower('forge:preview1/program#fdWrite')(1, 0, 1, 16))).toBe(true);
    expect(isTrap(() => guest.lower('forge:preview1/program#fdRead')(0, 0, 1, 16))).toBe(true);
  });

  test('random calls with random values only ever answer or trap', { timeout: 120_000 }, () => {
    let state = 12_345;
    /** mulberry32: the same calls in every run. */
    const random = (below: number): number => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % below;
    };
    const numbers = [0, 1, 2, 3, 4, 7, 8, 16, 64, 255, 1024, 2048, 4096, 65_535, BYTES - 8, BYTES, -1, 0x7fff_ffff, -0x8000_0000];
    const bigs = [0n, 1n, 5n, 4096n, 1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, -1n, -(1n << 63n)];
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
    for (let round = 0; round < 60; round++) {
      const { guest } = guestWithEverything();
      guest.lower('forge:preview1/program#attach')(0, 0);
      // Names and links lie about in memory for paths to hit.
      for (const [at, text] of ['file', '.', '..', 'made/', 'a/b', '/etc', 'link', '\0', '\xff', 'file'].map((text, i) => [i * 16, text] as const)) guest.put(at, text);
      if (round % 3 === 0) guest.realloc = () => pick(numbers);
      const p2 = LOWERED.map(([path, params, ...tables]) => ({ path, params, call: guest.lower(path, ...tables) }));
      const p1 = PREVIEW1_NAMES.filter((name) => name !== 'proc_exit').map((name) => ({
        path: name,
        params: PREVIEW1_FUNCTIONS[name].params,
        call: guest.lower(`forge:preview1/${PREVIEW1_FUNCTIONS[name].of}#${glueNameOf(name)}`),
      }));
      for (let i = 0; i < 1500; i++) {
        const { path, params, call } = pick(random(2) === 0 ? p2 : p1);
        const args = [...params].map((param) => {
          if (param === 'I') return pick(bigs);
          if (param === 'h') return random(8) === 0 ? pick(numbers) : 1 + random(6);
          if (param === 'r') return random(8) === 0 ? pick(numbers) : 8 * random(500);
          if (param === 'p') return 16 * random(12);
          if (param === 'l') return random(20);
          return random(3) === 0 ? pick(numbers) : random(40);
        });
        try {
          call(...args);
        } catch (thrown) {
          if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof WasiExit) continue;
          throw new Error(`${path}(${args.join(', ')}) threw ${String(thrown)}`, { cause: thrown });
        }
      }
    }
  });
});
