// Builds the addon with cargo and puts it where index.js loads it from. Cargo knows what is up to date.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const cargo = spawnSync('cargo', ['build', '--release', '--locked', ...process.argv.slice(2)], { cwd: here, stdio: 'inherit' });
if (cargo.error) {
  console.error(`host-native: cargo does not start (${cargo.error.message}); install Rust 1.90 or later from https://rustup.rs`);
  process.exit(1);
}
if (cargo.status !== 0) process.exit(cargo.status ?? 1);

const built = join(process.env.CARGO_TARGET_DIR ?? join(here, 'target'), 'release', 'libforge_host_addon.so');
const addon = join(here, 'forge-host.node');
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (modified(addon) < modified(built)) {
  // Renamed into place: a process that has the old one mapped keeps it whole.
  copyFileSync(built, `${addon}.new`);
  renameSync(`${addon}.new`, addon);
}
