/** The files of an OCI layout, in a tar or in a directory, read in place: nothing is ever extracted. */

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';
import { checkEntryName, EntryNames } from '../tar/entry-name.ts';
import { readTar } from '../tar/read-tar.ts';
import { FileTarSource } from '../tar/tar-source.ts';

export interface LayoutStore {
  /** The path it was opened by, for problems. */
  readonly path: string;
  /** Bytes of each file, by its name in the layout. */
  readonly files: ReadonlyMap<string, number>;
  /** The file's bytes in pieces. Each piece stays valid. Opens the file anew, so that no handle outlives the reading. */
  stream(name: string): AsyncIterable<Uint8Array>;
  /** The file's bytes at once; the caller has bounded the size. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

interface Extent {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

const CHUNK_BYTES = 256 * 1024;

/** The layout in the tar at `path`. Reads headers only. */
export async function openTarLayout(path: string): Promise<LayoutStore> {
  const extents = new Map<string, Extent>();
  const handle = await openRegularFile(path);
  try {
    const { size } = await handle.stat();
    const entries = readTar(new FileTarSource(handle, size), {
      names: 'archive',
      links: 'refuse',
      entriesMax: LIMITS.tar.archiveEntriesMax,
      bytesMax: size,
      what: path,
    });
    for await (const entry of entries) if (entry.type === 'file') extents.set(entry.name, { path, offset: entry.offset, size: entry.size });
  } finally {
    await handle.close();
  }
  return new ExtentStore(path, extents);
}

/** The layout in the directory at `path`. Symbolic links in it are refused. */
export async function openDirectoryLayout(path: string): Promise<LayoutStore> {
  const extents = new Map<string, Extent>();
  await addDirectory(path, '', extents, new EntryNames());
  return new ExtentStore(path, extents);
}

async function addDirectory(root: string, folder: string, extents: Map<string, Extent>, names: EntryNames): Promise<void> {
  for (const item of await readdir(join(root, folder), { withFileTypes: true })) {
    const name = checkEntryName(folder === '' ? item.name : `${folder}/${item.name}`, 'archive', root);
    names.add(name, item.isDirectory(), root);
    if (item.isDirectory()) {
      await addDirectory(root, name, extents, names);
    } else {
      const path = join(root, name);
      const stats = await lstat(path);
      if (!stats.isFile()) refuse('invalid', `${quote(name)} is neither file nor directory`, { where: root });
      extents.set(name, { path, offset: 0, size: stats.size });
    }
    if (extents.size > LIMITS.tar.archiveEntriesMax) refuse('limit', `more than ${LIMITS.tar.archiveEntriesMax} files`, { where: root });
  }
}

/** Opens `path` for reading if it is a regular file; a FIFO or device would block or never end. */
export async function openRegularFile(path: string, noFollow = false): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (noFollow ? constants.O_NOFOLLOW : 0)).catch((error: NodeJS.ErrnoException) => {
    const code = error.code === 'ENOENT' || error.code === 'ENOTDIR' ? 'not-found' : error.code === 'EACCES' || error.code === 'EPERM' ? 'denied' : 'unavailable';
    return refuse(code, `cannot be opened (${error.code ?? error.message})`, { where: path });
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return refuse('invalid', 'is neither a file nor a directory', { where: path });
}

class ExtentStore implements LayoutStore {
  readonly path: string;
  readonly files: ReadonlyMap<string, number>;
  readonly #extents: ReadonlyMap<string, Extent>;

  constructor(path: string, extents: ReadonlyMap<string, Extent>) {
    this.path = path;
    this.#extents = extents;
    this.files = new Map([...extents].map(([name, { size }]) => [name, size]));
  }

  async *stream(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    const extent = this.#extent(name);
    const handle = await openRegularFile(extent.path, extent.path !== this.path);
    try {
      for (let done = 0; done < extent.size; ) {
        const chunk = await readFully(handle, extent.offset + done, Math.min(CHUNK_BYTES, extent.size - done));
        if (chunk.length === 0) return;
        done += chunk.length;
        yield chunk;
      }
    } finally {
      await handle.close();
    }
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const extent = this.#extent(name);
    const handle = await openRegularFile(extent.path, extent.path !== this.path);
    try {
      return await readFully(handle, extent.offset, extent.size);
    } finally {
      await handle.close();
    }
  }

  #extent(name: string): Extent {
    return this.#extents.get(name) ?? refuse('not-found', `has no ${quote(name)}`, { where: this.path });
  }
}

/** Fewer bytes only if the file ends early: it was changed under us, and its digest will say so. */
async function readFully(handle: FileHandle, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
