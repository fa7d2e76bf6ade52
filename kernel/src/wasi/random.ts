/** `wasi:random`: random, insecure and insecure-seed, all from the machine's generator (data plane beside step 8). */
import type { Guest } from './guest.ts';
import { withLowering } from './guest-memory.ts';
import { trap } from './trap.ts';

const U64_BYTES = 8;

export function createRandom(guest: Guest) {
  const { host } = guest;
  const word = new BigUint64Array(1);
  const wordBytes = new Uint8Array(word.buffer);

  const nextU64 = (): bigint => {
    fill(wordBytes, 0, U64_BYTES);
    return word[0] as bigint;
  };

  /** The interface has no error: a guest without randomness must not go on. */
  const fill = (memory: Uint8Array, pointer: number, bytes: number): void => {
    if (host.randomFill(memory, pointer, bytes) < 0) trap('the machine has no randomness');
  };

  const checkLength = (bytes: bigint): number => {
    if (bytes < 0n || bytes > guest.limits.randomBytesMax) trap('more random bytes than the limit');
    return Number(bytes);
  };

  const u64 = () => {
    const lifted = (): bigint => {
      guest.enter();
      return nextU64();
    };
    return withLowering(guest, lifted, () => lifted);
  };

  const bytes = () => {
    const lifted = (length: bigint): Uint8Array => {
      guest.enter();
      const out = new Uint8Array(checkLength(length));
      fill(out, 0, out.length);
      return out;
    };
    /** list<u8>: pointer @0, length @4. Filled where the guest will have them: nothing is allocated on this side. */
    return withLowering(guest, lifted, ({ memory }) => (length: bigint, result: number) => {
      guest.enter();
      const at = memory.checkResult(result, 8, 4);
      const count = checkLength(length);
      const pointer = memory.allocate(count, 1);
      fill(memory.bytes, pointer, count);
      memory.storeList(at, pointer, count);
    });
  };

  const insecureSeed = (): [bigint, bigint] => {
    guest.enter();
    return [nextU64(), nextU64()];
  };

  return {
    imports: {
      'wasi:random/random': { getRandomBytes: bytes(), getRandomU64: u64() },
      'wasi:random/insecure': { getInsecureRandomBytes: bytes(), getInsecureRandomU64: u64() },
      'wasi:random/insecure-seed': { insecureSeed },
    },
  };
}
