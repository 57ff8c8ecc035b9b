import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../functions/cli/doctor/exit-code-of.ts';
import { judgeVault } from '../../../functions/cli/doctor/judge-vault.ts';
import { known } from '../../../functions/cli/doctor/known.ts';
import { healthyFacts } from './healthy-facts.ts';

const failing = (properties: object) =>
  known<never>(() => Promise.reject(Object.assign(new Error('no'), properties)));

describe('A doctor who cannot reach somebody', () => {
  it.each(['EAI_AGAIN', 'ECONNREFUSED', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'])(
    'goes on with the other checks, and ends as every command does: %s',
    async (code) => {
      const refreshKey = await failing({ code });
      const findings = judgeVault({ ...healthyFacts, refreshKey });
      const [finding] = findings.filter(({ level }) => level !== 'ok');
      expect(finding).toMatchObject({ check: 'refresh-key', level: 'unknown', outOfReach: true });
      expect(finding?.remedy).not.toContain('print-policy');
      expect(exitCodeOf(findings)).toBe(4);
    },
  );

  it('is another one than who may not look', async () => {
    const refreshKey = await failing({ name: 'AccessDeniedException' });
    const findings = judgeVault({ ...healthyFacts, refreshKey });
    expect(findings.find(({ check }) => check === 'refresh-key')?.remedy).toContain('print-policy');
    expect(exitCodeOf(findings)).toBe(3);
  });
});
