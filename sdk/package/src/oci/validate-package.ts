/** Checks a package from end to end without running or writing anything: `forge validate`. */

import { collect, collectAsync, PackageError, type Problem, problem } from '../problems.ts';
import { inspectWasm, type WasmInfo } from '../wasm/inspect-wasm.ts';
import { findComponentProblems } from './component-checks.ts';
import { DigestSum } from './digest.ts';
import type { LayoutStore } from './layout-store.ts';
import { openPackage, openStore } from './open-package.ts';
import type { PackageReader } from './package-reader.ts';

/** Every problem of the package at `path`; none means that it can be installed. Reads every blob. */
export async function validatePackage(path: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  const store = await collectAsync(problems, () => openStore(path));
  if (store === undefined) return problems;
  // By file name, not through the index: a broken index hides no damaged blob.
  if (store !== 'wasm') problems.push(...(await findDamagedBlobs(store)));
  const reader = await collectAsync(problems, () => openPackage(path));
  if (reader) problems.push(...(await checkContent(reader)));
  return [...new Map(problems.map((found) => [`${found.where} ${found.message}`, found])).values()];
}

async function findDamagedBlobs(store: LayoutStore): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const name of store.files.keys()) {
    const digest = /^blobs\/sha256\/([a-f0-9]{64})$/.exec(name)?.[1];
    if (digest === undefined) continue;
    const sum = new DigestSum();
    for await (const chunk of store.stream(name)) sum.update(chunk);
    if (sum.finish() !== `sha256:${digest}`) {
      problems.push(
        problem('invalid', `the blob sha256:${digest} has other content than its digest says`, {
          where: store.path,
          hint: 'the package was damaged or tampered with: fetch or build it again',
        }),
      );
    }
  }
  return problems;
}

async function checkContent(reader: PackageReader): Promise<Problem[]> {
  const problems: Problem[] = [];
  const inspected = new Map<string, WasmInfo>();
  for (const component of reader.components) {
    const bytes = await collectAsync(problems, () => component.read());
    const info = bytes && collect(problems, () => inspectWasm(bytes, `component of container "${component.container}"`));
    if (info) inspected.set(component.container, info);
  }
  problems.push(...findComponentProblems(reader.manifest, inspected));
  for (const layer of reader.files) {
    // Linux root filesystems have links and devices; whoever unpacks them confines them. Here: is it a sound tar?
    const isRootfs = reader.manifest.containers.some(({ name, component }) => layer.containers.includes(name) && component === undefined);
    await collectAsync(problems, async () => {
      if (isRootfs) return;
      for await (const _ of layer.entries());
    });
  }
  return problems;
}

/** The same, as an exception. */
export async function expectValidPackage(path: string): Promise<void> {
  const problems = await validatePackage(path);
  if (problems.length > 0) throw new PackageError(problems);
}
