// Makes the typings from WIT: guest typings under sdk/src/generated, host typings under wit/generated/host.
// `node sdk/scripts/generate.mjs` writes them, `--check` fails when they are not what the WIT says.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateGuestTypings, generateHostTypings, typingsFileName } from '../src/build/typings.ts';
import { abiDir, readWitSource } from '../src/build/wit-source.ts';

const HEADER = '// Made from WIT by sdk/scripts/generate.mjs. Do not edit.\n';
const sdkDir = join(dirname(fileURLToPath(import.meta.url)), '..');

/** componentize-qjs 0.4.5 cannot build these, so a TypeScript guest never imports them (mismatched resource types). */
const NOT_FOR_GUESTS = /^wasi:http\//;

/** The type of an interface as a value: what definePlugin's `provides` holds, what a harness calls. */
const interfaceMap = (ids, comment, from) => `${comment}\nexport interface ForgeInterfaces {\n${ids.map((id) => `  '${id}': ${from(id)};\n`).join('')}}\n`;

/** All files this script owns, path to text. */
export async function generate() {
  const wit = await readWitSource([abiDir()]);
  const all = [...wit.interfaces.keys()].sort();
  const forge = all.filter((id) => id.startsWith('forge:'));
  const forGuests = all.filter((id) => !NOT_FOR_GUESTS.test(id));
  const files = {};

  const guestDir = join(sdkDir, 'src', 'generated');
  for (const [name, text] of Object.entries(await generateGuestTypings(wit, forGuests))) files[join(guestDir, name)] = text;
  files[join(guestDir, 'interfaces.d.ts')] =
    HEADER +
    forGuests.map((id) => `/// <reference path="./${typingsFileName(id)}.d.ts" />\n`).join('') +
    interfaceMap(forge, '/** Every interface of the ABI, by its WIT id, as a guest sees it. */', (id) => `typeof import('${id}')`);

  const hostDir = join(abiDir(), 'generated', 'host');
  for (const [name, text] of Object.entries(await generateHostTypings(wit, all))) files[join(hostDir, name)] = text;
  files[join(hostDir, 'interfaces.d.ts')] =
    HEADER +
    interfaceMap(forge, "/** Every interface of the ABI, by its WIT id, as the kernel and jco's glue see it. */", (id) => `typeof import('./${typingsFileName(id)}.d.ts')`);
  return { files, folders: [guestDir, hostDir] };
}

/** What differs between the disk and the WIT, as paths. */
export async function findStale() {
  const { files, folders } = await generate();
  const onDisk = folders.flatMap((dir) => list(dir));
  const stale = onDisk.filter((path) => !(path in files));
  for (const [path, text] of Object.entries(files)) {
    if (!onDisk.includes(path) || readFileSync(path, 'utf8') !== text) stale.push(path);
  }
  return stale.sort();
}

function list(dir) {
  try {
    return readdirSync(dir).map((name) => join(dir, name));
  } catch {
    return [];
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const stale = await findStale();
    for (const path of stale) console.error(`out of date: ${path}`);
    if (stale.length > 0) console.error('run: node sdk/scripts/generate.mjs');
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    const { files, folders } = await generate();
    for (const dir of folders) {
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir, { recursive: true });
    }
    for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
    console.log(`${Object.keys(files).length} files`);
  }
}
