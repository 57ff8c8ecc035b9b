import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ConsentSession, PendingConsent } from '../../functions/core/consent/consent.ts';
import type { ConsentStore } from '../../functions/core/ports/consents.ts';
import { exampleAccessToken, exampleBytes, exampleConnection } from '../support/fakes/example-records.ts';
import type { ManualClock } from '../support/fakes/manual-clock.ts';
import { injectFaults, onCall, replyLost } from '../support/faults/fault-proxy.ts';
import { IMPLEMENTATIONS } from './store-implementations.ts';

const MINUTE_MS = 60_000;

describe.each(IMPLEMENTATIONS)('consents $name', (implementation) => {
  let store: ConsentStore;
  let clock: ManualClock;
  let nowMs: number;

  beforeAll(implementation.start);
  afterAll(implementation.stop);
  beforeEach(async () => {
    const stores = await implementation.emptyStores();
    store = stores.consents;
    clock = stores.clock;
    nowMs = clock.nowMs();
  });

  describe('sessions', () => {
    const sessionOf = (changes: Partial<ConsentSession> = {}): ConsentSession => ({
      sessionDigest: 'session-digest',
      connectionId: 'acme.user-42',
      returnUrlKey: 'key-of-a-url',
      replace: false,
      expiresAtMs: nowMs + 10 * MINUTE_MS,
      ...changes,
    });

    test('a session is read as it was opened', async () => {
      const bare = sessionOf();
      const full = sessionOf({
        sessionDigest: 'other',
        appState: 'state',
        scopes: ['openid'],
        replace: true,
      });
      await store.openSession(bare);
      await store.openSession(full);
      expect(await store.readSession('session-digest', nowMs)).toStrictEqual(bare);
      expect(await store.readSession('other', nowMs)).toStrictEqual(full);
    });

    test('an unknown session is absent', async () => {
      expect(await store.readSession('absent', nowMs)).toBeUndefined();
    });

    test('a session is absent from the moment it expires, though the table still holds it', async () => {
      const session = sessionOf();
      await store.openSession(session);
      expect(await store.readSession('session-digest', session.expiresAtMs - 1)).toBeDefined();
      expect(await store.readSession('session-digest', session.expiresAtMs)).toBeUndefined();
    });
  });

  describe('consuming', () => {
    test('only the first of many callers consumes a state', async () => {
      const calls = Array.from({ length: 8 }, () => store.consume('state-digest', nowMs + 10 * MINUTE_MS));
      const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'consumed')).toHaveLength(1);
    });

    test('a second consume shows the recorded outcome, once there is one', async () => {
      await store.consume('state-digest', nowMs + 10 * MINUTE_MS);
      expect(await store.consume('state-digest', nowMs + 10 * MINUTE_MS)).toStrictEqual({
        kind: 'already',
      });
      const outcome = { kind: 'connected', appState: 'app-state' } as const;
      await store.recordOutcome('state-digest', outcome, nowMs + 10 * MINUTE_MS);
      expect(await store.consume('state-digest', nowMs + 10 * MINUTE_MS)).toStrictEqual({
        kind: 'already',
        outcome,
      });
    });

    test('a consumed state stays consumed after it expired', async () => {
      await store.consume('state-digest', nowMs - 1);
      expect(await store.consume('state-digest', nowMs + MINUTE_MS)).toStrictEqual({ kind: 'already' });
    });

    test('a consume whose reply was lost is not consumed a second time', async () => {
      const faulty = injectFaults(store, [replyLost('STORE_UNAVAILABLE', onCall('consume', 1))]);
      await expect(faulty.consume('state-digest', nowMs)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      expect(await faulty.consume('state-digest', nowMs)).toStrictEqual({ kind: 'already' });
    });

    test('consuming a session leaves the session itself readable', async () => {
      const expiresAtMs = nowMs + 10 * MINUTE_MS;
      const session = {
        sessionDigest: 'same',
        connectionId: 'acme.a',
        returnUrlKey: 'key-of-a-url',
        replace: false,
      };
      await store.openSession({ ...session, expiresAtMs });
      expect(await store.consume('same', expiresAtMs)).toStrictEqual({ kind: 'consumed' });
      expect(await store.readSession('same', nowMs)).toStrictEqual({ ...session, expiresAtMs });
    });
  });

  describe('pending consents', () => {
    const pendingOf = (changes: Partial<PendingConsent> = {}): PendingConsent => ({
      codeDigest: 'code-digest',
      kind: 'consent-session',
      connection: exampleConnection(),
      replace: false,
      keptPrevious: false,
      expiresAtMs: nowMs + 2 * MINUTE_MS,
      ...changes,
    });

    test('a pending consent is read as it was written, with its sealed tokens', async () => {
      const pending = pendingOf({
        kind: 'sign-in',
        accessToken: exampleAccessToken({ sealed: exampleBytes(2_048) }),
        claims: { email: 'user@example.test', email_verified: true },
      });
      await store.keepPending(pending);
      expect(await store.pending.read('code-digest', nowMs)).toStrictEqual(pending);
    });

    test('an unknown code is absent', async () => {
      expect(await store.pending.read('absent', nowMs)).toBeUndefined();
    });

    test('an unredeemed code is absent from the moment it expires', async () => {
      const pending = pendingOf();
      await store.keepPending(pending);
      expect(await store.pending.read('code-digest', pending.expiresAtMs - 1)).toStrictEqual(pending);
      expect(await store.pending.read('code-digest', pending.expiresAtMs)).toBeUndefined();
    });

    test('a redeemed code says so and answers until its new end', async () => {
      await store.keepPending(pendingOf());
      const endsMs = nowMs + 10 * MINUTE_MS;
      await store.pending.markRedeemed('code-digest', endsMs);
      const redeemed = pendingOf({ redeemedAtMs: nowMs });
      expect(await store.pending.read('code-digest', endsMs - 1)).toStrictEqual(redeemed);
      expect(await store.pending.read('code-digest', endsMs)).toBeUndefined();
    });

    test('redeeming again does not prolong it', async () => {
      await store.keepPending(pendingOf());
      await store.pending.markRedeemed('code-digest', nowMs + 10 * MINUTE_MS);
      clock.advance(9 * MINUTE_MS);
      await store.pending.markRedeemed('code-digest', clock.nowMs() + 10 * MINUTE_MS);
      expect(await store.pending.read('code-digest', clock.nowMs())).toStrictEqual(
        pendingOf({ redeemedAtMs: nowMs }),
      );
    });

    test('a code that claims to be redeemed later than any redeem can be has ended like an unredeemed one', async () => {
      const pending = pendingOf({ redeemedAtMs: nowMs + 60 * MINUTE_MS });
      await store.keepPending(pending);
      expect(await store.pending.read('code-digest', pending.expiresAtMs - 1)).toStrictEqual(pending);
      expect(await store.pending.read('code-digest', pending.expiresAtMs)).toBeUndefined();
    });

    test('members of a later release stay with what is read, for its MAC covers them', async () => {
      const later = { ...pendingOf(), connection: { ...exampleConnection(), ofALaterRelease: 'kept' } };
      await store.keepPending(later);
      expect(await store.pending.read('code-digest', nowMs)).toStrictEqual(later);
    });

    test('redeeming an absent code creates nothing', async () => {
      await store.pending.markRedeemed('code-digest', nowMs + MINUTE_MS);
      expect(await store.pending.read('code-digest', nowMs)).toBeUndefined();
    });
  });
});
