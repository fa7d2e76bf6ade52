import { describe, expect, test } from 'vitest';
import { appraise } from '../../../plugins/security/src/trust.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const plugin = 'spiffe://local/plugin/storage';
const tiers = (vector: object) => Object.values(vector).map((claim: number) => (claim === 0 ? 'none' : claim < 32 ? 'affirming' : claim < 96 ? 'warning' : 'contraindicated'));

describe('an appraisal', () => {
  test.each([
    { signed: true, local: false },
    { signed: false, local: true },
    { signed: true, local: true },
  ])('affirms code that is vouched for (%j)', (evidence) => {
    const verdict = appraise(plugin, 'dir.open', { digest, ...evidence });
    expect(verdict).toMatchObject({ valid: true, isolation: 'worker', vector: { instanceIdentity: 2, configuration: 2, executables: 2 } });
  });

  test('warns of code that nobody vouches for, and keeps it in a process', () => {
    const verdict = appraise('spiffe://local/workload/0123', 'dir.open', { digest, signed: false, local: false });
    expect(verdict).toMatchObject({ valid: true, isolation: 'process', vector: { instanceIdentity: 2, executables: 33, sourcedData: 32 } });
    expect(tiers(verdict.vector)).not.toContain('contraindicated');
  });

  test('knows users without code', () => {
    expect(appraise('spiffe://example.org/user/alice', 'api.call', { digest: '', signed: false, local: false })).toMatchObject({
      valid: true,
      vector: { instanceIdentity: 2, executables: 0 },
    });
  });

  test.each([
    '',
    'storage',
    'spiffe://local',
    'spiffe://local/plugin',
    'spiffe://local/plugin/',
    'spiffe://local/plugin/a/b',
    'spiffe://local/plugin/..',
    'spiffe://local/kernel/x',
    'spiffe://LOCAL/plugin/storage',
    'spiffe://local:80/plugin/storage',
    'SPIFFE://local/plugin/storage',
    'spiffe://local/plugin/sto rage',
    'spiffe://local/plugin/storage\n',
    'spiffe://local/plugin/st%6frage',
  ])('ends the call of %j', (identity) => {
    const verdict = appraise(identity, 'dir.open', { digest, signed: true, local: true });
    expect(verdict).toMatchObject({ valid: false, isolation: 'process' });
    expect(tiers(verdict.vector)).toContain('contraindicated');
  });

  test.each(['', 'open', 'dir.', 'dir.open;', 'DIR.OPEN', 'dir..open'])('ends a call that is no system call (%j)', (syscall) => {
    expect(appraise(plugin, syscall, { digest, signed: true, local: true }).valid).toBe(false);
  });

  test.each(['', 'sha256:', `sha512:${'a'.repeat(64)}`, digest.toUpperCase()])('ends a call of code with the digest %j', (wrong) => {
    expect(appraise(plugin, 'dir.open', { digest: wrong, signed: true, local: true }).valid).toBe(false);
  });
});
