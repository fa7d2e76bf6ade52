/** Every spelling of addresses, decimals, dates and durations that the official engine takes, and no other. */
import { describe, expect, it } from 'vitest';
import type { PolicyJson, ValueJson } from '../../../../plugins/security/src/cedar/index.ts';
import { askOfficial, askOurs } from './official.ts';

function answers(body: object): unknown[] {
  const policy: PolicyJson = { effect: 'permit', principal: { op: 'All' }, action: { op: 'All' }, resource: { op: 'All' }, conditions: [{ kind: 'when', body }] };
  const request = { principal: { type: 'U', id: '' }, action: { type: 'Action', id: '' }, resource: { type: 'R', id: '' }, context: {} };
  return [askOurs, askOfficial].map((ask) => ask({ staticPolicies: { policy } }, [], request));
}

const literal = (value: ValueJson): object => ({ Value: value });

const SPELLINGS = {
  ip: [
    '1.2.3.4',
    '0.0.0.0',
    '255.255.255.255',
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1..3.4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4:80',
    '1.2.3.0x4',
    '１.2.3.4',
    '',
    '1.2.3.4/0',
    '1.2.3.4/00',
    '1.2.3.4/032',
    '1.2.3.4/32',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/ 1',
    '1.2.3.4/8/8',
    '/',
    '/8',
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
    '1:2',
    '12345::',
    'g::',
    '::1%eth0',
    '[::1]',
    ':::',
    '1:::2',
    '::1::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '::ffff:1.2.3.4',
    '::1.2.3.4',
    '::/0',
    '::/128',
    '::/129',
    '::/000',
    '::1/064',
    '::/1280',
    'ABCD:ef01::',
    'ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/128',
    'ABCD:EF01:2345:6789:ABCD:EF01:2345:6789/1280',
  ],
  decimal: [
    '1.0',
    '1',
    '1.',
    '.1',
    '-1.5',
    '-0.0',
    '-0.5',
    '+1.0',
    '--1.0',
    '-.5',
    '1.00001',
    '1.0000',
    '0001.5',
    '1.5 ',
    '１.0',
    '1.0\n',
    '1e5.0',
    '922337203685477.5807',
    '922337203685477.5808',
    '-922337203685477.5808',
    '-922337203685477.5809',
    '9223372036854775808.0',
    '99999999999999999999.0',
  ],
  duration: [
    '',
    '-',
    '1d',
    '1h1d',
    '1d2h3m4s5ms',
    '-1d2h',
    '+1d',
    '1',
    'ms',
    '1ms1ms',
    '1 d',
    '1D',
    '1d\n',
    '-1ms',
    '0d',
    '-0ms',
    '1h-1m',
    '000000000000000000000001ms',
    '9223372036854775807ms',
    '9223372036854775808ms',
    '-9223372036854775808ms',
    '-9223372036854775809ms',
    '106751991167d',
    '106751991168d',
    '-106751991168d',
    '18446744073709551616ms',
  ],
  datetime: [
    '2020-01-01',
    '2020-1-1',
    '0000-01-01',
    '9999-12-31',
    '20200101',
    '2020-02-30',
    '2021-02-29',
    '2000-02-29',
    '1900-02-29',
    '0000-02-29',
    '2020-13-01',
    '2020-00-01',
    '2020-01-00',
    '2020-01-01Z',
    '2020-01-01T',
    '2020-01-01T00:00:00',
    '2020-01-01T00:00:00Z',
    '2020-01-01t00:00:00Z',
    '2020-01-01 00:00:00Z',
    '2020-01-01T24:00:00Z',
    '2020-01-01T23:60:00Z',
    '2020-01-01T23:59:60Z',
    '2020-01-01T23:59:59.999Z',
    '2020-01-01T23:59:59.99Z',
    '2020-01-01T00:00:00.000',
    '2020-01-01T00:00:00ZZ',
    '2020-01-01T00:00:00+0000',
    '2020-01-01T00:00:00-2359',
    '2020-01-01T00:00:00+2400',
    '2020-01-01T00:00:00+0060',
    '2020-01-01T00:00:00.000+0130',
    '2020-01-01T00:00:00+01:00',
    '0000-01-01T00:00:00+2359',
    '9999-12-31T23:59:59-2359',
  ],
};

describe.each(Object.entries(SPELLINGS))('%s', (name, spellings) => {
  it.each(spellings)('takes or refuses %j as the official engine does', (text) => {
    const value = { [name]: [literal(text)] };
    const [ours, expected] = answers({ '==': { left: value, right: value } });
    expect(ours).toEqual(expected);
  });
});

describe('a datetime', () => {
  it.each(['0000-01-01', '0000-03-01', '0100-03-01', '1600-12-31', '1900-03-01', '1969-12-31T23:59:59.999Z', '1970-01-01', '2000-02-29', '2024-03-01', '9999-12-31T23:59:59-2359'])(
    'of %s is as many milliseconds from the epoch as the official engine counts',
    (text) => {
      const sinceEpoch = { toMilliseconds: [{ durationSince: [{ datetime: [literal(text)] }, { datetime: [literal('1970-01-01')] }] }] };
      // Date is right for all of these, though not the parser in use.
      const milliseconds = Date.parse(text.includes('T') ? text.replace(/(\d\d)(\d\d)$/, '$1:$2') : text);
      for (const answer of answers({ '==': { left: sinceEpoch, right: literal(milliseconds) } })) expect(answer).toMatchObject({ decision: 'allow' });
    },
  );
});
