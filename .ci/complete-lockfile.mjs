/**
 * Adds to package-lock.json the optional packages for other platforms that the registry in use did not have when it was
 * written: `npm ci` refuses a lockfile without them, although it would install none. Run it after `npm install`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));

/** What such a package says of itself follows from its name: `...-linux-arm64-musl`. */
function platformOf(name) {
  const os = /-(linux|android|darwin|win32|freebsd|openharmony|sunos|aix|netbsd|openbsd)(?:-|$)/.exec(name)?.[1];
  const cpu = /-(x64|arm64|arm|ia32|ppc64|s390x|riscv64|loong64|wasm32|mips64el)(?:-|$)/.exec(name)?.[1];
  if (!os && !cpu) throw new Error(`${name}: no platform in its name, so it cannot be left out of an installation`);
  const libc = name.endsWith('-musl') ? ['musl'] : undefined;
  return { ...(cpu ? { cpu: [cpu] } : {}), ...(libc ? { libc } : {}), ...(os ? { os: [os] } : {}) };
}

const added = [];

/** Where a package that stands at `owner` finds `name`, and where it would be put beside it. */
function placesOf(owner, name) {
  const places = [];
  for (let dir = owner; ; dir = dir.slice(0, Math.max(0, dir.lastIndexOf('node_modules/') - 1))) {
    places.push(`${dir ? `${dir}/` : ''}node_modules/${name}`);
    if (dir === '') return places;
  }
}

for (const [place, owner] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const places = placesOf(place, name);
    const found = places.find((candidate) => lock.packages[candidate]);
    if (found && (lock.packages[found].version === version || !/^\d/.test(version))) continue;
    // At the top when that is free, else beside its owner.
    const path = found ? (places[1] ?? places[0]) : `node_modules/${name}`;
    lock.packages[path] = { version, ...platformOf(name), ...(owner.dev ? { dev: true } : {}), optional: true };
    added.push(name);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'complete' : `added ${added.join(', ')}`);
