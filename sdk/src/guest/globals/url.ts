/**
 * URL and URLSearchParams (WHATWG URL). Parsing is whatwg-url's, the standard's reference implementation; its tables
 * for international host names and legacy encodings (400 of 480 KB) are left out, see url-host.ts and bundle.ts.
 */
import { type UrlRecord, urlencoded, usm } from './whatwg-url.ts';

type Pair = [string, string];

const parse = (url: unknown, base?: unknown): UrlRecord | null => {
  if (base === undefined) return usm.basicURLParse(String(url).toWellFormed());
  const parsedBase = usm.basicURLParse(String(base).toWellFormed());
  return parsedBase && usm.basicURLParse(String(url).toWellFormed(), { baseURL: parsedBase });
};

class GuestURLSearchParams {
  #pairs: Pair[];
  #changed: (query: string) => void = () => undefined;

  constructor(init: string | Iterable<readonly [string, string]> | Record<string, string> = '') {
    if (typeof init === 'object' && init !== null && Symbol.iterator in init) {
      this.#pairs = [...init].map((pair) => {
        if ([...pair].length !== 2) throw new TypeError('URLSearchParams: each item is a name and a value');
        return [String(pair[0]).toWellFormed(), String(pair[1]).toWellFormed()];
      });
    } else if (typeof init === 'object' && init !== null) {
      this.#pairs = Object.entries(init).map(([name, value]) => [name.toWellFormed(), String(value).toWellFormed()]);
    } else {
      this.#pairs = urlencoded.parseUrlencodedString(String(init).toWellFormed().replace(/^\?/, ''));
    }
  }

  /** Ties the parameters of a URL to it, both ways. */
  static ofUrl(query: string, changed: (query: string) => void): [GuestURLSearchParams, (query: string) => void] {
    const params = new GuestURLSearchParams();
    const reread = (text: string): void => {
      params.#pairs = urlencoded.parseUrlencodedString(text);
    };
    reread(query);
    params.#changed = changed;
    return [params, reread];
  }

  #replace(pairs: Pair[]): void {
    this.#pairs = pairs;
    this.#changed(this.toString());
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#replace([...this.#pairs, [String(name).toWellFormed(), String(value).toWellFormed()]]);
  }

  delete(name: string, value?: string): void {
    this.#replace(this.#pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value))));
  }

  get(name: string): string | null {
    return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]);
  }

  has(name: string, value?: string): boolean {
    return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
  }

  set(name: string, value: string): void {
    const key = String(name).toWellFormed();
    const first = this.#pairs.findIndex((pair) => pair[0] === key);
    const pair: Pair = [key, String(value).toWellFormed()];
    if (first < 0) this.#replace([...this.#pairs, pair]);
    else this.#replace(this.#pairs.flatMap((old, index) => (index === first ? [pair] : old[0] === key ? [] : [old])));
  }

  sort(): void {
    this.#replace(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  forEach(callback: (value: string, name: string, params: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  *entries(): IterableIterator<[string, string]> {
    for (let at = 0; at < this.#pairs.length; at++) {
      const [name, value] = this.#pairs[at] as Pair;
      yield [name, value];
    }
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  toString(): string {
    return urlencoded.serializeUrlencoded(this.#pairs);
  }

  get [Symbol.toStringTag](): string {
    return 'URLSearchParams';
  }
}

class GuestURL {
  #url: UrlRecord;
  #params: GuestURLSearchParams | undefined;
  #reread: (query: string) => void = () => undefined;

  constructor(url: string | GuestURL, base?: string | GuestURL) {
    const parsed = parse(url, base);
    if (!parsed) throw new TypeError(`Invalid URL: ${String(url)}${base === undefined ? '' : ` with base ${String(base)}`}`);
    this.#url = parsed;
  }

  static canParse(url: string | GuestURL, base?: string | GuestURL): boolean {
    return parse(url, base) !== null;
  }

  static parse(url: string | GuestURL, base?: string | GuestURL): GuestURL | null {
    return GuestURL.canParse(url, base) ? new GuestURL(url, base) : null;
  }

  /** Lets the parser change one part, as the standard's setters do. */
  #override(text: string, stateOverride: string): void {
    usm.basicURLParse(String(text).toWellFormed(), { url: this.#url, stateOverride });
  }

  get href(): string {
    return usm.serializeURL(this.#url);
  }
  set href(value: string) {
    const parsed = parse(value);
    if (!parsed) throw new TypeError(`Invalid URL: ${value}`);
    this.#url = parsed;
    this.#reread(parsed.query ?? '');
  }

  get origin(): string {
    return usm.serializeURLOrigin(this.#url);
  }

  get protocol(): string {
    return `${this.#url.scheme}:`;
  }
  set protocol(value: string) {
    this.#override(`${value}:`, 'scheme start');
  }

  get username(): string {
    return this.#url.username;
  }
  set username(value: string) {
    if (!usm.cannotHaveAUsernamePasswordPort(this.#url)) usm.setTheUsername(this.#url, String(value).toWellFormed());
  }

  get password(): string {
    return this.#url.password;
  }
  set password(value: string) {
    if (!usm.cannotHaveAUsernamePasswordPort(this.#url)) usm.setThePassword(this.#url, String(value).toWellFormed());
  }

  get host(): string {
    return this.#url.host === null ? '' : `${this.hostname}${this.#url.port === null ? '' : `:${this.#url.port}`}`;
  }
  set host(value: string) {
    if (!usm.hasAnOpaquePath(this.#url)) this.#override(value, 'host');
  }

  get hostname(): string {
    return this.#url.host === null ? '' : usm.serializeHost(this.#url.host);
  }
  set hostname(value: string) {
    if (!usm.hasAnOpaquePath(this.#url)) this.#override(value, 'hostname');
  }

  get port(): string {
    return this.#url.port === null ? '' : String(this.#url.port);
  }
  set port(value: string) {
    if (usm.cannotHaveAUsernamePasswordPort(this.#url)) return;
    if (String(value) === '') this.#url.port = null;
    else this.#override(value, 'port');
  }

  get pathname(): string {
    return usm.serializePath(this.#url);
  }
  set pathname(value: string) {
    if (usm.hasAnOpaquePath(this.#url)) return;
    this.#url.path = [];
    this.#override(value, 'path start');
  }

  get search(): string {
    return this.#url.query ? `?${this.#url.query}` : '';
  }
  set search(value: string) {
    const text = String(value).replace(/^\?/, '');
    this.#url.query = String(value) === '' ? null : '';
    if (this.#url.query === '') this.#override(text, 'query');
    this.#reread(text);
  }

  get searchParams(): GuestURLSearchParams {
    if (!this.#params) {
      [this.#params, this.#reread] = GuestURLSearchParams.ofUrl(this.#url.query ?? '', (query) => {
        this.#url.query = query === '' ? null : query;
      });
    }
    return this.#params;
  }

  get hash(): string {
    return this.#url.fragment ? `#${this.#url.fragment}` : '';
  }
  set hash(value: string) {
    this.#url.fragment = String(value) === '' ? null : '';
    if (this.#url.fragment === '') this.#override(String(value).replace(/^#/, ''), 'fragment');
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }

  get [Symbol.toStringTag](): string {
    return 'URL';
  }
}
Object.defineProperty(GuestURL, 'name', { value: 'URL' });
Object.defineProperty(GuestURLSearchParams, 'name', { value: 'URLSearchParams' });

Reflect.set(globalThis, 'URL', GuestURL);
Reflect.set(globalThis, 'URLSearchParams', GuestURLSearchParams);

export { GuestURL as 'globalThis.URL', GuestURL as URL, GuestURLSearchParams as 'globalThis.URLSearchParams', GuestURLSearchParams as URLSearchParams };
