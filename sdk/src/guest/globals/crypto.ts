/** crypto.getRandomValues and crypto.randomUUID (Web Crypto), from the host's generator. There is no crypto.subtle. */
import { requireRunTime } from '../phase.ts';
import { randomBytes } from '../platform.ts';

/** The host cuts longer requests to this. */
const CHUNK_BYTES_MAX = 4096;
/** Web Crypto refuses more at once. */
const REQUEST_BYTES_MAX = 65536;

const guestCrypto = {
  getRandomValues<T extends ArrayBufferView>(array: T): T {
    requireRunTime('crypto.getRandomValues()');
    if (array.byteLength > REQUEST_BYTES_MAX) throw new DOMException(`at most ${REQUEST_BYTES_MAX} bytes at once`, 'QuotaExceededError');
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES_MAX) bytes.set(randomBytes(Math.min(CHUNK_BYTES_MAX, bytes.length - at)), at);
    return array;
  },
  randomUUID(): `${string}-${string}-${string}-${string}-${string}` {
    requireRunTime('crypto.randomUUID()');
    const bytes = Uint8Array.from(randomBytes(16));
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toHex();
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

Reflect.set(globalThis, 'crypto', guestCrypto);

export { guestCrypto as 'globalThis.crypto', guestCrypto as crypto };
