/** Entry of the throw-away child that reads one package or component: parses, checks, adapts, transpiles, and writes to a fresh directory. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectWasm, isJsonObject, type JsonValue, manifestToJson, openPackage } from '@forgeone/package';
import type { StoredPackage } from '../domain/kernel-services.ts';
import { asRefusal, type ErrorPayload, Refusal } from '../errors.ts';
import { checkProgram } from './check-program.ts';
import { transpileComponent } from './transpile.ts';

export type ChildResult = { readonly ok: StoredPackage } | { readonly refusal: ErrorPayload };

const report = (step: string): void => void process.stdout.write(`${step}\n`);

async function install(file: string, out: string): Promise<StoredPackage> {
  report('checking');
  const reader = await openPackage(file);
  if (reader.manifest.plugin)
    throw new Refusal('unsupported', 'it is a plugin, not a program', { where: file, hint: 'a plugin stands in the composition file: plugins/system.toml' });
  const containers: { name: string; component: string; manifest: string }[] = [];
  // Every blob, before anything is made of any of them.
  await reader.verify();
  const { container: tables = [] } = manifestToJson(reader.manifest) as { container?: JsonValue[] };
  const done = new Map<string, string>();
  for (const { container, digest, read } of reader.components) {
    let component = done.get(digest);
    if (!component) {
      let bytes: Uint8Array = await read();
      const info = inspectWasm(bytes);
      checkProgram(info, container, reader.manifest);
      if (info.kind === 'preview1-command') {
        report('adapting a preview 1 module');
        const { adaptPreview1 } = await import('../wasi/preview1.ts');
        bytes = await adaptPreview1(bytes);
      }
      report(`compiling ${container}`);
      component = (await transpileComponent(bytes, out)).digest;
      done.set(digest, component);
    }
    const table = tables.find((candidate) => isJsonObject(candidate) && candidate['name'] === container);
    containers.push({ name: container, component, manifest: JSON.stringify(table ?? {}) });
  }
  const { name, version } = reader.manifest.package;
  return { digest: reader.digest, name, version, containers, signed: false, local: false };
}

const [file = '', out = ''] = process.argv.slice(2);
let result: ChildResult;
try {
  result = { ok: await install(file, out) };
} catch (thrown) {
  const refusal = asRefusal(thrown) ?? new Refusal('invalid', `it cannot be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { where: file });
  result = { refusal: refusal.payload };
}
writeFileSync(join(out, 'result.json'), JSON.stringify(result), { mode: 0o600 });
