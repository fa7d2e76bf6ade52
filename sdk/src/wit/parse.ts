/**
 * Reads WIT text as far as ForgeOne's own tools need it: which packages, interfaces and functions there are, where
 * they stand, and what their doc comments say. Whether the text is valid WIT is decided by the real parsers
 * (componentize-qjs, jco), which read the same files.
 */

/** Where something stands, and what its author said about it. */
export interface Documented {
  readonly name: string;
  /** Text of the `///` lines before it, or empty. */
  readonly docs: string;
  /** Line in the file, from 1. */
  readonly line: number;
}

export interface WitFunction extends Documented {
  readonly params: readonly string[];
  /** Its return type is `result<...>`: an error can be returned instead of killing the instance. */
  readonly fallible: boolean;
  /** What it returns, apart from an error, is `option<...>`. */
  readonly optional: boolean;
}

export type WitTypeKind = 'record' | 'variant' | 'enum' | 'flags' | 'type' | 'resource';

export interface WitType extends Documented {
  readonly kind: WitTypeKind;
  /** Fields, cases or flags; methods of a resource. */
  readonly members: readonly Documented[];
}

export interface WitInterface extends Documented {
  /** For example `forge:host/dirs@0.1.0`. */
  readonly id: string;
  readonly functions: readonly WitFunction[];
  readonly types: readonly WitType[];
  /** Interfaces it takes types from, as written. */
  readonly uses: readonly string[];
  /** Behind `@unstable(feature = ...)`: tools leave it out. */
  readonly unstable: boolean;
}

export interface WitPackage extends Documented {
  /** For example `forge:host`. */
  readonly name: string;
  /** For example `0.1.0`; empty when the package has none. */
  readonly version: string;
  readonly interfaces: readonly WitInterface[];
  readonly worlds: readonly Documented[];
}

/** The text is not WIT as far as this reader can tell. */
export class WitSyntaxError extends Error {
  readonly file: string;
  readonly line: number;
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
    this.name = 'WitSyntaxError';
    this.file = file;
    this.line = line;
  }
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly docs: string;
}

/** Longest first: a package id and a version are one token, so that `a:b/c@1.2.3` needs no grammar of its own. */
const TOKEN = /\/\/\/[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\s+|->|%?[A-Za-z][\w-]*(?::[A-Za-z][\w-]*)*(?:\/[A-Za-z][\w-]*)*(?:@\d[\w.+-]*\w)?|\d[\w.+-]*|[^\s]/gy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let docs: string[] = [];
  for (const [piece] of text.matchAll(TOKEN)) {
    if (piece.startsWith('///')) docs.push(piece.slice(3).trim());
    else if (!/^\s|^\/\/|^\/\*/.test(piece)) {
      tokens.push({ text: piece, line, docs: docs.join('\n') });
      docs = [];
    }
    for (const char of piece) if (char === '\n') line++;
  }
  return tokens;
}

const plain = (name: string): string => name.replace(/^%/, '');

/** Reads one file. `file` is only named in errors. */
export function parseWit(text: string, file = 'wit'): WitPackage {
  const tokens = tokenize(text);
  let at = 0;

  const fail = (message: string): never => {
    throw new WitSyntaxError(file, tokens[Math.min(at, tokens.length - 1)]?.line ?? 1, message);
  };
  const peek = (ahead = 0): string | undefined => tokens[at + ahead]?.text;
  const next = (): Token => tokens[at++] ?? fail('the file ends too early');
  const expect = (wanted: string): Token => {
    const token = next();
    if (token.text !== wanted) {
      at--;
      fail(`expected "${wanted}", found "${token.text}"`);
    }
    return token;
  };
  /** Skips to the end of the statement, over brackets; returns what stands between. */
  const skipUntil = (...ends: string[]): string[] => {
    const seen: string[] = [];
    for (let depth = 0; ; ) {
      const text = peek() ?? fail(`expected "${ends[0]}"`);
      if (depth === 0 && ends.includes(text)) return seen;
      if ('({<'.includes(text)) depth++;
      if (')}>'.includes(text)) depth--;
      seen.push(text);
      at++;
    }
  };
  /** `@since(version = 0.2.0)` and its like: documentation before it belongs to what follows. */
  let unstable = false;
  const skipGates = (): string => {
    let docs = '';
    unstable = false;
    while (peek() === '@') {
      docs ||= tokens[at]?.docs ?? '';
      unstable ||= peek(1) === 'unstable';
      at += 2;
      expect('(');
      skipUntil(')');
      expect(')');
    }
    return docs;
  };

  const parseFunction = (start: Token, docs: string): WitFunction => {
    const params: string[] = [];
    if (peek() === 'async') at++;
    expect('func');
    expect('(');
    while (peek() !== ')') {
      params.push(plain(next().text));
      expect(':');
      skipUntil(',', ')');
      if (peek() === ',') at++;
    }
    expect(')');
    const returned = skipUntil(';').slice(1);
    expect(';');
    return { name: plain(start.text), docs, line: start.line, params, fallible: returned[0] === 'result', optional: returned[returned[0] === 'result' ? 2 : 0] === 'option' };
  };

  const parseType = (kind: WitTypeKind, docs: string): WitType => {
    const start = next();
    const members: Documented[] = [];
    if (kind === 'type') skipUntil(';');
    if (peek() === ';') {
      at++;
      return { kind, name: plain(start.text), docs, line: start.line, members };
    }
    expect('{');
    while (peek() !== '}') {
      const gateDocs = skipGates();
      const member = next();
      const memberDocs = gateDocs || member.docs;
      if (kind === 'resource' && member.text !== 'constructor') {
        expect(':');
        if (peek() === 'static') at++;
        members.push(parseFunction(member, memberDocs));
        continue;
      }
      members.push({ name: plain(member.text), docs: memberDocs, line: member.line });
      skipUntil(...(kind === 'resource' ? [';'] : [',', '}']));
      if (peek() !== '}') at++;
    }
    expect('}');
    return { kind, name: plain(start.text), docs, line: start.line, members };
  };

  const parseInterface = (packageName: string, version: string, docs: string, gated: boolean): WitInterface => {
    const start = next();
    const functions: WitFunction[] = [];
    const types: WitType[] = [];
    const uses: string[] = [];
    expect('{');
    while (peek() !== '}') {
      const gateDocs = skipGates();
      const token = next();
      const itemDocs = gateDocs || token.docs;
      if (token.text === 'use') {
        uses.push(peek() ?? '');
        skipUntil(';');
        expect(';');
      } else if (/^(record|variant|enum|flags|type|resource)$/.test(token.text) && peek() !== ':') {
        types.push(parseType(token.text as WitTypeKind, itemDocs));
      } else {
        expect(':');
        functions.push(parseFunction(token, itemDocs));
      }
    }
    expect('}');
    const id = `${packageName}/${plain(start.text)}${version && `@${version}`}`;
    return { id, name: plain(start.text), docs, line: start.line, functions, types, uses, unstable: gated };
  };

  const interfaces: WitInterface[] = [];
  const worlds: Documented[] = [];
  let head = { name: '', version: '', docs: '', line: 1 };
  while (at < tokens.length) {
    const gateDocs = skipGates();
    const token = next();
    const docs = gateDocs || token.docs;
    if (token.text === 'package') {
      const [name = '', version = ''] = next().text.split('@');
      head = { name, version, docs, line: token.line };
      expect(';');
    } else if (token.text === 'interface') {
      interfaces.push(parseInterface(head.name, head.version, docs, unstable));
    } else if (token.text === 'world') {
      const start = next();
      worlds.push({ name: plain(start.text), docs, line: start.line });
      expect('{');
      skipUntil('}');
      expect('}');
    } else if (token.text === 'use') {
      skipUntil(';');
      expect(';');
    } else {
      at--;
      fail(`expected "package", "interface" or "world", found "${token.text}"`);
    }
  }
  return { ...head, interfaces, worlds };
}

/** `mount-path` as JavaScript spells it: `mountPath`. */
export const camelCase = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
