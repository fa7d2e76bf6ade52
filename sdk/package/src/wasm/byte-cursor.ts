/** Reads a WebAssembly binary forwards; every length is checked against what is left before it is used. */

import { LIMITS } from '../limits.ts';
import { quote, refuse } from '../problems.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteCursor {
  readonly bytes: Uint8Array;
  /** The module's or component's name in messages. */
  readonly what: string;
  /** Offset of the first byte not to be read. */
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, what: string, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.what = what;
    this.at = start;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  u8(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined || this.at >= this.end) this.malformed('ends in the middle of a value');
    this.at++;
    return byte;
  }

  /** An unsigned LEB128 of at most 32 bits, refused when longer than five bytes or with bits past the 32nd. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) this.malformed('a LEB128 number does not fit 32 bits');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.malformed('a LEB128 number does not fit 32 bits');
  }

  /** Steps over a signed LEB128 of at most `bits` bits. */
  skipSigned(bits: 33 | 32 | 64): void {
    for (let length = 0; length < Math.ceil(bits / 7); length++) if (this.u8() < 0x80) return;
    this.malformed(`a LEB128 number does not fit ${bits} bits`);
  }

  /** A count of items that take at least `itemBytes` each, so that no loop runs longer than the input. */
  count(what: string, max: number, itemBytes = 1): number {
    const count = this.u32();
    if (count > max) refuse('limit', `${count} ${what}, more than ${max}`, this.here());
    if (count * itemBytes > this.left) this.malformed(`says ${count} ${what} but has ${this.left} bytes left`);
    return count;
  }

  skip(length: number): void {
    if (length > this.left) this.malformed(`says ${length} bytes but has ${this.left} left`);
    this.at += length;
  }

  /** A cursor over the next `length` bytes, which this one steps over. */
  take(length: number): ByteCursor {
    const start = this.at;
    this.skip(length);
    return new ByteCursor(this.bytes, this.what, start, this.at);
  }

  /** A length-prefixed UTF-8 name. */
  name(): string {
    const length = this.u32();
    if (length > LIMITS.wasm.nameBytesMax) refuse('limit', `a name of ${length} bytes, more than ${LIMITS.wasm.nameBytesMax}`, this.here());
    const start = this.at;
    this.skip(length);
    try {
      return decoder.decode(this.bytes.subarray(start, this.at));
    } catch {
      return this.malformed('a name is not UTF-8');
    }
  }

  /** Every byte must have been read. */
  expectEnd(what: string): void {
    if (this.left !== 0) this.malformed(`${what} has ${this.left} bytes too many`);
  }

  malformed(message: string): never {
    return refuse('invalid', `is not valid WebAssembly: ${message}`, this.here());
  }

  unknown(what: string, byte: number): never {
    return refuse('unsupported', `${what} of unknown kind ${quote(`0x${byte.toString(16).padStart(2, '0')}`)}`, this.here());
  }

  here(): { where: string } {
    return { where: `${this.what} at byte ${this.at}` };
  }
}
