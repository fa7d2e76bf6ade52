/** In the place of @exodus/bytes inside whatwg-url: queries in UTF-8 only, as every URL outside an old HTML page is. */

const encoder = new TextEncoder();

/** Percent-encodes a string's bytes for which `mustEncode` holds (WHATWG URL, percent-encode after encoding). */
export function percentEncodeAfterEncoding(_encoding: string, text: string, mustEncode: string, spaceAsPlus = false): string {
  let output = '';
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (spaceAsPlus && char === ' ') output += '+';
    else if (code > 0x1f && code < 0x7f && !mustEncode.includes(char)) output += char;
    else for (const byte of encoder.encode(char)) output += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return output;
}
