/**
 * `npm test`: builds, installs the Debian packages that some tests need (as root), then runs every check and prints
 * the sum as its last line. What cannot run here is named with its reason.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Compilers for the C guests of the tests, and a foreign reader of our packages. */
const DEBIAN = { clang: 'clang', lld: 'wasm-ld', 'wasi-libc': '/usr/lib/wasm32-wasi/libc.a', 'libclang-rt-dev-wasm32': '/usr/lib/clang', skopeo: 'skopeo' };

const root = new URL('..', import.meta.url).pathname;
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

function run(title, command, args, options = {}) {
  console.log(`\n== ${title}`);
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  return result.status === 0;
}

/** A check that passes or fails as a whole. */
function check(title, command, args) {
  if (run(title, command, args)) counts.passed += 1;
  else {
    counts.failed += 1;
    failures.push(title);
  }
}

const present = (probe) => (probe.startsWith('/') ? existsSync(probe) : spawnSync('sh', ['-c', `command -v ${probe}`]).status === 0);

function installDebianPackages() {
  const missing = Object.entries(DEBIAN)
    .filter(([, probe]) => !present(probe))
    .map(([name]) => name);
  if (missing.length === 0) return;
  if (process.getuid() !== 0 || !present('apt-get')) {
    console.log(`left out: tests that need ${missing.join(', ')} (not root, so they are not installed; apt-get install ${missing.join(' ')} adds them)`);
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('Debian packages', 'sh', ['-c', `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${missing.join(' ')} >/dev/null`], { env });
}

installDebianPackages();
if (!run('build', 'npm', ['run', '--silent', 'build'])) {
  console.log('\nthe build failed\n0 passed, 1 failed');
  process.exit(1);
}

check('types', 'npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']);
check('format and lint', 'npx', ['--no-install', 'biome', 'ci', '--colors=off', '--error-on-warnings', '.']);
check('Rust format', 'cargo', ['fmt', '--manifest-path', 'host-native/Cargo.toml', '--all', '--check']);
check('Rust lint', 'cargo', ['clippy', '--manifest-path', 'host-native/Cargo.toml', '--workspace', '--all-targets', '--release', '--locked', '--quiet', '--', '-D', 'warnings']);

{
  console.log('\n== Rust tests');
  const result = spawnSync('cargo', ['test', '--manifest-path', 'host-native/Cargo.toml', '--workspace', '--release', '--locked'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const output = `${result.stdout}${result.status === 0 ? '' : result.stderr}`;
  process.stdout.write(output);
  let counted = 0;
  for (const match of output.matchAll(/test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/g)) {
    counts.passed += Number(match[1]);
    counts.failed += Number(match[2]);
    counts.skipped += Number(match[3]);
    counted += Number(match[2]);
  }
  for (const match of output.matchAll(/^test (\S+) \.\.\. FAILED$/gm)) failures.push(`cargo: ${match[1]}`);
  if (result.status !== 0 && counted === 0) {
    counts.failed += 1;
    failures.push('cargo test');
  }
}

{
  const folder = mkdtempSync(join(tmpdir(), 'forge-test-'));
  const report = join(folder, 'vitest.json');
  const passed = run('TypeScript tests', 'npx', ['--no-install', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests;
    for (const file of testResults) {
      const failed = file.assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName } of failed) failures.push(`${file.name.slice(root.length)}: ${fullName}`);
      if (file.status === 'failed' && failed.length === 0) {
        counts.failed += 1;
        failures.push(`${file.name.slice(root.length)}: ${file.message.split('\n')[0]}`);
      }
    }
  }
  if (!passed && failures.length === 0) {
    counts.failed += 1;
    failures.push('vitest');
  }
  rmSync(folder, { recursive: true });
}

if (failures.length > 0) console.log(`\nfailed:\n${failures.map((line) => `  ${line}`).join('\n')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`);
process.exit(counts.failed === 0 ? 0 : 1);
