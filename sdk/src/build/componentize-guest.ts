/**
 * Step 2 of a build: componentize-qjs evaluates the bundle once inside QuickJS and freezes the result into a
 * component whose world imports what the bundle uses and exports what it provides. The author's code runs in that
 * sandbox only, never in Node.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { BuildError } from './build-error.ts';
import type { Bundle } from './bundle.ts';
import type { WitSource } from './wit-source.ts';

export interface ComponentizeOptions {
  readonly bundle: Bundle;
  readonly wit: WitSource;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** True: the component imports nothing of WASI, and what would need it traps. */
  readonly stubWasi: boolean;
}

const worldText = (imports: readonly string[], exports: readonly string[]): string =>
  ['package forge:guest;', '', 'world guest {', ...imports.map((id) => `  import ${id};`), ...exports.map((id) => `  export ${id};`), '}', ''].join('\n');

/** A place in the bundle, as QuickJS prints it. */
const PLACE = /componentize-qjs:user\.js:(\d+)(?::(\d+))?/g;

export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a line and column (from 1) of the bundle come from, or undefined for code the build made. */
export function findSource(sourceMap: string, line: number, column: number): SourcePlace | undefined {
  const entry = new SourceMap(JSON.parse(sourceMap)).findEntry(line - 1, column - 1) as {
    generatedLine?: number;
    originalSource?: string;
    originalLine?: number;
    originalColumn?: number;
  };
  // Past the end Node gives the last entry there is.
  if (entry.generatedLine !== line - 1 || entry.originalSource === undefined || entry.originalLine === undefined) return undefined;
  return { file: decodeURI(entry.originalSource), line: entry.originalLine + 1, column: (entry.originalColumn ?? 0) + 1 };
}

/** Rewrites every place of the bundle in a stack or message to the author's file and line. */
export function mapStack(text: string, sourceMap: string): string {
  return text.replace(PLACE, (whole, line: string, column = '1') => {
    const source = findSource(sourceMap, Number(line), Number(column));
    return source ? `${source.file}:${source.line}:${source.column}` : whole;
  });
}

function explain(error: unknown, bundle: Bundle): BuildError {
  const text = error instanceof Error ? error.message : String(error);
  const missing = /unknown import: `([^`]+)` has not been defined/.exec(text);
  if (missing) {
    return new BuildError(
      [
        {
          message: `${missing[1]} is called while the component is built`,
          hint: 'modules run once, at build time, when there is no host: call it inside a function, for example lifecycle.start',
        },
      ],
      { cause: error },
    );
  }
  const [first = text, ...stack] = mapStack(text, bundle.sourceMap).trim().split('\n');
  const message = first.replace(/^.*?Error: /, '');
  const places = [...text.matchAll(PLACE)].map(([, line, column]) => findSource(bundle.sourceMap, Number(line), Number(column ?? 1)));
  // The author's own line, before the SDK's: that is where the mistake can be mended.
  const found = places.find((source) => source && !source.file.startsWith('@forgeone/sdk/')) ?? undefined;
  return new BuildError(
    [
      {
        message,
        ...found,
        hint:
          stack
            .map((line) => line.trim())
            .filter((line) => !line.includes('@forgeone/sdk/'))
            .join('\n  ') || undefined,
      },
    ],
    { cause: error },
  );
}

export async function componentizeGuest({ bundle, wit, imports, exports, stubWasi }: ComponentizeOptions): Promise<Uint8Array> {
  const dir = await mkdtemp(join(tmpdir(), 'forge-build-'));
  try {
    await wit.copyTo(join(dir, 'deps'));
    await writeFile(join(dir, 'guest.wit'), worldText(imports, exports));
    const { component } = await componentize({ witPath: dir, jsSource: bundle.code, world: 'guest', sync: true, stubWasi }).catch((error: unknown) => {
      throw explain(error, bundle);
    });
    return new Uint8Array(component.buffer, component.byteOffset, component.byteLength);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
