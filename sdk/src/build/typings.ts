/**
 * Makes TypeScript declarations from WIT: for guests (`declare module 'forge:host/dirs@0.1.0'`), as QuickJS really
 * passes values, and for hosts (one module an interface), as jco's glue does. The work is jco's; what differs in
 * QuickJS guests is put right here.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateGuestTypes, generateHostTypes } from '@bytecodealliance/jco-transpile';
import { abiDir, readWitSource, type WitSource } from './wit-source.ts';

/** File name to text. */
export type Typings = Record<string, string>;

/** `forge:host/dirs@0.1.0` as a file name: `forge-host-dirs`. */
export const typingsFileName = (interfaceId: string): string => interfaceId.replace(/@.*$/, '').replace(/[:/]/g, '-');

/**
 * What componentize-qjs 0.4.5 does differently from what jco's guest types say:
 * 64-bit integers are numbers, exact up to 2^53 (a BigInt traps); an absent option arrives as null; as an argument or
 * a field both null and undefined are accepted.
 */
function asQuickJs(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*\*/.test(line)) return line;
      return line
        .replaceAll('bigint', 'number')
        .replace(/Big(?:Int|Uint)64Array/g, 'Array<number>')
        .replace(/^(\s*(?:'[^']+'|\w+)\?: .*),$/, '$1 | null | undefined,')
        .replace(/(\): .*) \| undefined;$/, '$1 | null;')
        .replace(/^(.*\()(.*)(\)(?:: .*)?;)$/, (_, head: string, params: string, tail: string) => head + params.replaceAll(' | undefined', ' | null | undefined') + tail);
    })
    .join('\n');
}

async function inTemporaryWorld<T>(wit: WitSource, interfaces: readonly string[], work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'forge-typings-'));
  try {
    await wit.copyTo(join(dir, 'deps'));
    await writeFile(join(dir, 'world.wit'), `package forge:typings;\nworld all {\n${interfaces.map((id) => `  import ${id};\n`).join('')}}\n`);
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const HEADER = '// Made from WIT by sdk/scripts/generate.mjs. Do not edit.\n';

const OWN_HEADER = '// Made from wit/ by writeProjectTypings of @forgeone/sdk/build. Do not edit.\n';

const decode = (file: string | Uint8Array): string => (typeof file === 'string' ? file : new TextDecoder().decode(file));

/** Declarations for guests: one ambient module an interface. Only the listed interfaces and what they take types from. */
export async function generateGuestTypings(wit: WitSource, interfaces: readonly string[]): Promise<Typings> {
  return inTemporaryWorld(wit, interfaces, async (dir) => {
    const files = await generateGuestTypes(dir, { worldName: 'all', name: 'all', strict: true } as Parameters<typeof generateGuestTypes>[1]);
    const typings: Typings = {};
    for (const [path, file] of Object.entries(files)) {
      if (path.startsWith('interfaces/')) typings[path.slice('interfaces/'.length)] = HEADER + asQuickJs(decode(file));
    }
    return typings;
  });
}

/** Declarations for hosts: what jco's glue expects of an import and offers of an export. */
export async function generateHostTypings(wit: WitSource, interfaces: readonly string[]): Promise<Typings> {
  return inTemporaryWorld(wit, interfaces, async (dir) => {
    const files = await generateHostTypes(dir, { worldName: 'all', name: 'all', strict: true } as Parameters<typeof generateHostTypes>[1]);
    const typings: Typings = {};
    for (const [path, file] of Object.entries(files)) {
      if (!path.startsWith('interfaces/')) continue;
      typings[path.slice('interfaces/'.length)] =
        HEADER +
        decode(file)
          // The glue sets absent options to undefined, which exactOptionalPropertyTypes tells from a missing field.
          .replace(/^(\s*(?:'[^']+'|\w+)\?: .*),$/gm, '$1 | undefined,')
          // `.js` beside a `.d.ts` that has no JavaScript: name the declaration itself, so that it resolves everywhere.
          .replace(/(from|import\() ?'\.\/([\w-]+)\.js'/g, (_, word: string, name: string) => `${word}${word === 'from' ? ' ' : ''}'./${name}.d.ts'`);
    }
    return typings;
  });
}

/**
 * Typings for the interfaces a project brings in its own `wit/`: made anew in `generated/`, for its tsconfig.json to
 * include. They also add the interfaces to what `definePlugin` can provide. Returns the paths written.
 */
export async function writeProjectTypings(projectDir: string): Promise<string[]> {
  const abi = await readWitSource([abiDir()]);
  const wit = await readWitSource([abiDir(), join(projectDir, 'wit')]);
  const own = [...wit.interfaces.keys()].filter((id) => !abi.interfaces.has(id)).sort();
  const known = new Set([...abi.interfaces.keys()].map((id) => `${typingsFileName(id)}.d.ts`));
  const typings = await generateGuestTypings(wit, own);
  const files: Typings = {
    'interfaces.d.ts': [
      OWN_HEADER.trim(),
      ...own.map((id) => `/// <reference path="./${typingsFileName(id)}.d.ts" />`),
      "import '@forgeone/sdk';",
      "declare module '@forgeone/sdk' {",
      '  interface Interfaces {',
      ...own.map((id) => `    '${id}': typeof import('${id}');`),
      '  }',
      '}',
      '',
    ].join('\n'),
  };
  for (const [name, text] of Object.entries(typings)) {
    // What the SDK has typings for already is not written a second time.
    if (!known.has(name))
      files[name] = text.replace(HEADER, OWN_HEADER).replace(/^\/\/\/ <reference path="\.\/([^"]+)" \/>\n/gm, (line, path: string) => (known.has(path) ? '' : line));
  }
  const outDir = join(projectDir, 'generated');
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(outDir, name), text);
  return Object.keys(files).map((name) => join(outDir, name));
}
