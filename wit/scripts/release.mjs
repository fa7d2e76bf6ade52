// Keeps the record of released WIT, wit/released.json: a released file never changes again, because components built
// for it are out there. A change goes into a folder of its own with the next version.
//
//   node wit/scripts/release.mjs            records files that are not recorded yet
//   node wit/scripts/release.mjs --check    fails when a recorded file is changed or gone, or one is not recorded
//   node wit/scripts/release.mjs --replace  records changed files anew; refused once a v* tag of git holds the file
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const witDir = join(dirname(fileURLToPath(import.meta.url)), '..');
const RECORD = 'released.json';

const sha256 = (path) => `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;

/** Paths of the ABI's own files, relative to wit/. */
export const listAbiFiles = (dir = witDir) =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('forge-'))
    .flatMap((entry) =>
      readdirSync(join(dir, entry.name))
        .filter((name) => name.endsWith('.wit'))
        .map((name) => `${entry.name}/${name}`),
    )
    .sort();

const readRecord = (dir) => (existsSync(join(dir, RECORD)) ? JSON.parse(readFileSync(join(dir, RECORD), 'utf8')) : { files: {} });

/** What the record and the files disagree about, by path: `changed`, `gone` or `new`. */
export function compareWithRecord(dir = witDir) {
  const { files } = readRecord(dir);
  const present = listAbiFiles(dir);
  const differences = {};
  for (const path of present) {
    if (!(path in files)) differences[path] = 'new';
    else if (sha256(join(dir, path)) !== files[path]) differences[path] = 'changed';
  }
  for (const path of Object.keys(files)) if (!present.includes(path)) differences[path] = 'gone';
  return differences;
}

/** Whether a version tag of git holds the file: then others may have built for it. */
function isTagged(path) {
  const git = (...args) => execFileSync('git', ['-C', witDir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const holds = (tag) => {
    try {
      git('cat-file', '-e', `${tag}:wit/${path}`);
      return true;
    } catch {
      return false;
    }
  };
  return git('tag', '--list', 'v*').split('\n').filter(Boolean).some(holds);
}

function main() {
  const differences = Object.entries(compareWithRecord());
  const check = process.argv.includes('--check');
  const replace = process.argv.includes('--replace');
  const refused = differences.filter(([path, kind]) => check || (kind !== 'new' && !(replace && !isTagged(path))));
  for (const [path, kind] of refused) {
    console.error(
      kind === 'new' ? `wit/${path} is not recorded: node wit/scripts/release.mjs` : `wit/${path} is released and ${kind}: a change needs a new version in a folder of its own`,
    );
  }
  if (refused.length > 0) {
    process.exitCode = 1;
    return;
  }
  if (check) return;
  const files = Object.fromEntries(listAbiFiles().map((path) => [path, sha256(join(witDir, path))]));
  writeFileSync(join(witDir, RECORD), `${JSON.stringify({ comment: 'sha256 of every released WIT file; kept by scripts/release.mjs', files }, null, 2)}\n`);
  console.log(`${Object.keys(files).length} files recorded`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
