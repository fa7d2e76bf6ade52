/**
 * Types of the globals that `buildPlugin` and `buildApp` add to QuickJS when a guest uses them. What is not here and
 * not in ECMAScript is not there: see README.md.
 */

/** One line of a log each; `%s %d %i %f %j %o %O %c` as Node formats them. */
interface GuestConsole {
  /** Level trace, with a stack. */
  trace(...data: unknown[]): void;
  debug(...data: unknown[]): void;
  /** Level info. */
  log(...data: unknown[]): void;
  info(...data: unknown[]): void;
  warn(...data: unknown[]): void;
  error(...data: unknown[]): void;
  /** Level error when the condition is false. */
  assert(condition?: unknown, ...data: unknown[]): void;
}
declare var console: GuestConsole;

/** QuickJS's own. */
declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}

/** UTF-8 only (WHATWG Encoding). */
declare class TextEncoder {
  readonly encoding: 'utf-8';
  encode(input?: string): Uint8Array;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

/** UTF-8 only (WHATWG Encoding); any other label is a RangeError. */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

/** WHATWG URL. */
declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}

declare class URLSearchParams {
  constructor(init?: string | Iterable<readonly [string, string]> | Record<string, string> | URLSearchParams);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  entries(): IterableIterator<[string, string]>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

/** Everything but functions, symbols, weak collections and instances of the author's own classes. */
declare function structuredClone<T>(value: T): T;
declare function atob(data: string): string;
declare function btoa(data: string): string;
declare function queueMicrotask(callback: () => void): void;

/** Milliseconds; runs inside the first call of the host at or after its time (see README.md). */
declare function setTimeout<Args extends unknown[]>(callback: (...args: Args) => void, delayMs?: number, ...args: Args): number;
declare function clearTimeout(id: number | undefined): void;
declare function setInterval<Args extends unknown[]>(callback: (...args: Args) => void, delayMs?: number, ...args: Args): number;
declare function clearInterval(id: number | undefined): void;

declare var performance: {
  /** Milliseconds since the instance's first call, with fractions; never steps back. */
  now(): number;
  /** Unix time in milliseconds of that moment. */
  readonly timeOrigin: number;
};

declare var crypto: {
  /** Fills it from the host's generator, at most 65536 bytes. */
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  /** A version 4 UUID (RFC 9562). */
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
};
