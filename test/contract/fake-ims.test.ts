import { beforeEach, describe, expect, test } from 'vitest';
import type { TokenAnswer } from '../../functions/core/ports/ims.ts';
import { Secret } from '../../functions/core/secret.ts';
import { createFakeIms, type FakeIms, type FakeImsOptions } from '../support/fakes/fake-ims.ts';
import { createManualClock, type ManualClock } from '../support/fakes/manual-clock.ts';

const DAY_MS = 86_400_000;
const SUBJECT = 'user-1@AdobeID';
const clientSecret = new Secret('client-secret');

describe('the fake IMS', () => {
  let clock: ManualClock;
  let ims: FakeIms;

  const start = (options: Omit<FakeImsOptions, 'clock'>): Secret => {
    clock = createManualClock();
    ims = createFakeIms({ clock, ...options });
    return ims.ledger.grant({ subject: SUBJECT }).refreshToken;
  };
  const post = (refreshToken: Secret, secret = clientSecret) =>
    ims.refresh({ refreshToken, clientSecret: secret, timeoutMs: 20_000 });
  const rotate = async (refreshToken: Secret): Promise<Secret> => successorOf(await post(refreshToken));

  describe('reuse', () => {
    test('keeps the old token and the new one good', async () => {
      const first = start({ mode: 'reuse' });
      const second = await rotate(first);
      await rotate(first);
      await rotate(second);
      expect(ims.ledger.doubleSpends()).toHaveLength(1);
    });
  });

  describe('grace', () => {
    let first: Secret;
    beforeEach(() => {
      first = start({ mode: 'grace', graceMs: 30_000 });
    });

    test('keeps the old token good for a while', async () => {
      await rotate(first);
      clock.advance(29_999);
      await rotate(first);
      clock.advance(1);
      expect(await post(first)).toMatchObject({ kind: 'refused' });
    });

    test('drops the old token once the new one is used', async () => {
      await rotate(await rotate(first));
      expect(await post(first)).toMatchObject({ kind: 'refused' });
    });
  });

  describe('strict', () => {
    test('drops the old token at once and nothing else', async () => {
      const first = start({ mode: 'strict' });
      const second = await rotate(first);
      expect(await post(first)).toMatchObject({ kind: 'refused', error: 'access_denied' });
      expect(ims.ledger.liveRefreshTokens(SUBJECT)).toEqual([second.reveal()]);
    });
  });

  describe('family', () => {
    test('answers reuse by dropping every token of the grant, and of no other', async () => {
      const first = start({ mode: 'family' });
      const other = ims.ledger.grant({ subject: SUBJECT }).refreshToken;
      const second = await rotate(first);
      await post(first);
      expect(await post(second)).toMatchObject({ kind: 'refused' });
      expect(ims.ledger.liveRefreshTokens()).toEqual([other.reveal()]);
    });
  });

  test('a token expires at the end of its life; only sliding moves that end', async () => {
    const sliding = await rotate(laterBy(start({ mode: 'strict' })));
    expect(ims.ledger.isLive(sliding.reveal())).toBe(true);
    clock.advance(13 * DAY_MS);
    expect(ims.ledger.isLive(sliding.reveal())).toBe(true);
    const fixed = await rotate(laterBy(start({ mode: 'strict', sliding: false })));
    clock.advance(13 * DAY_MS);
    expect(ims.ledger.isLive(fixed.reveal())).toBe(false);
  });
  const laterBy = (token: Secret): Secret => {
    clock.advance(DAY_MS);
    return token;
  };

  test('a lost answer leaves the token used, and the timeout lasts its whole time', async () => {
    const first = start({ mode: 'strict', latencyMs: 100 });
    ims.script({ lose: 'timeout' });
    const beforeMs = clock.monotonicMs();
    expect(await post(first)).toEqual({ kind: 'unknown', reason: 'timeout' });
    expect(clock.monotonicMs() - beforeMs).toBe(20_000);
    expect(await post(first)).toMatchObject({ kind: 'refused' });
    expect(ims.ledger.doubleSpends()).toHaveLength(1);
  });

  describe('a late answer', () => {
    const open = (token: Secret) =>
      ims.refresh({ refreshToken: token, clientSecret, timeoutMs: 20_000, keepOpenMs: 30_000 });

    test('arrives at its own time, in order with the answer to another post', async () => {
      const first = start({ mode: 'strict' });
      ims.script({ late: 25_000 }, { late: 2_000 });
      const beforeMs = clock.monotonicMs();
      const unanswered = await open(first);
      expect(unanswered).toMatchObject({ kind: 'unknown', reason: 'timeout' });
      expect(clock.monotonicMs() - beforeMs).toBe(20_000);
      expect(await post(first)).toMatchObject({ kind: 'refused' });
      expect(clock.monotonicMs() - beforeMs).toBe(22_000);
      expect(await unanswered.late).toMatchObject({ kind: 'tokens' });
      expect(clock.monotonicMs() - beforeMs).toBe(25_000);
      expect(ims.ledger.mostAtOnce).toBe(2);
    });

    test('may be of a request that IMS looked at late', async () => {
      const first = start({ mode: 'strict' });
      ims.script({ late: 25_000, acts: 'at the end' });
      const unanswered = await open(first);
      expect(await post(first)).toMatchObject({ kind: 'tokens' });
      expect(await unanswered.late).toMatchObject({ kind: 'refused' });
    });

    test('is no answer once the request is closed', async () => {
      const first = start({ mode: 'strict' });
      ims.script({ late: 31_000 });
      const unanswered = await open(first);
      expect(await unanswered.late).toEqual({ kind: 'unknown', reason: 'timeout' });
      expect(ims.ledger.isLive(first.reveal())).toBe(false);
    });
  });

  test('a scripted answer leaves the token as it was', async () => {
    const first = start({ mode: 'strict' });
    ims.script({ answer: { kind: 'wait', retryAfterMs: 5_000 } });
    expect(await post(first)).toEqual({ kind: 'wait', retryAfterMs: 5_000 });
    expect(ims.unusedSteps()).toBe(0);
    expect(ims.ledger.posts).toHaveLength(0);
    await rotate(first);
  });

  test('posts of one token at the same time are counted', async () => {
    const first = start({ mode: 'reuse' });
    await Promise.all([post(first), post(first), post(first)]);
    expect(ims.ledger.mostAtOnce).toBe(3);
  });

  test('another client secret is a misconfiguration and consumes no token', async () => {
    const first = start({ mode: 'strict' });
    ims.acceptClientSecrets({ current: new Secret('new-secret'), previous: clientSecret });
    expect(await post(first, new Secret('wrong'))).toMatchObject({ kind: 'misconfigured' });
    const second = await rotate(first);
    expect(ims.ledger.isLive(second.reveal())).toBe(true);
  });

  test('a code is good for one exchange', async () => {
    start({ mode: 'strict' });
    const code = ims.ledger.authorize({ subject: SUBJECT, offline: false });
    const exchange = {
      code,
      codeVerifier: new Secret('v'),
      redirectUri: 'https://x',
      clientSecret,
      timeoutMs: 1,
    };
    const answer = await ims.exchangeCode(exchange);
    expect(answer).toMatchObject({ kind: 'tokens', tokens: { subject: SUBJECT } });
    expect(answer).not.toHaveProperty('tokens.refreshToken');
    expect(await ims.exchangeCode(exchange)).toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['token', 2],
    ['grant', 1],
    ['user', 0],
  ] as const)('revoking a token takes the %s with it', async (revocationScope, left) => {
    const first = start({ mode: 'reuse', revocationScope });
    ims.ledger.grant({ subject: SUBJECT });
    await rotate(first);
    expect(await ims.revoke({ token: first, clientSecret, timeoutMs: 1 })).toEqual({ kind: 'revoked' });
    expect(await ims.revoke({ token: first, clientSecret, timeoutMs: 1 })).toEqual({ kind: 'already-gone' });
    expect(ims.ledger.liveRefreshTokens(SUBJECT)).toHaveLength(left);
  });
});

function successorOf(answer: TokenAnswer): Secret {
  if (answer.kind !== 'tokens' || answer.tokens.refreshToken === undefined) throw new Error(answer.kind);
  return answer.tokens.refreshToken;
}
