/** What QuickJS (quickjs-ng in componentize-qjs 0.4.5) has in C beyond ES2024, as far as the stand-ins use it. */

interface Uint8ArrayConstructor {
  /** ES2026 */
  fromBase64(text: string): Uint8Array<ArrayBuffer>;
}
interface Uint8Array {
  /** ES2026 */
  toBase64(): string;
  /** ES2026 */
  toHex(): string;
}

declare module 'punycode/punycode.es6.js' {
  export function toASCII(domain: string): string;
}
