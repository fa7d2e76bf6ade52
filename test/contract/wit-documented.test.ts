import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Documented, parseWit } from '../../sdk/src/wit/parse.ts';
// @ts-expect-error a script without types
import { listAbiFiles } from '../../wit/scripts/release.mjs';
import { ROOT } from './sources.ts';

/** Everything in a file that has no doc comment, as `file:line name`. */
function undocumented(text: string, file: string): string[] {
  const wit = parseWit(text, file);
  const all: [string, Documented][] = [
    [`package ${wit.name}`, wit],
    ...wit.worlds.map((world): [string, Documented] => [`world ${world.name}`, world]),
    ...wit.interfaces.flatMap((item): [string, Documented][] => [
      [`interface ${item.name}`, item],
      ...item.functions.map((fn): [string, Documented] => [`${item.name}.${fn.name}`, fn]),
      ...item.types.flatMap((type): [string, Documented][] => [
        [`${item.name}.${type.name}`, type],
        ...type.members.map((member): [string, Documented] => [`${item.name}.${type.name}.${member.name}`, member]),
      ]),
    ]),
  ];
  return all.filter(([, { docs }]) => docs === '').map(([what, { line }]) => `${file}:${line} ${what}`);
}

describe('the ABI', () => {
  for (const path of listAbiFiles() as string[]) {
    test(`${path} documents every package, interface, function, type, field and case`, () => {
      expect(undocumented(readFileSync(join(ROOT, 'wit', path), 'utf8'), path)).toEqual([]);
    });
  }

  test('the search finds what lacks documentation, and only that', () => {
    const sample = [
      'package a:b@0.1.0;',
      '/// There.',
      'interface x {',
      '  record r {',
      '    /// There.',
      '    f: u8,',
      '    g: u8,',
      '  }',
      '  /// There.',
      '  variant v { one, /// There.',
      '    two(r) }',
      '  run: func();',
      '  // Not documentation.',
      '  type t = u8;',
      '}',
      'world w {}',
    ].join('\n');
    expect(undocumented(sample, 's.wit')).toEqual([
      's.wit:1 package a:b',
      's.wit:16 world w',
      's.wit:12 x.run',
      's.wit:4 x.r',
      's.wit:7 x.r.g',
      's.wit:10 x.v.one',
      's.wit:14 x.t',
    ]);
  });
});
