import { describe, expect, it } from 'vitest';
import type { ImsFault } from '../../../local/ims/faults.ts';
import type { RefreshPostMoment } from '../../../local/ims/ledger.ts';
import { until } from '../../support/time/until.ts';
import { clientId, clientSecret, startDriver } from './ims-driver.ts';

async function postTwice(fault?: ImsFault) {
  const { ims, refresh } = await startDriver({ rotation: { mode: 'strict' } });
  const { refreshToken } = ims.user('alice').issueGrant();
  const seen: RefreshPostMoment[] = [];
  ims.ledger.watchRefreshPosts((moment) => seen.push(moment));
  if (fault) ims.faults.next(fault);
  for (let posts = 0; posts < 2; posts += 1) await refresh(refreshToken).catch(() => undefined);
  await until(
    () => seen.filter(({ moment }) => moment === 'answered' || moment === 'undelivered').length === 2,
  );
  return { seen, moments: seen.map(({ moment }) => moment), entry: ims.ledger.refreshToken(refreshToken) };
}

describe('a watcher of the posts of refresh tokens', () => {
  it('sees when one arrived, was consumed and was answered; a refused one consumes nothing', async () => {
    const { seen, moments, entry } = await postTwice();
    expect(moments).toEqual(['arrived', 'consumed', 'answered', 'arrived', 'answered']);
    const times = seen.map(({ atMonotonicMs }) => atMonotonicMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(seen[1]).toMatchObject({ user: 'alice', grant: entry?.grant, refreshToken: entry?.id });
  });

  it('learns of an answer that was lost after the token was consumed', async () => {
    const { moments } = await postTwice({ kind: 'cut-after-commit' });
    expect(moments).toEqual(['arrived', 'consumed', 'undelivered', 'arrived', 'answered']);
  });

  it('learns of a request that was cut before anything was done', async () => {
    const { moments } = await postTwice({ kind: 'cut-before-processing' });
    expect(moments.slice(0, 2)).toEqual(['arrived', 'undelivered']);
    expect(moments.at(-2)).toBe('consumed');
  });
});

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
