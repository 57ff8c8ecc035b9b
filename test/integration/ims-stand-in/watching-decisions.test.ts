import { describe, expect, it } from 'vitest';
import { until } from '../../support/time/until.ts';
import { clientId, clientSecret, startDriver } from './ims-driver.ts';

async function start() {
  const seen: [path: string, status: number, standing: string | undefined][] = [];
  const driver = await startDriver(
    { rotation: { mode: 'strict' } },
    {
      onDecision: ({ path, form }, { status }) => {
        const token = form.get('refresh_token') ?? form.get('token') ?? '';
        seen.push([path, status, driver.ims.ledger.refreshToken(token)?.standing]);
      },
    },
  );
  const { refreshToken } = driver.ims.user('alice').issueGrant();
  return { ...driver, refreshToken, seen };
}

describe('a watcher of what IMS decides', () => {
  it('sees a post as soon as it took effect, however long its answer is held up', async () => {
    const { ims, refresh, refreshToken, seen } = await start();
    ims.faults.next({ kind: 'slow', delayMs: 60_000 });
    const answered = refresh(refreshToken).catch(() => 'cut off');
    await until(() => seen.length > 0);
    expect(seen).toEqual([['/ims/token/v3', 200, 'spent']]);
    await ims.stop();
    await answered;
  });

  it('does not see a post that IMS never looked at', async () => {
    const { ims, refresh, refreshToken, seen } = await start();
    ims.faults.next({ kind: 'unavailable' });
    await refresh(refreshToken);
    expect(seen).toEqual([]);
  });

  it('sees a refusal and a revocation', async () => {
    const { post, refresh, refreshToken, seen } = await start();
    await refresh('an unknown token');
    await post('/ims/revoke', { token: refreshToken, client_id: clientId, client_secret: clientSecret });
    expect(seen).toEqual([
      ['/ims/token/v3', 400, undefined],
      ['/ims/revoke', 200, 'revoked'],
    ]);
  });
});
