import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, formatAddress, formatBlock, objectionTo, overlaps, parseIpv4, parseIpv6, SPECIAL_RANGES } from '../../../plugins/network/src/address.ts';

const bytes = (length: number) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length });

describe('addresses', () => {
  test('each IPv4 address has one spelling', () => {
    fc.assert(
      fc.property(bytes(4), (address) => {
        expect(parseIpv4(formatAddress(address))).toEqual(address);
      }),
    );
  });

  test('each IPv6 address has one spelling, which Node reads as the same address', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (values) => {
        const address = values.flatMap((value) => [value >> 8, value & 0xff]);
        const text = formatAddress(address);
        expect(parseIpv6(text)).toEqual(address);
        // Node writes the last 32 bits of ::/96 and ::ffff:0:0/96 in decimal; those are refused anyway.
        if (values.slice(0, 5).some((value) => value !== 0)) expect(new URL(`http://[${values.map((value) => value.toString(16)).join(':')}]/`).hostname).toBe(`[${text}]`);
      }),
    );
  });

  test.each(['1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.-4', '1.2.3.4 ', '0x1.2.3.4', '', '1.2.3.'])('%s is no IPv4 address', (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  });

  test.each(['', ':', ':::', '1', '1::2::3', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', 'g::', '12345::', '::1.2.3.4', '::A', '::01', '0::'])(
    '%s is no canonical IPv6 address',
    (text) => {
      expect(parseIpv6(text)).toBeUndefined();
    },
  );
});

describe('special ranges', () => {
  test('the table is readable', () => {
    for (const { block, text } of SPECIAL_RANGES) expect(formatBlock(block).replace(/^([^/]*)$/, '$1/128')).toBe(text);
  });

  test('what may be allowed never reaches a forbidden range, nor a private one it does not name', () => {
    const block = fc.tuple(fc.oneof(bytes(4), bytes(16)), fc.nat()).map(([address, bits]) => ({ bytes: address, prefixBits: bits % (address.length * 8 + 1) }));
    fc.assert(
      fc.property(block, (candidate) => {
        if (objectionTo(candidate) !== undefined) return;
        for (const { block: special, reach } of SPECIAL_RANGES) {
          if (!overlaps(special, candidate)) continue;
          // ::1 is in ::/96 too, and is there by its own name.
          expect(contains(special, candidate)).toBe(true);
          expect(reach === 'inside' || formatBlock(candidate) === '::1').toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
