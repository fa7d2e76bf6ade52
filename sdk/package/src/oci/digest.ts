/** sha256 digests as OCI writes them. */

import { createHash, hash } from 'node:crypto';

export const DIGEST_PATTERN = /^sha256:[a-f0-9]{64}$/;

export function sha256Digest(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/** A digest made piece by piece. */
export class DigestSum {
  readonly #hash = createHash('sha256');
  bytes = 0;

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  finish(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

/** Where a layout keeps the blob. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
