import { describe, expect, it } from 'vitest';
import { until } from '../../support/time/until.ts';
import { dayMs, startDriver } from './ims-driver.ts';

describe('rotation mode', () => {
  it('reuse: the old token stays good, and using it again does not count as a second use', async () => {
    const { ims, signIn, refresh } = await startDriver({ rotation: { mode: 'reuse' } });
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    const again = await refresh(first.refresh_token);

    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect(again.status).toBe(200);
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 0, acceptedReuses: 1, liveGrants: 1 });
  });

  it('grace: the old token is good for a while; after that its use counts as a second use', async () => {
    const { ims, clock, signIn, refresh } = await startDriver({
      rotation: { mode: 'grace', graceSeconds: 60 },
    });
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    clock.nowMs += 59_000;
    expect((await refresh(first.refresh_token)).status).toBe(200);
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 0, acceptedReuses: 1 });

    clock.nowMs += 1_000;
    expect(await refresh(first.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    });
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 1, acceptedReuses: 1 });
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
  });

  it('grace until the successor is used: using it ends the old token', async () => {
    const { ims, clock, signIn, refresh } = await startDriver({
      rotation: { mode: 'grace', graceSeconds: 'until-successor-used' },
    });
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    clock.nowMs += 3 * dayMs;
    expect((await refresh(first.refresh_token)).status).toBe(200);
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(400);
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 1, acceptedReuses: 1 });
  });

  it('strict: the old token is refused at once, the new one stays good', async () => {
    const { ims, signIn, refresh } = await startDriver({ rotation: { mode: 'strict' } });
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    expect((await refresh(first.refresh_token)).body.error).toBe('access_denied');
    expect((await refresh(first.refresh_token)).body.error).toBe('access_denied');
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 2, acceptedReuses: 0, liveGrants: 1 });
  });

  it('family: replaying an old token ends every token of the grant, but not the user’s other grants', async () => {
    const { ims, signIn, refresh } = await startDriver({ rotation: { mode: 'family' } });
    const other = await signIn('alice');
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    expect((await refresh(first.refresh_token)).body.error).toBe('access_denied');

    expect((await refresh(second.body.refresh_token)).body.error).toBe('invalid_grant');
    expect(ims.inspectAccessToken(String(second.body.access_token)).standing).toBe('revoked');
    expect((await refresh(other.refresh_token)).status).toBe(200);
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 1, liveGrants: 1 });
  });

  it('family: the end of a token that was never used does not count as a second use', async () => {
    const { ims, signIn, refresh } = await startDriver({ rotation: { mode: 'family' } });
    const first = await signIn('alice');
    const second = await refresh(first.refresh_token);
    await refresh(first.refresh_token);
    await refresh(second.body.refresh_token);
    await refresh(second.body.refresh_token);
    expect(ims.ledger.doubleSpends()).toHaveLength(1);
  });

  it('never: the same token is returned each time, and using it does not count as a second use', async () => {
    const { ims, clock, signIn, refresh } = await startDriver({ rotation: { mode: 'never' } });
    const { refresh_token } = await signIn('alice');
    for (let day = 0; day < 5; day += 1) {
      clock.nowMs += dayMs;
      expect((await refresh(refresh_token)).body.refresh_token).toBe(refresh_token);
    }
    expect(ims.ledger.user('alice')).toMatchObject({ doubleSpends: 0, acceptedReuses: 0 });
    expect(ims.ledger.snapshot().refreshTokens).toHaveLength(1);
  });

  it('can be strict only for tokens of a certain age', async () => {
    const { clock, signIn, refresh } = await startDriver({ rotation: { mode: 'strict', afterDays: 7 } });
    const { refresh_token } = await signIn('alice');
    clock.nowMs += 6 * dayMs;
    expect((await refresh(refresh_token)).body.refresh_token).toBe(refresh_token);
    clock.nowMs += dayMs;
    expect((await refresh(refresh_token)).body.refresh_token).not.toBe(refresh_token);
    expect((await refresh(refresh_token)).status).toBe(400);
  });

  it('refuses a stale token with the error of its switch', async () => {
    const { signIn, refresh } = await startDriver({
      rotation: { mode: 'strict', staleError: 'invalid_grant' },
    });
    const { refresh_token } = await signIn('alice');
    await refresh(refresh_token);
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant');
  });

  it('differs by user on one time line, and each ledger counts by its own mode', async () => {
    const { ims, clock, signIn, refresh } = await startDriver();
    const modes = ['reuse', 'grace', 'strict', 'family', 'never'] as const;
    const outcomes: Record<string, unknown> = {};
    for (const mode of modes) {
      ims.addUser({ key: mode }).profile({ rotation: { mode, graceSeconds: 60 } });
      const { refresh_token } = await signIn(mode);
      await refresh(refresh_token);
      clock.nowMs += 61_000;
      const { status } = await refresh(refresh_token);
      outcomes[mode] = { status, doubleSpends: ims.ledger.user(mode).doubleSpends };
    }
    const refused = { status: 400, doubleSpends: 1 };
    const accepted = { status: 200, doubleSpends: 0 };
    expect(outcomes).toEqual({
      reuse: accepted,
      grace: refused,
      strict: refused,
      family: refused,
      never: accepted,
    });
    expect(ims.ledger.total().doubleSpends).toBe(3);
  });
});

describe('the ledger', () => {
  it('records when a refresh token that was used twice was first used, and what happened to that response', async () => {
    const { ims, clock, signIn, refresh } = await startDriver();
    const { refresh_token } = await signIn('alice');
    ims.faults.next({ kind: 'cut-after-commit' });
    await expect(refresh(refresh_token)).rejects.toThrow();
    clock.nowMs += 12_000;
    await refresh(refresh_token);
    const [spend] = ims.ledger.doubleSpends();
    expect(spend).toMatchObject({
      user: 'alice',
      successorAnswer: 'cut-after-commit',
      atMs: clock.nowMs,
      consumedAtMs: clock.nowMs - 12_000,
    });
    expect(ims.ledger.refreshToken(String(refresh_token))).toMatchObject({ standing: 'spent' });
  });

  it('counts posts, successes and refusals by user and grant type', async () => {
    const { ims, signIn, refresh, exchange } = await startDriver();
    const { refresh_token } = await signIn('alice');
    await refresh(refresh_token);
    await refresh('no such token');
    await exchange('no such code');
    expect(ims.ledger.user('alice')).toMatchObject({
      tokenPosts: { authorization_code: 1, refresh_token: 1, other: 0 },
      tokenSuccesses: { authorization_code: 1, refresh_token: 1, other: 0 },
      refusals: {},
      tokensIssued: { access: 2, refresh: 2, id: 1 },
      consents: { approve: 1 },
    });
    expect(ims.ledger.user('unknown').refusals).toEqual({ access_denied: 2 });
  });

  it('is plain JSON without any token material', async () => {
    const { ims, signIn, refresh } = await startDriver();
    const tokens = await signIn('alice');
    const next = await refresh(tokens.refresh_token);
    const snapshot = ims.ledger.snapshot();
    const text = JSON.stringify(snapshot);
    expect(JSON.parse(text)).toEqual(snapshot);
    for (const secret of [tokens.access_token, tokens.refresh_token, next.body.refresh_token]) {
      const [, payload = '', signature = ''] = String(secret).split('.');
      expect(text).not.toContain(signature);
      expect(text).not.toContain(payload.slice(0, 40));
    }
  });

  it('counts live grants by what IMS would accept now', async () => {
    const { ims, clock, signIn } = await startDriver();
    await signIn('alice');
    clock.nowMs += dayMs;
    await signIn('bob');
    expect(ims.ledger.total().liveGrants).toBe(2);
    clock.nowMs += 13 * dayMs;
    expect(ims.ledger.total().liveGrants).toBe(1);
    ims.user('bob').revokeGrants();
    expect(ims.ledger.total().liveGrants).toBe(0);
  });

  it('sees a second post of the same token while the first is unanswered', async () => {
    const { ims, signIn, refresh } = await startDriver();
    const { refresh_token } = await signIn('alice');
    const goesOn = new AbortController();
    ims.faults.next({ kind: 'held', until: goesOn.signal });
    const first = refresh(refresh_token);
    await until(() => ims.ledger.user('alice').tokenPosts.refresh_token === 1);
    expect((await refresh(refresh_token)).status).toBe(400);
    goesOn.abort();
    expect((await first).status).toBe(200);
    expect(ims.ledger.user('alice')).toMatchObject({ overlappingPosts: 1, doubleSpends: 1 });
    expect(ims.ledger.doubleSpends()[0]?.successorAnswer).toBe('pending');
  });
});
