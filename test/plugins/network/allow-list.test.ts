import { describe, expect, test } from 'vitest';
import { parseAllowList, parseEntry, RULES_MAX } from '../../../plugins/network/src/allow-list.ts';
import { refusalOf } from '../fake-kernel.ts';

const tcp = (host: string, portFirst: number, portLast = portFirst) => ({ host, portFirst, portLast, protocol: 'tcp' });

describe('what an entry may say', () => {
  test.each([
    ['https://api.example.org', tcp('api.example.org', 443)],
    ['http://api.example.org/', tcp('api.example.org', 80)],
    ['https://API.Example.ORG:8443', tcp('api.example.org', 8443)],
    ['https://*.example.org', tcp('*.example.org', 443)],
    ['tcp://db.example.org:5432', tcp('db.example.org', 5432)],
    ['udp://time.example.org:123', { ...tcp('time.example.org', 123), protocol: 'udp' }],
    ['redis://cache.example.org', tcp('cache.example.org', 6379)],
    ['postgres://db.example.org', tcp('db.example.org', 5432)],
    ['mysql://db.example.org', tcp('db.example.org', 3306)],
    ['mqtt://bus.example.org', tcp('bus.example.org', 1883)],
    ['tcp://a.example.org:8000-8100', tcp('a.example.org', 8000, 8100)],
    ['tcp://a.example.org:8000..8100', tcp('a.example.org', 8000, 8099)],
    ['tcp://a.example.org:*', tcp('a.example.org', 1, 65_535)],
    ['http://93.184.215.14', tcp('93.184.215.14', 80)],
    ['tcp://127.0.0.1:5432', tcp('127.0.0.1', 5432)],
    ['tcp://10.0.0.0/8:5432', tcp('10.0.0.0/8', 5432)],
    ['http://169.254.169.254', tcp('169.254.169.254', 80)],
    ['https://[2606:2800:21f::1]:8443', tcp('2606:2800:21f::1', 8443)],
    ['tcp://[fd00::]/8:22', tcp('fd00::/8', 22)],
    ['tcp://[::1]:22', tcp('::1', 22)],
    ['https://xn--bcher-kva.example', tcp('xn--bcher-kva.example', 443)],
  ])('%s is understood', (entry, rule) => {
    expect(parseEntry(entry)).toEqual(rule);
  });

  test('the same thing said twice is one rule', () => {
    expect(parseAllowList(['https://a.example.org', 'https://a.example.org:443/', 'tcp://a.example.org:443'])).toEqual([tcp('a.example.org', 443)]);
  });

  test('no entries are no rules', () => {
    expect(parseAllowList([])).toEqual([]);
  });
});

describe('what is refused, naming the entry', () => {
  test.each([
    // No form.
    ['api.example.org', /no scheme/],
    ['*', /no scheme/],
    ['*://*:*', /no scheme that is known/],
    ['ftp://a.example.org', /no scheme that is known/],
    ['constructor://a.example.org:1', /no scheme that is known/],
    ['tcp://a.example.org', /needs a port/],
    ['tcp://a.example.org:', /no port/],
    ['tcp://a.example.org:0', /no port/],
    ['tcp://a.example.org:65536', /no port/],
    ['tcp://a.example.org:9-8', /no port/],
    ['tcp://a.example.org:8..8', /no port/],
    ['tcp://a.example.org:+80', /no port/],
    ['tcp://a.example.org:80,443', /no port/],
    ['https://a.example.org/path', /path/],
    ['https://a.example.org?x', /"\?"/],
    ['https://a.example.org#x', /"#"/],
    ['https://user@a.example.org', /"@"/],
    ['https://a.example.org\\@b.example.org', /"/],
    ['https://2001:db8::1', /more than one port/],
    // Hosts that are everything, or nothing.
    ['https://*', /every host/],
    ['https://*.org', /one label/],
    ['https://a.*.org', /no host name/],
    ['https://a*.example.org', /no host name/],
    ['https://*.*.example.org', /no host name/],
    ['https://', /no host name/],
    ['https://-a.example.org', /no host name/],
    ['https://a_b.example.org', /no host name/],
    ['https://a..example.org', /no host name/],
    ['https://a.example.org.', /no host name/],
    ['https://intranet-host', /one label/],
    ['https://bücher.example', /printable ASCII/],
    // Names that lead inside.
    ['http://localhost:8080', /inside/],
    ['http://LOCALHOST', /inside/],
    ['http://x.localhost', /inside/],
    ['http://*.localhost', /inside/],
    ['http://metadata.google.internal', /inside/],
    ['http://printer.local', /inside/],
    ['http://nas.home.arpa', /inside/],
    ['http://metadata.tencentyun.com', /inside/],
    // Other spellings of addresses (attack 47).
    ['http://0177.0.0.1', /resolvers read differently/],
    ['http://0x7f.0.0.1', /resolvers read differently/],
    ['http://2130706433', /resolvers read differently/],
    ['http://0x7f000001', /resolvers read differently/],
    ['http://127.1', /resolvers read differently/],
    ['http://127.0.0.01', /resolvers read differently/],
    ['http://256.0.0.1', /resolvers read differently/],
    ['http://1.2.3.4.5', /resolvers read differently/],
    ['http://a.0x7f', /resolvers read differently/],
    ['http://[::ffff:127.0.0.1]', /canonical/],
    ['http://[::ffff:7f00:1]', /in disguise/],
    ['http://[::7f00:1]', /in disguise/],
    ['http://[64:ff9b::7f00:1]', /in disguise/],
    ['http://[2002:7f00:1::]', /in disguise/],
    ['http://[fe80::1%eth0]', /zone id/],
    ['http://[fe80::1%25eth0]', /zone id/],
    ['http://[0:0:0:0:0:0:0:1]', /canonical/],
    ['http://[2001:DB8::1]', /canonical/],
    ['http://[2001:0db8::1]', /canonical/],
    ['http://[2001:db8:0:0:1::1]', /canonical/],
    ['http://[::1', /more than one port/],
    ['http://[]', /canonical/],
    // Addresses that no list may hold.
    ['http://0.0.0.0', /this host/],
    ['http://[::]', /unspecified/],
    ['udp://224.0.0.1:5353', /multicast/],
    ['udp://255.255.255.255:67', /reserved/],
    ['udp://[ff02::1]:5353', /multicast/],
    // Blocks.
    ['tcp://0.0.0.0/0:443', /takes in/],
    ['tcp://[::]/0:443', /takes in/],
    ['tcp://192.0.0.0/8:443', /takes in/],
    ['tcp://128.0.0.0/1:443', /takes in/],
    ['tcp://10.1.2.3/8:443', /behind its prefix/],
    ['tcp://10.0.0.0/33:443', /no prefix length/],
    ['tcp://10.0.0.0/08:443', /no prefix length/],
    ['tcp://10.0.0.0/:443', /no prefix length/],
    ['tcp://10.0.0.0/8/8:443', /path/],
    ['tcp://example.org/8:443', /path/],
    // Not for a terminal.
    ['https://a.example.org\u001b[2J', /printable ASCII/],
    ['https://a .example.org', /printable ASCII/],
  ])('%j is refused', (entry, message) => {
    const refusal = refusalOf(() => parseEntry(entry));
    expect(refusal.code).toBe('invalid');
    expect(refusal.message).toMatch(message);
    expect(refusal.detail.where).toBeTruthy();
    // Errors reach terminals and logs.
    expect(`${refusal.message}${refusal.detail.where}`).not.toMatch(/\p{Cc}/u);
  });

  test.each([
    ['a label', `https://${'a'.repeat(64)}.example.org`],
    ['a name', `https://${'a.'.repeat(130)}org`],
    ['an entry', `https://${'a.'.repeat(400)}org`],
  ])('%s that is too long is refused', (_, entry) => {
    expect(refusalOf(() => parseEntry(entry)).code).toBe('invalid');
  });

  test('a list with more entries than it may have is refused', () => {
    const entries = Array.from({ length: RULES_MAX + 1 }, (_, index) => `https://h${index}.example.org`);
    expect(refusalOf(() => parseAllowList(entries)).code).toBe('limit');
    expect(parseAllowList(entries.slice(1))).toHaveLength(RULES_MAX);
  });
});
