/**
 * International host names for URL, in the place of tr46 and its 350 KB of tables: compatibility forms are folded by
 * normalize (NFKC), then punycode. It accepts some names that UTS #46 refuses; what may be reached is decided below the
 * guest in any case.
 */
import { toASCII as toPunycode } from 'punycode/punycode.es6.js';

/** The host in ASCII, or null when it cannot be one. Same shape as tr46's. */
export function toASCII(domain: string): string | null {
  try {
    const folded = domain.normalize('NFKC').toLowerCase().normalize('NFC').replaceAll('\u00ad', '').replaceAll('。', '.');
    const ascii = toPunycode(folded);
    return /[\u0080-\u{10ffff}]/u.test(ascii) ? null : ascii;
  } catch {
    return null;
  }
}

/** Never called by the parser; here because tr46 has it. */
export const toUnicode = (domain: string): { domain: string; error: boolean } => ({ domain, error: false });
