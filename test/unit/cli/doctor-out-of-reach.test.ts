import { describe, expect, it } from 'vitest';
import { diagnoseVault } from '../../../cli/doctor/diagnose-vault.ts';
import { exitCodeOf, known } from '../../../cli/doctor/finding.ts';
import { healthyFacts } from './healthy-facts.ts';

function failing(properties: object) {
  return known<never>(() => Promise.reject(Object.assign(new Error('no'), properties)));
}

describe('doctor, when a server is out of reach,', () => {
  it.each(['EAI_AGAIN', 'ECONNREFUSED', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'])(
    'goes on with the other checks, and ends as every command does: %s',
    async (code) => {
      const refreshKey = await failing({ code });
      const findings = diagnoseVault({ ...healthyFacts, refreshKey });
      const [finding] = findings.filter(({ level }) => level !== 'ok');
      expect(finding).toMatchObject({ check: 'refresh-key', level: 'unknown', outOfReach: true });
      expect(finding?.remedy).not.toContain('print-policy');
      expect(exitCodeOf(findings)).toBe(4);
    },
  );

  it('distinguishes an unreachable server from a missing permission', async () => {
    const refreshKey = await failing({ name: 'AccessDeniedException' });
    const findings = diagnoseVault({ ...healthyFacts, refreshKey });
    expect(findings.find(({ check }) => check === 'refresh-key')?.remedy).toContain('print-policy');
    expect(exitCodeOf(findings)).toBe(3);
  });
});
