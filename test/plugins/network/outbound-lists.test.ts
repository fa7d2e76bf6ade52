import type { Rule } from 'forge:host/outbound@0.1.0';
import { Refusal } from '@forgeone/sdk';
import { beforeEach, describe, expect, test } from 'vitest';
import { OutboundLists } from '../../../plugins/network/src/outbound-lists.ts';
import { FakeCall, refusalOf } from '../fake-kernel.ts';

let call: FakeCall;
let lists: OutboundLists;
let defined: Rule[][];
let closed: string[];
let derived: string[];
let refusal: Refusal | undefined;

beforeEach(() => {
  call = new FakeCall();
  defined = [];
  closed = [];
  derived = [];
  refusal = undefined;
  lists = new OutboundLists({
    call: call.api,
    outbound: {
      define: (rules) => `own-${defined.push(rules)}`,
      derive(handle, to) {
        if (refusal) throw refusal;
        derived.push(`${handle} to ${to}`);
        return handle.replace('own', 'theirs');
      },
      close: (handle) => void closed.push(handle),
    },
  });
});

describe('the life of an allow-list', () => {
  test('it is made for the plugin that asked, and closed when that plugin gives it back', () => {
    const handle = lists.prepare(['https://a.example.org']);
    expect(defined).toEqual([[{ host: 'a.example.org', portFirst: 443, portLast: 443, protocol: 'tcp' }]]);
    expect(derived).toEqual(['own-1 to container-runtime']);
    lists.release(handle);
    lists.release(handle);
    expect(closed).toEqual(['own-1']);
  });

  test('another plugin cannot give it back', () => {
    const handle = lists.prepare([]);
    call.chain = ['spiffe://local/user/eve', 'spiffe://local/plugin/eve'];
    lists.release(handle);
    expect(closed).toEqual([]);
  });

  test('unknown handles are ignored', () => {
    lists.release('00000000000000');
    expect(closed).toEqual([]);
  });

  test('nothing stays open when it cannot be handed over', () => {
    refusal = new Refusal('denied', 'no', { hint: 'x' });
    expect(refusalOf(() => lists.prepare([])).code).toBe('denied');
    expect(closed).toEqual(['own-1']);
  });

  test('a wrong entry reaches nothing', () => {
    expect(refusalOf(() => lists.prepare(['https://a.example.org', 'http://localhost'])).detail.where).toBe('http://localhost');
    expect(defined).toEqual([]);
  });

  test.each([[[]], [['spiffe://local/user/alice']], [['spiffe://local/workload/0123']], [['spiffe://local/plugin/../x']]])(
    'a caller that is no plugin gets no handle (%s)',
    (chain) => {
      call.chain = chain;
      expect(refusalOf(() => lists.prepare([])).detail.hint).toBeTruthy();
      expect(defined).toEqual([]);
    },
  );
});
