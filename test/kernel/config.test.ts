import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../kernel/src/config.ts';
import { LIMITS } from '../../kernel/src/limits.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'forge-config-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const file = (text: string): void => writeFileSync(join(home, 'config.toml'), text);

describe('settings', () => {
  test('have defaults, without a file and an environment', () => {
    expect(loadConfig(home, {})).toMatchObject({ logLevel: 'info', workloadMemoryBytes: LIMITS.workloadMemoryBytes, workloadWallMs: 0 });
  });

  test('come from the file, then the environment, then the command line', () => {
    file('log-level = "warn"\nworkloads-max = 5\nworkload-wall-ms = 100');
    const config = loadConfig(home, { FORGE_WORKLOADS_MAX: '6', FORGE_WORKLOAD_WALL_MS: '200', PATH: '/bin' }, { workloadWallMs: 300 });
    expect(config).toMatchObject({ logLevel: 'warn', workloadsMax: 6, workloadWallMs: 300 });
  });

  test('all that is wrong is told at once, with its place and what would be right', () => {
    file('log-levle = "warn"\nworkloads-max = 0');
    try {
      loadConfig(home, { FORGE_LOG_LEVEL: 'loud' });
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as Error).message.split('\n')).toEqual([
        `${join(home, 'config.toml')}: unknown setting "log-levle"; did you mean "log-level"?`,
        `${join(home, 'config.toml')}: "workloads-max" is a whole number from 1 to ${LIMITS.workloadsCeiling}`,
        'FORGE_LOG_LEVEL: "log-level" is one of trace, debug, info, warn, error, silent',
      ]);
    }
  });

  test('a file that is no TOML is named with its line', () => {
    file('a = 1\nb = = 2');
    expect(() => loadConfig(home, {})).toThrow(expect.objectContaining({ detail: expect.objectContaining({ where: `${join(home, 'config.toml')}:2` }) }));
  });
});
