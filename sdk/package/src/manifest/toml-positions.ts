/** Finds where each key of a TOML text stands, because smol-toml tells positions of syntax errors only. */

export interface TomlPosition {
  readonly line: number;
  readonly column: number;
}

/**
 * The position of every key, table header and array item, by JSON pointer (RFC 6901).
 *
 * The text must have been accepted by the TOML parser: this reads on in good faith, and on anything unexpected it stops
 * with what it has, since a missing position only makes a message less exact.
 */
export function locateTomlKeys(text: string): ReadonlyMap<string, TomlPosition> {
  return new TomlLocator(text).locate();
}

export function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

class TomlLocator {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  readonly #positions = new Map<string, TomlPosition>();
  /** How many items each array of tables has so far. */
  readonly #tables = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  locate(): ReadonlyMap<string, TomlPosition> {
    let table: string[] = [];
    for (;;) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) return this.#positions;
      const start = this.#at;
      if (this.#peek() === '[') table = this.#header();
      else this.#keyValue(table);
      if (this.#at === start) return this.#positions;
    }
  }

  #header(): string[] {
    const here = this.#here();
    const isArray = this.#text.startsWith('[[', this.#at);
    this.#at += isArray ? 2 : 1;
    const keys = this.#dottedKey();
    this.#at += isArray ? 2 : 1;
    let path: string[] = [];
    for (const [index, key] of keys.entries()) {
      path = [...path, key];
      const pointer = jsonPointer(path);
      const items = this.#tables.get(pointer);
      if (isArray && index === keys.length - 1) {
        this.#tables.set(pointer, (items ?? 0) + 1);
        path = [...path, String(items ?? 0)];
      } else if (items !== undefined) {
        path = [...path, String(items - 1)];
      }
      this.#remember(pointer, here);
    }
    this.#remember(jsonPointer(path), here);
    return path;
  }

  #keyValue(table: readonly string[]): void {
    const here = this.#here();
    const keys = this.#dottedKey();
    for (const index of keys.keys()) this.#remember(jsonPointer([...table, ...keys.slice(0, index + 1)]), here);
    this.#skipSpace();
    if (this.#peek() === '=') this.#at++;
    this.#value([...table, ...keys]);
  }

  #dottedKey(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skipSpace();
      keys.push(this.#simpleKey());
      this.#skipSpace();
      if (this.#peek() !== '.') return keys;
      this.#at++;
    }
  }

  #simpleKey(): string {
    const start = this.#at;
    const quoted = this.#peek() === '"' || this.#peek() === "'";
    if (quoted) {
      this.#skipString();
      const raw = this.#text.slice(start, this.#at);
      // TOML's basic strings have escapes JSON does not know; such a key keeps its raw form and only loses its position.
      if (raw.startsWith('"')) {
        try {
          return JSON.parse(raw) as string;
        } catch {
          return raw;
        }
      }
      return raw.slice(1, -1);
    }
    while (this.#at < this.#text.length && /[A-Za-z0-9_-]/.test(this.#peek())) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #value(path: readonly string[]): void {
    this.#skipSpace();
    const char = this.#peek();
    if (char === '[')
      this.#items(path, ']', (index) => {
        const item = [...path, String(index)];
        this.#remember(jsonPointer(item), this.#here());
        this.#value(item);
      });
    else if (char === '{') this.#items(path, '}', () => this.#keyValue(path));
    else if (char === '"' || char === "'") this.#skipString();
    else while (this.#at < this.#text.length && !/[,\]}#\n]/.test(this.#peek())) this.#at++;
  }

  #items(path: readonly string[], close: string, item: (index: number) => void): void {
    this.#at++;
    // The parser has bounded inline nesting; dotted keys inside do not recurse here.
    if (path.length > 1_000) return;
    for (let index = 0; ; index++) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) return;
      if (this.#peek() === close) {
        this.#at++;
        return;
      }
      const start = this.#at;
      item(index);
      this.#skipBlank();
      if (this.#peek() === ',') this.#at++;
      if (this.#at === start) return;
    }
  }

  #skipString(): void {
    const quote = this.#peek();
    const isMultiline = this.#text.startsWith(quote.repeat(3), this.#at);
    const end = isMultiline ? quote.repeat(3) : quote;
    this.#at += end.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(end, this.#at)) {
      if (quote === '"' && this.#peek() === '\\') this.#at++;
      if (this.#peek() === '\n') this.#newLine();
      this.#at++;
    }
    this.#at += end.length;
    // Up to two quotes may stand before the closing three.
    while (isMultiline && this.#peek() === quote) this.#at++;
  }

  #skipSpace(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#at++;
  }

  #skipBlank(): void {
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (char === '#') while (this.#at < this.#text.length && this.#peek() !== '\n') this.#at++;
      else if (char === '\n') {
        this.#newLine();
        this.#at++;
      } else if (char === ' ' || char === '\t' || char === '\r') this.#at++;
      else return;
    }
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#at + 1;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #here(): TomlPosition {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** The first mention wins: `[a.b]` before `[a]` already placed `a`. */
  #remember(pointer: string, position: TomlPosition): void {
    if (!this.#positions.has(pointer)) this.#positions.set(pointer, position);
  }
}
