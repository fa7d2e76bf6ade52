/** Makes small projects in a temporary directory for tests of builds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Writes the files and removes them when the test is over. Returns the project's directory. */
export function makeProject(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'forge-sdk-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
}

export const manifestOf = (...provides: string[]): string =>
  `[package]\nname = "acme/test"\nversion = "0.1.0"\nkind = "plugin"\n\n[plugin]\nsource = "src/plugin.ts"\nprovides = ${JSON.stringify(provides)}\n`;

/** A plugin project with one source file. */
export const makePlugin = (source: string, provides: string[] = [], more: Readonly<Record<string, string>> = {}): string =>
  makeProject({ 'forge.toml': manifestOf(...provides), 'src/plugin.ts': source, ...more });
