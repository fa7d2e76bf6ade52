import type { Harness } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from './fixtures/probe/src/cases.ts';
import { probeHarness, runCase } from './probe.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await probeHarness();
});

/** What Node makes of the same case. */
const inNode = async (name: string, input: unknown): Promise<unknown> => JSON.parse(JSON.stringify((await cases[name]?.(input as never)) ?? null));

const sameAsNode = async (name: string, input: unknown = null): Promise<void> => {
  expect(runCase(harness, name, input), `${name}(${JSON.stringify(input)})`).toEqual(await inNode(name, input));
};

const TEXTS = ['', 'plain', 'é€😀', '\u0000\u007f\u0080\u07ff\u0800\uffff', 'lone \ud800 and \udc00.', '\ud83d', '%41%zz&+ ', '\ufeffbom'];

/** Bytes that are UTF-8 in part: a fixed seed, so that a failure repeats. */
function randomBytes(count: number): string[] {
  let seed = 12345;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const pieces = ['41', 'c3a9', 'e282ac', 'f09f9880', 'c0', 'e2', 'e282', 'f09f', 'f09f98', 'ff', '80', 'eda080', 'f4908080', 'c080', 'e08080', 'efbbbf'];
  return Array.from({ length: count }, () => Array.from({ length: next(8) }, () => pieces[next(pieces.length)]).join(''));
}

const URLS: [string, string?][] = [
  ['http://example.org'],
  ['HTTPS://User:Pa%20ss@EXAMPLE.org:443/a/./b/../c d?q=1 2&é=ü#frag ment'],
  ['../x/./y?z', 'http://example.org/a/b/c'],
  ['//other:8080/p', 'https://example.org/'],
  ['?only', 'http://example.org/a?b#c'],
  ['#only', 'http://example.org/a?b#c'],
  ['file:///C|/x/../y'],
  ['file:/etc/passwd'],
  ['data:text/plain,hello world'],
  ['mailto:a@example.org?subject=x'],
  ['javascript:alert(1)'],
  ['http://[2001:DB8::0:1]:80/'],
  ['http://[::ffff:1.2.3.4]/'],
  ['http://0x7f.1/'],
  ['http://256.1.1.1/'],
  ['http://1.2.3/'],
  ['http://ex ample.org/'],
  ['http://a%41b.org/'],
  ['http://exämple.org/ü'],
  ['http://faß.example/'],
  ['http://日本語。jp/'],
  ['http://xn--exmple-cua.org/'],
  ['http://EXAMPLE.ORG.:99999/'],
  ['http://user@/x'],
  ['http:///two'],
  ['http:\\\\back\\slash'],
  ['  http://trimmed.org/\t\n '],
  ['no-scheme'],
  [''],
  ['', 'http://example.org/base'],
  ['custom-scheme://Host/Path?Query'],
  ['blob:https://example.org/uuid'],
  ['https://example.org/%zz%41?%zz#%zz'],
  ['https://example.org/\'"<>`{}|^?\'"<>`{}|^#\'"<>`{}|^'],
];

describe('the globals a plugin gets are those of the standards', () => {
  test('TextEncoder writes UTF-8, lone surrogates as U+FFFD', async () => {
    for (const text of TEXTS) await sameAsNode('encode', text);
  });

  test('encodeInto cuts between characters', async () => {
    for (const text of TEXTS) for (const size of [0, 1, 2, 3, 4, 5, 20]) await sameAsNode('encodeInto', [text, size]);
  });

  test('TextDecoder puts a replacement character where the standard does', async () => {
    for (const bytes of randomBytes(150)) await sameAsNode('decode', [bytes, false, false]);
  });

  test('a fatal TextDecoder refuses what is not UTF-8, and a byte order mark is dropped once', async () => {
    for (const bytes of [...randomBytes(40), 'efbbbf41', 'efbbbfefbbbf41']) for (const ignoreBOM of [false, true]) await sameAsNode('decode', [bytes, true, ignoreBOM]);
  });

  test('a streaming TextDecoder joins characters over chunks', async () => {
    await sameAsNode('decodeStream', ['e2', '82', 'ac41', 'f0', '9f98', '80', 'ff', 'e282']);
    await sameAsNode('decodeStream', ['ef', 'bb', 'bf41', 'efbbbf']);
    await sameAsNode('decodeStream', ['ed', 'a080', 'e0', '80', 'f4', '90', '41']);
    for (const bytes of randomBytes(60)) await sameAsNode('decodeStream', bytes.match(/..?.?.?/g) ?? []);
  });

  test('URL reads addresses as Node does', async () => {
    for (const url of URLS) await sameAsNode('url', url);
  });

  test('setting a part of a URL keeps the others', async () => {
    const values = ['', 'x', 'x y', 'é', '?a=b', '#c', ':8080', '8080', '99999', 'host.org:81', '/p/../q', 'https', 'http:'];
    const parts = ['href', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];
    for (const start of ['http://u:p@example.org:81/a/b?c=d#e', 'mailto:a@b', 'file:///x'])
      for (const part of parts) for (const value of values) await sameAsNode('urlSet', [start, part, value]);
  });

  test('URLSearchParams reads, changes and writes queries', async () => {
    for (const init of ['', 'a=1&a=2&b=%zz&c', '?a=+%20é&gone=1&=empty&x=%E2%82%AC', '&&a==b&']) await sameAsNode('searchParams', init);
  });

  test('the parameters of a URL change it, and the other way round', async () => {
    await sameAsNode('urlAndParams', 'http://example.org/?a=1');
    await sameAsNode('urlAndParams', 'http://example.org/#x');
  });

  test('structuredClone keeps cycles, kinds and shared parts, and refuses functions', async () => {
    await sameAsNode('clone');
  });

  test('atob and btoa are inverse and refuse what is not theirs', async () => {
    for (const text of ['', 'a', 'ab', 'abc', '\u0000\u00ff']) await sameAsNode('base64', text);
  });

  test('continuations of promises run in the order of the standard', async () => {
    await sameAsNode('promiseOrder');
  });

  test('rejections reach those who handle them', async () => {
    await sameAsNode('promiseErrors');
  });

  test('the language is ES2023 and Date is Date', async () => {
    await sameAsNode('language');
  });
});

describe('values', () => {
  test('64-bit integers are numbers, and an absent option is null', () => {
    const { echo } = harness.call('acme:probe/cases@0.1.0');
    expect([echo(null), echo(0), echo(2 ** 53 - 1)]).toEqual([null, 0, 2 ** 53 - 1]);
  });
});

describe('the globals that ask the host', () => {
  test('Date tells the time of the clock', () => {
    harness.kernel.nowMs = Date.UTC(2026, 6, 1, 12);
    expect(runCase(harness, 'now')).toEqual([Date.UTC(2026, 6, 1, 12), '2026-07-01T12:00:00.000Z', 0, 'Wed Jul 01 2026', Date.UTC(2026, 6, 1, 12)]);
  });

  test('performance.now never steps back when the clock does', async () => {
    const fresh = await probeHarness();
    expect(runCase(fresh, 'elapsed')).toBe(0);
    fresh.kernel.advance(250);
    fresh.kernel.nowMs -= 10_000;
    expect(runCase(fresh, 'elapsed')).toBe(250);
  });

  test('Math.random differs from instance to instance', async () => {
    const [one, other] = [await probeHarness(), await probeHarness({ imports: { 'forge:kernel/random@0.1.0': { bytes: (length) => new Uint8Array(length).fill(7) } } })];
    const drawn = [runCase(one, 'random'), runCase(other, 'random')] as number[][];
    expect(drawn[0]).not.toEqual(drawn[1]);
    for (const value of drawn.flat()) expect(value >= 0 && value < 1).toBe(true);
    expect(one.callsTo('forge:kernel/random@0.1.0')).toHaveLength(1);
  });

  test('randomUUID is a version 4 UUID, and getRandomValues asks in pieces', async () => {
    const fresh = await probeHarness();
    expect(runCase(fresh, 'uuid')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    fresh.hostCalls.length = 0;
    expect(runCase(fresh, 'randomBytes', 10_000)).toBeGreaterThan(200);
    expect(fresh.callsTo('forge:kernel/random@0.1.0').map(({ args }) => args[0])).toEqual([4096, 4096, 1808]);
    expect(() => runCase(fresh, 'randomBytes', 70_000)).toThrow('at most 65536 bytes');
  });

  test('console writes lines of the log, each with its level', async () => {
    const fresh = await probeHarness();
    runCase(fresh, 'log');
    expect(fresh.log.map(({ level }) => level)).toEqual(['info', 'warn', 'debug', 'error']);
    expect(fresh.log[0]?.message).toBe("plain text and 5% { a: [ 1, Map(1) { 'k' => 'v' } ] } end");
    expect(fresh.log[1]?.message).toMatch(/^Error: shown\n/);
    expect(fresh.log[3]?.message).toBe('Assertion failed: wrong');
  });

  test('what needs the host says so while the component is built', () => {
    const said = runCase(harness, 'atBuildTime') as Record<string, string>;
    expect(Object.keys(said)).toEqual(['now', 'random', 'timer']);
    for (const message of Object.values(said)) expect(message).toMatch(/while the component is built/);
  });
});

describe('timers without an event loop', () => {
  test('a timer runs at the end of the first call at or after its time', async () => {
    const fresh = await probeHarness();
    runCase(fresh, 'tick', 0);
    expect(runCase(fresh, 'ticks')).toBe(1);
    runCase(fresh, 'tick', 100);
    expect(runCase(fresh, 'ticks')).toBe(1);
    fresh.kernel.advance(100);
    expect(runCase(fresh, 'ticks')).toBe(1);
    expect(runCase(fresh, 'ticks')).toBe(2);
  });

  test('an interval repeats until it is cleared', async () => {
    const fresh = await probeHarness();
    runCase(fresh, 'interval');
    for (let i = 0; i < 6; i++) {
      fresh.kernel.advance(10);
      runCase(fresh, 'ticks');
    }
    expect(runCase(fresh, 'ticks')).toBe(3);
  });

  test('an error in a timer is logged and harms nobody', async () => {
    const fresh = await probeHarness();
    runCase(fresh, 'throwsInTimer');
    expect(fresh.log[0]?.message).toMatch(/^uncaught in a timer: Error: in a timer/);
    expect(runCase(fresh, 'ticks')).toBe(0);
  });

  test('a promise that cannot settle within the call is an error that says why', async () => {
    const fresh = await probeHarness();
    expect(() => runCase(fresh, 'waits')).toThrow('waits for a timer, but a call cannot wait');
    const other = await probeHarness();
    expect(() => runCase(other, 'never')).toThrow('waits for something that will never happen');
  });

  test('a rejection that nobody handles is logged', async () => {
    const fresh = await probeHarness();
    runCase(fresh, 'lost');
    expect(fresh.log[0]?.message).toMatch(/^rejected, and nobody handles it: Error: nobody listens/);
  });
});
