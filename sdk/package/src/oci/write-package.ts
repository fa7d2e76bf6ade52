/** Writes a .forgepkg so that at any instant the path holds the old file or the whole new one. */

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { assemblePackage, type PackageParts } from './build-package.ts';

export interface WrittenPackage {
  /** sha256 of the OCI manifest. */
  readonly digest: string;
  /** Bytes of the file. */
  readonly size: number;
}

/** Builds the package and puts it at `path`; on any error nothing is left behind. */
export async function writePackage(path: string, parts: PackageParts): Promise<WrittenPackage> {
  const { pieces, digest } = await assemblePackage(parts);
  await writeFileAtomically(path, pieces);
  return { digest, size: pieces.reduce((sum, piece) => sum + piece.length, 0) };
}

/** Temporary file beside the target, fsync, rename, fsync of the folder: rename(2) is atomic, but only fsync makes it last. */
export async function writeFileAtomically(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', 0o644);
  try {
    await writeAll(handle, pieces);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  const folderHandle = await open(folder, 'r');
  try {
    await folderHandle.sync();
  } finally {
    await folderHandle.close();
  }
}

async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    for (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
