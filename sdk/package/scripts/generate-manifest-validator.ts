/**
 * Compiles schema/forge.schema.json to src/generated/validate-manifest.js, so that no schema compiler is loaded at run time.
 *
 * The output is committed: `node scripts/generate-manifest-validator.ts` after each change of the schema. A test
 * compares it with the schema.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

const schemaUrl = new URL('../schema/forge.schema.json', import.meta.url);
const outputUrl = new URL('../src/generated/validate-manifest.js', import.meta.url);

/** The source text of the validator module. */
export function generateManifestValidator(): string {
  const schema: unknown = JSON.parse(readFileSync(schemaUrl, 'utf8'));
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    // A shared `$ref` beside its own description is the point of draft 2020-12's `$ref`.
    strictRequired: false,
    allErrors: true,
    // Errors carry the schema they failed, whose description is the hint and whose properties are the known keys.
    verbose: true,
    // Lengths are bounds, not typography: UTF-16 units will do, and spare the output an import of ajv.
    unicode: false,
    unicodeRegExp: false,
    // One function a definition: half the time of the first call, which is the only one in `forge run`.
    inlineRefs: false,
    // It only warns that `unicode` will go in ajv 9; the version is pinned.
    logger: false,
    code: { source: true, esm: true },
  });
  const code = standalone.default(ajv, ajv.compile(schema as object));
  if (/\b(require|import)\s*\(|^import /m.test(code)) throw new Error('the generated validator must not import anything');
  return `// Generated from schema/forge.schema.json by scripts/generate-manifest-validator.ts; do not edit.\n${code}`;
}

if (import.meta.main) writeFileSync(outputUrl, generateManifestValidator());
