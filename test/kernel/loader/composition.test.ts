import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../kernel/src/errors.ts';
import { checkComposition, parseComposition } from '../../../kernel/src/loader/composition.ts';

/** A file that exists, so that only what a test is about is wrong. */
const COMPONENT = JSON.stringify(import.meta.filename);
const FILE = 'system.toml';

const plugin = (name: string, more = ''): string => `[[plugin]]\nname = "${name}"\ncomponent = ${COMPONENT}\n${more}\n`;
const GRANT = '[[plugin.grants]]\ninterface = "forge:host/dirs"\nactions = ["dir.open"]\nreason = "it keeps volumes"\n';

function problems(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.message;
    throw thrown;
  }
  return '';
}

const check = (text: string, binaries: readonly { imports?: string[]; exports?: string[] }[]): string => {
  const declared = parseComposition(FILE, text);
  return problems(() =>
    checkComposition(
      FILE,
      text,
      declared.map((declaration, index) => ({ ...declaration, imports: binaries[index]?.imports ?? [], exports: binaries[index]?.exports ?? [] })),
    ),
  );
};

describe('the composition file', () => {
  test('is read with its order, grants and settings', () => {
    const [first, second] = parseComposition(FILE, plugin('storage', `deadline-ms = 500\n${GRANT}[plugin.config]\nsize = 7`) + plugin('api'));
    expect(first).toMatchObject({
      name: 'storage',
      deadlineMs: 500,
      config: { size: '7' },
      grants: [{ interface: 'forge:host/dirs', actions: ['dir.open'], reason: 'it keeps volumes' }],
    });
    expect(second).toMatchObject({ name: 'api', grants: [], oneShotState: 'durable' });
  });

  test('an unknown key is named with its line and the nearest known one', () => {
    expect(problems(() => parseComposition(FILE, plugin('api', 'provide = []')))).toBe('system.toml:4: unknown key "provide"; did you mean "provides"?');
  });

  test('a grant without a reason stops the boot with its line', () => {
    expect(problems(() => parseComposition(FILE, plugin('storage', GRANT.replace(/reason.*\n/, ''))))).toMatch(/^system\.toml:5: the grant of forge:host\/dirs has no reason/);
  });

  test('all problems are told at once', () => {
    expect(
      problems(() => parseComposition(FILE, `${plugin('a', 'x = 1')}${plugin('a', 'deadline-ms = 0')}[[plugin]]\nname = "B!"\ncomponent = "none.wasm"`)).split('\n'),
    ).toHaveLength(5);
  });

  test('what is no TOML is said with its line', () => {
    try {
      parseComposition(FILE, 'a = 1\nb = = 2');
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as Refusal).detail.where).toBe('system.toml:2');
    }
  });
});

describe('binaries against the composition', () => {
  const STORAGE = 'provides = ["forge:storage/volumes@0.1.0"]';

  test('a plugin that calls down the order stops the boot, with what to move', () => {
    expect(check(plugin('runtime') + plugin('storage', STORAGE), [{ imports: ['forge:storage/volumes@0.1.0'] }, { exports: ['forge:storage/volumes@0.1.0'] }])).toMatch(
      /^system\.toml:2: runtime imports forge:storage\/volumes@0\.1\.0 from storage, which stands below it: calls go up; move storage above runtime$/,
    );
  });

  test('a plugin cannot import what it provides itself', () => {
    expect(check(plugin('storage', STORAGE), [{ imports: ['forge:storage/volumes@0.1.0'], exports: ['forge:storage/volumes@0.1.0'] }])).toMatch(/stands below it/);
  });

  test('an import that nothing provides, and one of another version, are named', () => {
    expect(
      check(plugin('storage', STORAGE) + plugin('api'), [{ exports: ['forge:storage/volumes@0.1.0'] }, { imports: ['forge:storage/volumes@0.2.0', 'wasi:http/types@0.2.0'] }]),
    ).toBe('system.toml:6: api imports forge:storage/volumes@0.2.0, which no plugin provides\nsystem.toml:6: api imports wasi:http/types@0.2.0, which no plugin provides');
  });

  test('a patch version of the same track is served', () => {
    expect(check(plugin('storage', STORAGE) + plugin('api'), [{ exports: ['forge:storage/volumes@0.1.0'] }, { imports: ['forge:storage/volumes@0.1.7'] }])).toBe('');
  });

  test('a host interface that is not granted is refused with the line to add', () => {
    expect(check(plugin('storage'), [{ imports: ['forge:host/dirs@0.1.0'] }])).toMatch(/is not granted; add \[\[plugin\.grants\]\] interface = "forge:host\/dirs"/);
  });

  test('a grant that the binary has no use for is refused', () => {
    expect(check(plugin('storage', GRANT), [{}])).toMatch(/^system\.toml:5: storage is granted forge:host\/dirs but does not import it/);
  });

  test('a promise that the binary does not keep is refused', () => {
    expect(check(plugin('storage', STORAGE), [{}])).toMatch(/does not export forge:storage\/volumes@0\.1\.0/);
  });
});
