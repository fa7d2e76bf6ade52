import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'vitest';
import type { Host } from '../../../kernel/src/host/host.ts';
import { openNativeHost } from '../../../kernel/src/host/native.ts';
import { describeHost, type Machine } from './host-contract.ts';

let opened: { readonly host: Host; readonly mintKey: string } | undefined;
let missing = '';
try {
  const host = openNativeHost();
  // The key is given out once a process, and all tests of this file share the machine.
  opened = { host, mintKey: host.takeMintKey() };
} catch (error) {
  missing = error instanceof Error ? error.message : String(error);
}

function openMachine(): Machine {
  if (!opened) throw new Error(missing);
  const root = mkdtempSync(join(tmpdir(), 'forge-host-'));
  const at = (path: string): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  return {
    ...opened,
    root,
    writeFile: (path, content) => writeFileSync(at(path), content),
    readFile: (path) => {
      try {
        return readFileSync(join(root, path), 'utf8');
      } catch {
        return undefined;
      }
    },
    makeDirectory: (path) => void mkdirSync(at(path), { recursive: true }),
    makeSymlink: (path, target) => symlinkSync(target, at(path)),
    makeFifo: (path) => void execFileSync('mkfifo', [at(path)]),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

if (opened) describe('the native host', () => describeHost(openMachine));
else test.skip(`the native host (${missing})`, () => undefined);
