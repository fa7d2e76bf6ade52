/** The probe plugin of the fixtures, built once a test process, and calls into it. */
import { join } from 'node:path';
import { type BuiltGuest, buildPlugin } from '@forgeone/sdk/build';
import { createHarness, type Harness, type HarnessOptions } from '@forgeone/sdk/testing';
import type {} from './fixtures/probe/generated/interfaces.d.ts';

export const PROBE_DIR = join(import.meta.dirname, 'fixtures', 'probe');

let built: Promise<BuiltGuest> | undefined;

export function buildProbe(): Promise<BuiltGuest> {
  built ??= buildPlugin({ projectDir: PROBE_DIR });
  return built;
}

export async function probeHarness(options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const { component, sourceMap } = await buildProbe();
  return createHarness({ component, sourceMap, projectDir: PROBE_DIR, ...options });
}

/** Runs one case inside the guest. */
export const runCase = (harness: Harness, name: string, input: unknown = null): unknown => JSON.parse(harness.call('acme:probe/cases@0.1.0').run(name, JSON.stringify(input)));
