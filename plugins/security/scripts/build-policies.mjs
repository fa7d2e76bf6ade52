/**
 * Parses Cedar policies, checks them against a schema, and turns them into the JSON that the security plugin
 * evaluates. As a program it builds the shipped policies; the kernel uses `parsePolicies` for the operator's own.
 * It runs outside the plugin: the official parser is WebAssembly, which guests do not have.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Its `./nodejs` entry is CommonJS only.
const require = createRequire(import.meta.url);
let cedar = require('@cedar-policy/cedar-wasm/nodejs');

/** UTF-16 units of one policy file: 100,000 policies of 150 each. */
const TEXT_MAX = 16 * 1024 * 1024;

/** A fault in a policy or schema file, with its place: `message` starts with `file:line:column`. */
export class PolicyFileError extends Error {
  constructor(problems) {
    super(problems.join('\n'));
    this.name = 'PolicyFileError';
    this.problems = problems;
  }
}

/**
 * Deep nesting overflows the parser's stack, after which its instance answers every call with a trap: then what
 * was given is refused, and the next caller gets a fresh instance.
 */
function guarded(file, use) {
  try {
    return use();
  } catch (error) {
    if (error instanceof PolicyFileError) throw error;
    const path = require.resolve('@cedar-policy/cedar-wasm/nodejs');
    delete require.cache[path];
    cedar = require(path);
    throw new PolicyFileError([`${file}:1:1: the parser failed (${error.message}); a policy is nested too deeply or too long`]);
  }
}

/**
 * @param {string} text policies in Cedar's language, each with a distinct `@id`
 * @param {string} schema in Cedar's schema language
 * @param {{ file?: string, schemaFile?: string }} names for messages
 */
export function parsePolicies(text, schema, { file = 'policies.cedar', schemaFile = 'schema.cedarschema' } = {}) {
  if (text.length > TEXT_MAX || schema.length > TEXT_MAX) throw new PolicyFileError([`${file}:1:1: longer than ${TEXT_MAX} characters`]);
  return guarded(file, () => parse(text, schema, file, schemaFile));
}

function parse(text, schema, file, schemaFile) {
  const checked = cedar.checkParseSchema(schema);
  if (checked.type === 'failure') throw new PolicyFileError(checked.errors.map((error) => problem(schemaFile, schema, 0, error)));

  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') throw new PolicyFileError(parts.errors.map((error) => problem(file, text, 0, error)));

  const source = locate(text, parts.policies);
  const problems = locate(text, parts.policy_templates).map(({ start }) => at(file, text, start, 'templates are not supported here'));
  const staticPolicies = Object.create(null);
  const sources = Object.create(null);
  const starts = new Map();
  for (const { start, part } of source) {
    const { json } = cedar.policyToJson(part);
    const id = json.annotations?.id;
    if (!id) problems.push(at(file, text, start, 'a policy needs an @id("...")'));
    else if (starts.has(id)) problems.push(at(file, text, start, `a second policy with @id(${JSON.stringify(id)})`));
    else if (hasInexactNumber(json))
      problems.push(at(file, text, start, `policy ${JSON.stringify(id)} has an integer beyond 2^53, which JSON cannot carry exactly: write it as a product`));
    else {
      starts.set(id, start);
      staticPolicies[id] = json;
      sources[id] = part;
    }
  }

  const warnings = [];
  if (problems.length === 0) {
    const answer = cedar.validate({ schema, policies: { staticPolicies: sources }, validationSettings: { mode: 'strict' } });
    const placed = ({ policyId, error }) => problem(file, text, starts.get(policyId) ?? 0, error);
    if (answer.type === 'failure') problems.push(...answer.errors.map((error) => problem(file, text, 0, error)));
    else {
      problems.push(...answer.validationErrors.map(placed));
      warnings.push(...answer.validationWarnings.map(placed));
    }
  }
  if (problems.length > 0) throw new PolicyFileError(problems);
  return { policies: { staticPolicies: { ...staticPolicies } }, sources: { ...sources }, warnings };
}

/** Where each part starts in the text, in the order of the text. The parser hands out verbatim pieces, unplaced. */
function locate(text, parts) {
  const next = new Map();
  const found = parts.map((part) => {
    const start = text.indexOf(part, next.get(part) ?? 0);
    next.set(part, start + part.length);
    return { start, part };
  });
  return found.sort((a, b) => a.start - b.start);
}

/** The engine counts bytes of UTF-8 from the start of the piece that it was given. */
function problem(file, text, start, { message, help, sourceLocations, related }) {
  const bytes = sourceLocations?.[0]?.start ?? 0;
  const offset = Buffer.from(text.slice(start)).subarray(0, bytes).toString().length;
  const more = [help, ...(related ?? []).map((other) => other.message)].filter(Boolean);
  return at(file, text, start + offset, [message, ...more].join('; '));
}

function at(file, text, offset, message) {
  const before = text.slice(0, offset).split('\n');
  return `${file}:${before.length}:${before.at(-1).length + 1}: ${message}`;
}

/** The engine writes 64-bit integers as JSON numbers, and reading those rounds them without a word. */
function hasInexactNumber(json) {
  if (typeof json === 'number') return !Number.isSafeInteger(json);
  return typeof json === 'object' && json !== null && Object.values(json).some(hasInexactNumber);
}

/** What is written to `src/generated/default-policies.json`. */
export async function buildDefaultPolicies(root = fileURLToPath(new URL('..', import.meta.url))) {
  const [schemaFile, file] = ['policies/forge.cedarschema', 'policies/default.cedar'];
  const [schema, text] = await Promise.all([schemaFile, file].map((name) => readFile(join(root, name), 'utf8')));
  const { policies, sources, warnings } = parsePolicies(text, schema, { file, schemaFile });
  return { built: { from: file, cedar: cedar.getCedarVersion(), policies, sources }, warnings };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = fileURLToPath(new URL('../src/generated/default-policies.json', import.meta.url));
  try {
    const { built, warnings } = await buildDefaultPolicies();
    for (const warning of warnings) console.warn(`warning: ${warning}`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, `${JSON.stringify(built, null, 2)}\n`);
  } catch (error) {
    if (!(error instanceof PolicyFileError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
