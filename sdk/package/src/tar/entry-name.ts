/** Decides which entry names a tar may have, and that no two of them meet on any file system. */

import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';

/** `archive`: the layout archive itself, `[a-z0-9._/-]` only. `layer`: a file layer, any printable NFC text. */
export type NamePolicy = 'archive' | 'layer';

/**
 * The name in normal form: without one leading "./" and one trailing "/". Empty for the root itself.
 *
 * Refuses "..", absolute names, backslashes, NUL, drive letters, control, bidi and zero-width characters, names that are
 * not in Unicode form C, and names past the length and depth of `LIMITS.tar`.
 */
export function checkEntryName(raw: string, policy: NamePolicy, what: string): string {
  const reject = (why: string): never => refuse('invalid', `the name ${quote(raw)} ${why}`, { where: what });
  const isArchive = policy === 'archive';
  const bytesMax = isArchive ? LIMITS.tar.archiveNameBytesMax : LIMITS.tar.layerNameBytesMax;
  if (Buffer.byteLength(raw) > bytesMax) refuse('limit', `a name of more than ${bytesMax} bytes: ${quote(raw)}`, { where: what });
  // `tar -C folder .` writes "./" before every name; it is the only other spelling that peers produce.
  const name = raw.replace(/^\.\//, '').replace(/\/$/, '');
  if (raw === '') reject('is empty');
  if (raw === '.' || name === '') return '';
  if (name.startsWith('/')) reject('is absolute');
  if (name.includes('\\')) reject('has a backslash');
  if (/^[A-Za-z]:/.test(name)) reject('has a drive letter');
  // The first test spares almost every name the second one's tables, 5 ms in a cold process.
  if (!/^[ -~]*$/.test(name)) {
    if (/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)) reject('has control, bidi or zero-width characters');
    if (name !== name.normalize('NFC')) reject('is not in Unicode normal form C');
  }
  const parts = name.split('/');
  if (parts.includes('..')) reject('has a ".." part');
  if (parts.includes('.') || parts.includes('')) reject('has an empty or "." part');
  if (isArchive && !/^[a-z0-9._/-]+$/.test(name)) reject('has characters other than a-z, 0-9, ".", "_", "/" and "-"');
  const depthMax = isArchive ? LIMITS.tar.archiveDepthMax : LIMITS.tar.layerDepthMax;
  if (parts.length > depthMax) refuse('limit', `a name with more than ${depthMax} parts: ${quote(raw)}`, { where: what });
  return name;
}

interface SeenName {
  readonly spelling: string;
  readonly is: 'entry' | 'directory' | 'implied';
}

/** Remembers the names of one tar and refuses the one that would land on another. */
export class EntryNames {
  /** By folded name: what stands there, and under which spelling. A directory that is only implied may still be listed. */
  readonly #seen = new Map<string, SeenName>();

  add(name: string, isDirectory: boolean, what: string): void {
    const parents = name.split('/').slice(0, -1);
    for (const index of parents.keys()) this.#addParent(parents.slice(0, index + 1).join('/'), what);
    const key = fold(name);
    const seen = this.#seen.get(key);
    if (seen && (seen.spelling !== name || seen.is !== 'implied')) this.#collide(name, seen.spelling, what);
    if (seen && !isDirectory) this.#clash(name, what);
    this.#remember(key, { spelling: name, is: isDirectory ? 'directory' : 'entry' }, what);
  }

  #addParent(name: string, what: string): void {
    const key = fold(name);
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#remember(key, { spelling: name, is: 'implied' }, what);
    else if (seen.spelling !== name) this.#collide(name, seen.spelling, what);
    else if (seen.is === 'entry') this.#clash(name, what);
  }

  #remember(key: string, seen: SeenName, what: string): void {
    this.#seen.set(key, seen);
    if (this.#seen.size > LIMITS.tar.namesMax) refuse('limit', `more than ${LIMITS.tar.namesMax} names and folders`, { where: what });
  }

  #collide(name: string, other: string, what: string): never {
    return refuse('invalid', name === other ? `the name ${quote(name)} stands twice` : `the names ${quote(other)} and ${quote(name)} are one on some file systems`, {
      where: what,
    });
  }

  #clash(name: string, what: string): never {
    return refuse('invalid', `the name ${quote(name)} stands for a folder and for something else`, { where: what });
  }
}

/** Upper before lower: "ß" and "SS", and the three sigmas, meet only that way. */
function fold(name: string): string {
  return name.toUpperCase().toLowerCase().normalize('NFC');
}
