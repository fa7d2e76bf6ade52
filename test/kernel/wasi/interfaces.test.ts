import { describe, expect, test } from 'vitest';
import { PROVIDED_INTERFACES, unprovidedImports } from '../../../kernel/src/wasi/index.ts';
import { setUp } from './bare-glue.ts';

describe('provided interfaces', () => {
  test('are those that createWasi returns', () => {
    expect(Object.keys(setUp().wasi.imports).sort()).toEqual([...PROVIDED_INTERFACES].sort());
  });

  test('imports that are not provided, or lie about their version, are named', () => {
    expect(unprovidedImports(['wasi:cli/exit@0.2.0', 'wasi:io/streams@0.2.12', 'wasi:sockets/tcp@0.2.3', 'forge:preview1/program@0.1.0'])).toEqual([]);
    const bad = [
      'wasi:http/types@0.2.0',
      'wasi:clocks/timezone@0.2.0',
      'wasi:cli/exit@0.3.0',
      'wasi:cli/exit@0.2.0-rc-2023-11-10',
      'wasi:cli/exit@0.20.0',
      'wasi:cli/exit',
      'wasi:cli/exit@0.2.x',
      'forge:preview1/program@0.2.0',
      'forge:kernel/log@0.1.0',
      '__proto__@0.2.0',
    ];
    expect(unprovidedImports(bad)).toEqual(bad);
  });
});
