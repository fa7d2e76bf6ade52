/** One content-addressed blob of a layout: whatever comes out of it was compared with its digest and size. */

import { LIMITS } from '../limits.ts';
import { type Problem, problem, refuse } from '../problems.ts';
import type { Descriptor } from './descriptor.ts';
import { blobName, DigestSum, sha256Digest } from './digest.ts';
import type { LayoutStore } from './layout-store.ts';

export class PackageBlob {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
  readonly #store: LayoutStore;

  constructor(store: LayoutStore, { digest, size, mediaType }: Descriptor) {
    this.#store = store;
    this.digest = digest;
    this.size = size;
    this.mediaType = mediaType;
  }

  /** What is wrong without reading it: absent, or of another size. */
  presence(): Problem | undefined {
    const size = this.#store.files.get(blobName(this.digest));
    const place = { where: this.#store.path, hint: 'the package was cut or changed: fetch or build it again' };
    if (size === undefined) return problem('invalid', `the blob ${this.digest} is missing`, place);
    if (size !== this.size) return problem('invalid', `the blob ${this.digest} has ${size} bytes and should have ${this.size}`, place);
    return undefined;
  }

  /** All bytes, verified before they are given. At most `bytesMax`, by default what a component may have. */
  async read(bytesMax: number = LIMITS.wasm.bytesMax): Promise<Uint8Array<ArrayBuffer>> {
    this.#expectPresence();
    if (this.size > bytesMax) refuse('limit', `the blob ${this.digest} has ${this.size} bytes, more than ${bytesMax}`, { where: this.#store.path });
    const bytes = await this.#store.read(blobName(this.digest));
    if (sha256Digest(bytes) !== this.digest) this.#changed();
    return bytes;
  }

  /** The bytes in pieces, as they are read; throws after the last one if the digest is another. */
  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    this.#expectPresence();
    const sum = new DigestSum();
    for await (const chunk of this.#store.stream(blobName(this.digest))) {
      sum.update(chunk);
      yield chunk;
    }
    if (sum.finish() !== this.digest) this.#changed();
  }

  /** Reads it all and throws if it is not what its digest says. */
  async verify(): Promise<void> {
    for await (const _ of this.stream());
  }

  #expectPresence(): void {
    const absent = this.presence();
    if (absent) refuse(absent.code, absent.message, absent);
  }

  #changed(): never {
    return refuse('invalid', `the blob ${this.digest} has other content than its digest says`, {
      where: this.#store.path,
      hint: 'the package was damaged or tampered with: fetch or build it again',
    });
  }
}
