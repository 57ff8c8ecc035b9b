import { describe, expect, it } from 'vitest';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';

describe('A user who consents again while the previous grant is being revoked', () => {
  it('keeps the new grant where IMS revokes by user: nothing more is revoked from that moment on', async () => {
    const bench = createFakeVault({ revocationScope: 'user' });
    const { connectionId, subject = '', subjectKey = '' } = await bench.connect();
    const rotator = createFakeRotator(async () => 'still-running');
    await createBeginDisconnect({ ...bench.deps, rotator, scopeSets: ['*'] })(connectionId);

    let consented: string | undefined;
    const opener = {
      async open(...args: Parameters<typeof bench.sealing.opener.open>) {
        if (consented === undefined) {
          const { generation } = await bench.stored(connectionId);
          consented = bench.ims.ledger.grant({ subject }).refreshToken.reveal();
          const again = exampleConnection({
            connectionId,
            subject,
            subjectKey,
            generation: `${generation}Z`,
          });
          await bench.connections.replaceGeneration(again);
        }
        return bench.sealing.opener.open(...args);
      },
    };
    await bench.rotate({ connectionId, trigger: 'disconnect' }, { opener });

    expect(bench.ims.ledger.isLive(consented ?? '')).toBe(true);
    expect(bench.ims.ledger.revocations).toEqual([]);
    expect((await bench.stored(connectionId)).state).toBe('active');
  });

  it.each([
    ['of what is to be revoked', {}, 'example-subject-key'],
    ['of the new grant', { subjectKey: 'example-subject-key' }, undefined],
  ] as const)(
    'keeps the new grant of the same id where the user %s is unknown',
    async (_, owner, subjectKey) => {
      const bench = createFakeVault({ revocationScope: 'user' });
      const { connectionId, refresh, generation } = await bench.connect();
      if (refresh === undefined) throw new Error('There is no refresh token.');
      const { subject: _subject, subjectKey: _subjectKey, ...again } = exampleConnection({ connectionId });
      await bench.connections.replaceGeneration({
        ...again,
        ...(subjectKey !== undefined && { subjectKey }),
        generation: `${generation.slice(0, -1)}Z`,
        rotateAtMs: bench.clock.nowMs() + 86_400_000,
        revocations: [{ kind: 'refresh', token: refresh, ...owner }],
      });
      await bench.rotate({ connectionId });
      expect(bench.ims.ledger.revocations).toEqual([]);
      expect((await bench.stored(connectionId)).revocations).toEqual([]);
    },
  );
});
