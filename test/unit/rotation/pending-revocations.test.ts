import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { subjectKeyOf } from '../../../functions/core/connection/connection-id.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID, exampleGeneration } from '../../support/fakes/example-records.ts';

const RINGS = 5;
const BEFORE = 'PREVIOUS@AdobeID';

/** A connection that replaced another user's, whose token is still to be revoked at Adobe. */
async function owing(bench: ReturnType<typeof createFakeVault>): Promise<string> {
  const { connectionId, refresh } = await bench.connect({
    generation: exampleGeneration(bench.clock.nowMs(), 3),
    subject: BEFORE,
    subjectKey: subjectKeyOf(EXAMPLE_CLIENT_ID, BEFORE),
  });
  if (!refresh) throw new Error('There is no refresh token.');
  const revocations: Connection['revocations'] = [
    { kind: 'refresh', token: refresh, subjectKey: subjectKeyOf(EXAMPLE_CLIENT_ID, BEFORE) },
  ];
  await bench.connect({ rotateAtMs: bench.clock.nowMs(), revocations });
  return connectionId;
}

describe('A connection with a pending revocation', () => {
  it.each([
    ['is refused', { kind: 'refused', error: 'access_denied' }],
    ['needs its user to act', { kind: 'user-action', error: 'ride_AdobeID_acct_terms' }],
  ] as const)('has it made although it %s whenever it is due', async (_, answer) => {
    const bench = createFakeVault({ mode: 'strict' });
    const connectionId = await owing(bench);
    bench.ims.script(...Array.from({ length: RINGS }, () => ({ answer })));
    for (let fired = 0; fired < RINGS; fired += 1) await bench.fireDue(connectionId);
    expect((await bench.stored(connectionId)).revocations).toEqual([]);
    expect(bench.ims.ledger.liveRefreshTokens(BEFORE)).toEqual([]);
  });

  it('still reports how the rotation ended', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const connectionId = await owing(bench);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    expect((await bench.fireDue(connectionId)).outcome).toBe('suspect');
  });

  it('lets no caller wait for it', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const connectionId = await owing(bench);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    bench.clock.advance(60_000);
    const requirement = { scopeSet: '*', minTtlSeconds: 300 };
    await bench.rotate({ connectionId, trigger: 'vend', requirement });
    expect(bench.ims.calls).toMatchObject({ refreshes: 1, revocations: 0 });
  });
});
