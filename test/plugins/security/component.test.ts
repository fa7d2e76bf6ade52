import { createHarness, type Harness } from '@forgeone/sdk/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../fake-kernel.ts';
import { projectDir } from '../project-dir.ts';

const AUTHORIZER = 'forge:security/authorizer@0.1.0';
const TRUST = 'forge:security/trust@0.1.0';
const chain = ['spiffe://local/user/alice', 'spiffe://local/plugin/api', 'spiffe://local/plugin/container-runtime', 'spiffe://local/plugin/storage'];
const request = (changes: object = {}) => ({
  id: 'a1',
  chain,
  action: 'dir.open',
  resource: { kind: 'Volume', name: 'dätä', attributes: '{}' },
  rights: ['read'],
  consented: false,
  local: true,
  ...changes,
});

describe('the security plugin as a component', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness({ projectDir: projectDir('security'), config: { 'trusted-plugins': 'storage network\ncontainer-runtime  api' } });
  });

  test('imports nothing that reaches anything', () => {
    expect(harness.imports).toEqual(['forge:kernel/config@0.1.0', 'forge:kernel/log@0.1.0']);
  });

  test('trusts no plugin before it was started', () => {
    expect(harness.call(AUTHORIZER).authorize(request()).allowed).toBe(false);
    harness.start();
    expect(harness.call(AUTHORIZER).authorize(request())).toEqual({ requestId: 'a1', allowed: true, leaseMs: 0, reasons: ['storage-volumes'], hint: null, epoch: 1 });
  });

  test('denies with the line that would allow it', () => {
    const decision = harness.call(AUTHORIZER).authorize(request({ local: false, resource: { kind: 'Volume', name: 'data', attributes: '{}' } }));
    expect(decision).toMatchObject({ requestId: 'a1', allowed: false, reasons: [] });
    expect(decision.hint).toBe(
      'permit(principal == Forge::Plugin::"storage", action == Forge::Action::"dir.open", resource == Forge::Volume::"data") when { context["user"] == Forge::User::"alice" };',
    );
  });

  test('refuses what is no request, and lives on', () => {
    expect(refusalOf(() => harness.call(AUTHORIZER).authorize(request({ chain: ['root'] })))).toMatchObject({ code: 'invalid' });
    expect(harness.call(AUTHORIZER).authorize(request()).allowed).toBe(true);
  });

  test('appraises who asks', () => {
    const evidence = { digest: `sha256:${'a'.repeat(64)}`, signed: false, local: false };
    expect(harness.call(TRUST).validateTrust('spiffe://local/workload/01', 'dir.open', evidence)).toMatchObject({
      valid: true,
      isolation: 'process',
      vector: { executables: 33, instanceIdentity: 2 },
    });
    expect(harness.call(TRUST).validateTrust('root', 'dir.open', evidence)).toMatchObject({ valid: false, vector: { instanceIdentity: 97 } });
  });
});
