import { describe, expect, test } from 'vitest';
import { sourcesIn } from './sources.ts';

describe('files say what they are for', () => {
  for (const folder of ['kernel/src', 'cli/src', 'sdk/src', 'sdk/package/src', 'plugins']) {
    test(`every file of ${folder} opens with a sentence`, () => {
      const silent = sourcesIn(folder).filter(({ text }) => !/^(#!.*\n)?(\/\*\*|\/\/\/?) ?\S|^\/\*\*\n \* \S/.test(text));
      expect(silent.map(({ path }) => path)).toEqual([]);
    });
  }

  test('the files on the call path name their step', () => {
    const onPath = [
      'kernel/src/ingress/ingress.ts',
      'kernel/src/domain/domain.ts',
      'kernel/src/domain/channel.ts',
      'kernel/src/gate/gate.ts',
      'kernel/src/host/host.ts',
      'plugins/api/src/plugin.ts',
      'plugins/container-runtime/src/plugin.ts',
    ];
    for (const { path, text } of [...sourcesIn('kernel/src'), ...sourcesIn('plugins')]) {
      if (onPath.includes(path)) expect(text.slice(0, text.indexOf('*/')), path).toMatch(/call path steps? \d/);
    }
  });
});
