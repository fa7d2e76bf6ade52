// Vendors WASI's WIT under wit/deps. `node wit/scripts/vendor-wasi.mjs` fetches it, `--check` compares what is there
// with the digests that were recorded then, without the network.
//
// Source: the npm package of jco, whose lib/wit/builtin holds the WIT of github.com/WebAssembly/WASI at the tag named
// below, one file a package, without comments. The npm registry is the one source every build machine can reach.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@bytecodealliance/jco@1.35.0';
const INTEGRITY = 'sha512-O53cWIMm/M1SpwLxKRicvAMDnzWf4zWs6I6qFZIGbn3HUovDMCCe9blkGxxYuyocHjVf/cXgNmlMu/x7Tyi77A==';
const VERSION = '0.2.12';
const UPSTREAM = { repository: 'https://github.com/WebAssembly/WASI', tag: 'v0.2.12', commit: '281ba75fafcd50961ef55f9e52747afcc9b71ede' };
const PROPOSALS = ['cli', 'clocks', 'filesystem', 'http', 'io', 'random', 'sockets'];

const depsDir = join(dirname(fileURLToPath(import.meta.url)), '..', 'deps');
const RECORD = 'vendored.json';

const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const listFiles = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .sort();

/** What differs between a directory and its record, one sentence each. */
export function findDifferences(dir = depsDir) {
  const { files } = JSON.parse(readFileSync(join(dir, RECORD), 'utf8'));
  const found = listFiles(dir).filter((path) => path !== RECORD);
  return [
    ...found.filter((path) => !(path in files)).map((path) => `${path} is not recorded`),
    ...Object.entries(files).flatMap(([path, digest]) => {
      if (!existsSync(join(dir, path))) return [`${path} is missing`];
      return sha256(readFileSync(join(dir, path))) === digest ? [] : [`${path} was changed`];
    }),
  ];
}

function fetchPackage(into) {
  const [{ filename, integrity }] = JSON.parse(
    execFileSync('npm', ['pack', PACKAGE, '--json', '--pack-destination', into], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const tarball = join(into, filename.replace(/^@/, '').replaceAll('/', '-'));
  const actual = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (actual !== INTEGRITY || integrity !== INTEGRITY) throw new Error(`${PACKAGE} has integrity ${actual}, expected ${INTEGRITY}`);
  execFileSync('tar', ['-xzf', tarball, '-C', into, 'package/lib/wit/builtin']);
  return join(into, 'package', 'lib', 'wit', 'builtin');
}

function vendor() {
  const temporary = mkdtempSync(join(tmpdir(), 'forge-wasi-'));
  try {
    const source = fetchPackage(temporary);
    rmSync(depsDir, { recursive: true, force: true });
    for (const name of PROPOSALS) {
      const folder = join(depsDir, `wasi-${name}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.wit`), readFileSync(join(source, VERSION, `wasi-${name}`, 'package.wit')));
    }
    writeFileSync(join(depsDir, 'LICENSE.md'), readFileSync(join(source, 'LICENSE.md')));
    const files = Object.fromEntries(listFiles(depsDir).map((path) => [path, sha256(readFileSync(join(depsDir, path)))]));
    const record = { version: VERSION, from: { package: PACKAGE, integrity: INTEGRITY, folder: `lib/wit/builtin/${VERSION}` }, upstream: UPSTREAM, files };
    writeFileSync(join(depsDir, RECORD), `${JSON.stringify(record, null, 2)}\n`);
    console.log(`${Object.keys(files).length} files in ${depsDir}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const differences = findDifferences();
    for (const difference of differences) console.error(`wit/deps/${difference}`);
    process.exitCode = differences.length > 0 ? 1 : 0;
  } else vendor();
}
