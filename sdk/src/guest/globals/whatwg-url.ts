/** Types for the two inner modules of whatwg-url that url.ts uses. */

import usmModule from 'whatwg-url/lib/url-state-machine.js';
import urlencodedModule from 'whatwg-url/lib/urlencoded.js';

export interface UrlRecord {
  scheme: string;
  username: string;
  password: string;
  host: string | number | number[] | null;
  port: number | null;
  path: string | string[];
  query: string | null;
  fragment: string | null;
}

export interface StateMachine {
  basicURLParse(input: string, options?: { baseURL?: UrlRecord; url?: UrlRecord; stateOverride?: string }): UrlRecord | null;
  serializeURL(url: UrlRecord): string;
  serializeURLOrigin(url: UrlRecord): string;
  serializeHost(host: NonNullable<UrlRecord['host']>): string;
  serializePath(url: UrlRecord): string;
  cannotHaveAUsernamePasswordPort(url: UrlRecord): boolean;
  hasAnOpaquePath(url: UrlRecord): boolean;
  setTheUsername(url: UrlRecord, username: string): void;
  setThePassword(url: UrlRecord, password: string): void;
}

export interface Urlencoded {
  parseUrlencodedString(input: string): [string, string][];
  serializeUrlencoded(pairs: [string, string][]): string;
}

export const usm: StateMachine = usmModule;
export const urlencoded: Urlencoded = urlencodedModule;
