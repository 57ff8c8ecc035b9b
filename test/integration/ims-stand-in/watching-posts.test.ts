import { describe, expect, it } from 'vitest';
import type { ImsFault } from '../../../local/ims/faults.ts';
import type { RefreshPostMoment } from '../../../local/ims/ledger.ts';
import { until } from '../../support/time/until.ts';
import { startDriver } from './ims-driver.ts';

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
