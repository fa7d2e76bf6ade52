/**
 * TextDecoder for UTF-8 (WHATWG Encoding): well-formed text through functions QuickJS has in C, the rest byte by
 * byte, because only then it matters where each replacement character goes.
 */

const LABELS = new Set(['utf-8', 'utf8', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8']);

const toBytes = (input: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(input) ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength) : new Uint8Array(input);

/** How many bytes at the end may be the beginning of a character that the next chunk completes. */
function unfinishedTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return byte <= 0xf4 && byte >= 0xc2 && needed > back && isPrefix(bytes.subarray(bytes.length - back)) ? back : 0;
    }
  }
  return 0;
}

/** Bounds of the second byte, which rule out overlong forms, surrogates and what is above U+10FFFF. */
const secondByteBounds = (lead: number): readonly [number, number] => {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  if (lead === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
};

function isPrefix(bytes: Uint8Array): boolean {
  const [lead = 0, second] = bytes;
  if (second === undefined) return true;
  const [low, high] = secondByteBounds(lead);
  return second >= low && second <= high;
}

/** The decoder of the standard, for text that is not well-formed. */
function decodeWithReplacement(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at++] ?? 0;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    let needed = lead >= 0xf0 && lead <= 0xf4 ? 3 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xc2 && lead < 0xe0 ? 1 : 0;
    if (needed === 0) {
      text += '\uFFFD';
      continue;
    }
    let point = lead & (needed === 3 ? 0x07 : needed === 2 ? 0x0f : 0x1f);
    let [low, high] = secondByteBounds(lead);
    while (needed > 0) {
      const next = bytes[at];
      if (next === undefined || next < low || next > high) break;
      [low, high] = [0x80, 0xbf];
      point = (point << 6) | (next & 0x3f);
      at++;
      needed--;
    }
    text += needed > 0 ? '\uFFFD' : String.fromCodePoint(point);
  }
  return text;
}

class GuestTextDecoder {
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #rest = new Uint8Array();
  #begun = false;

  constructor(label = 'utf-8', options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    if (!LABELS.has(String(label).trim().toLowerCase())) throw new RangeError(`TextDecoder: "${label}" is not there, only utf-8`);
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  get encoding(): 'utf-8' {
    return 'utf-8';
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options: { stream?: boolean } = {}): string {
    let bytes = input === undefined ? new Uint8Array() : toBytes(input);
    if (this.#rest.length > 0) {
      const joined = new Uint8Array(this.#rest.length + bytes.length);
      joined.set(this.#rest);
      joined.set(bytes, this.#rest.length);
      bytes = joined;
      this.#rest = new Uint8Array();
    }
    if (options.stream) {
      const tail = unfinishedTail(bytes);
      this.#rest = bytes.slice(bytes.length - tail);
      bytes = bytes.subarray(0, bytes.length - tail);
    }
    let text: string;
    try {
      text = decodeURIComponent(escape(atob(bytes.toBase64())));
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      if (this.fatal) throw new TypeError('TextDecoder: the bytes are not UTF-8', { cause: error });
      text = decodeWithReplacement(bytes);
    }
    if (!this.#begun && text.length > 0) {
      this.#begun = true;
      if (!this.ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (!options.stream) this.#begun = false;
    return text;
  }
}

Object.defineProperty(GuestTextDecoder, 'name', { value: 'TextDecoder' });
Reflect.set(globalThis, 'TextDecoder', GuestTextDecoder);

export { GuestTextDecoder as 'globalThis.TextDecoder', GuestTextDecoder as TextDecoder };
