/** Every example is built, valid, and says of itself what its README says. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '@forgeone/kernel/errors';
import { afterAll, describe, expect, it } from 'vitest';
import { dispatch } from '../../cli/src/main.ts';
import type { Kernel } from '../../cli/src/session.ts';
import { fakeSession } from './fake-session.ts';

const examples = new URL('../../examples', import.meta.url).pathname;
const out = mkdtempSync(join(tmpdir(), 'forge-examples-'));
afterAll(() => rmSync(out, { recursive: true }));

/** What was recorded as built on this machine. */
const recorded: string[] = [];
const kernel = async (): Promise<Kernel> => ({ recordBuilt: (_home: string, digest: string) => void recorded.push(digest) }) as unknown as Kernel;

const forge = async (...words: string[]) => {
  const session = fakeSession({ cwd: examples, kernel });
  const code = await dispatch(words, session);
  return { code, ...session.said };
};

/** Exit code 69 of its build script: no compiler here. */
const UNSUPPORTED = 69;

async function buildExample(name: string): Promise<Record<string, unknown>> {
  const { code, out: printed, err } = await forge('build', name, '-o', join(out, `${name}.forgepkg`), '--format', 'json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(await forge('validate', join(out, `${name}.forgepkg`))).toMatchObject({ code: 0 });
  const built = JSON.parse(printed) as Record<string, unknown>;
  expect(recorded.at(-1)).toBe(built['digest']);
  return built;
}

/** A build of one TypeScript source takes 2-3 s on two idle cores. */
const BUILDS_MS = 180_000;

describe('examples', { timeout: BUILDS_MS }, () => {
  it('are the folders that their README lists', () => {
    const listed = [...readFileSync(join(examples, 'README.md'), 'utf8').matchAll(/^\| \[([a-z-]+)\]\(\1\) +\|/gm)].map(([, name]) => name);
    const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'scripts');
    expect(listed.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  });

  it('hello is a component that runs as a program', async () => {
    expect(await buildExample('hello')).toMatchObject({ reference: 'hello@0.1.0', components: [{ container: 'hello', kind: 'wasi-command' }] });
    const { out: words } = await forge('inspect', join(out, 'hello.forgepkg'));
    expect(words).toMatch(/^ {2}connects to {2}nothing$/m);
    expect(words).toContain('its arguments, environment, standard streams and exit code');
  });

  it('files asks for its volume, with a reason', async () => {
    await buildExample('files');
    expect((await forge('inspect', join(out, 'files.forgepkg'))).out).toMatch(/^ {2}mounts +volume journal at \/journal: Keeps your notes, one file a day\.$/m);
  });

  it('two-containers has two, and one starts after the other', async () => {
    expect(await buildExample('two-containers')).toMatchObject({ components: [{ container: 'writer' }, { container: 'reader' }] });
    expect((await forge('inspect', join(out, 'two-containers.forgepkg'))).out).toMatch(/^ {2}starts after +writer$/m);
  });

  it('plugin-greeter is a plugin that asks for nothing of the machine', async () => {
    const built = await buildExample('plugin-greeter');
    expect(built).toMatchObject({ reference: 'acme/greeter@0.1.0', components: [{ kind: 'forge-plugin' }] });
    const [component] = built['components'] as { imports: string[]; exports: string[] }[];
    expect(component?.imports.filter((name) => name.startsWith('forge:host/') || name.startsWith('wasi:'))).toEqual([]);
    expect(component?.exports).toContain('acme:greeter/greetings@0.1.0');
  });

  it('c-wordcount is a preview 1 module, if there is a C compiler for it', async ({ skip }) => {
    // Its module is built beside its source; here beside a copy.
    const dir = join(out, 'c-wordcount');
    cpSync(join(examples, 'c-wordcount'), dir, { recursive: true });
    const { status, stderr } = spawnSync(join(dir, 'build.sh'), { encoding: 'utf8' });
    if (status === UNSUPPORTED) skip(`no C compiler for WASI: ${stderr.trim()}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { code, out: printed } = await forge('build', dir, '--format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({ reference: 'wordcount@0.1.0', components: [{ kind: 'preview1-command' }] });
  });

  it('are built also where there is no state directory, with a warning', async () => {
    const refusing = async (): Promise<Kernel> =>
      ({
        recordBuilt: () => {
          throw new Refusal('unavailable', 'the state directory cannot be made');
        },
      }) as unknown as Kernel;
    const session = fakeSession({ cwd: examples, kernel: refusing });
    expect(await dispatch(['build', 'hello', '-o', join(out, 'unrecorded.forgepkg')], session)).toBe(0);
    expect(session.said.err).toBe('warning: it is not recorded as built here: the state directory cannot be made\n');
  });

  it('that lack a file say which, and how to get it', async () => {
    const dir = join(out, 'incomplete');
    cpSync(join(examples, 'c-wordcount'), dir, { recursive: true, filter: (file) => !file.endsWith('.wasm') });
    expect(await forge('build', dir)).toMatchObject({ code: 66, err: expect.stringMatching(/there is no wordcount\.wasm[\s\S]*build it first/) });
  });
});
