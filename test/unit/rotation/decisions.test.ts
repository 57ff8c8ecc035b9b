import { describe, expect, it } from 'vitest';
import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

async function ringUntil(bench: FakeVault, connectionId: string, state: string, most = 40) {
  for (let fired = 0; fired < most; fired += 1) {
    if ((await bench.stored(connectionId)).state === state) return;
    await bench.fireDue(connectionId);
  }
  throw new Error(`${connectionId} did not become ${state}.`);
}

describe('A refusal', () => {
  it('is not believed once: the connection is suspect and still vends', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'suspect' });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect((await bench.stored(connectionId)).evidence).toBeUndefined();
  });

  it('leads to needs-reauthorization only after four refusals over a day, and keeps the token', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.revokeUser(subject);
    await bench.fireDue(connectionId);
    const firstRefusalAtMs = bench.clock.nowMs();
    await ringUntil(bench, connectionId, 'needs-reauthorization');

    expect(bench.clock.nowMs() - firstRefusalAtMs).toBeGreaterThanOrEqual(DAY_MS);
    expect(bench.ims.ledger.posts).toHaveLength(4);
    expect((await bench.stored(connectionId)).refresh).toBeDefined();
    expect(bench.events.published.map(({ event }) => event.type)).toEqual(['Reauthorization Required']);
  });

  it('leads to one attempt with the previous token, which may save the grant', async () => {
    const bench = createFakeVault({ mode: 'reuse', revocationScope: 'token' });
    const { connectionId, token } = await bench.connect();
    await bench.fireDue(connectionId);
    bench.ims.ledger.revoke((await bench.storedToken(connectionId)) ?? '');
    await bench.fireDue(connectionId);
    await ringUntil(bench, connectionId, 'active');
    expect(bench.ims.ledger.posts.at(-1)?.token).toBe(token.reveal());
  });

  it('of the previous token too is final, and it is posted only once', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId, token, subject = '' } = await bench.connect();
    await bench.fireDue(connectionId);
    const postsBefore = bench.ims.ledger.posts.length;
    bench.ims.ledger.revokeUser(subject);
    await ringUntil(bench, connectionId, 'needs-reauthorization');
    const posts = bench.ims.ledger.posts.slice(postsBefore);
    expect(posts.filter((post) => post.token === token.reveal())).toHaveLength(1);
    expect(posts.at(-1)?.token).toBe(token.reveal());
  });

  it('of a token that another run replaced meanwhile decides nothing', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({
      after: async () => {
        const present = await bench.stored(connectionId);
        await bench.connections.update({ expected: present, changes: { version: 2, lease: null } });
        bench.ims.ledger.revokeUser(present.subject ?? '');
      },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'superseded' });
    expect((await bench.stored(connectionId)).state).toBe('active');
  });

  it('of narrower scopes says nothing of the grant, and everything granted is still vended', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clock.advance(DAY_MS);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    const vend = (scopeSet: string) =>
      bench.rotate({ connectionId, trigger: 'vend', requirement: { scopeSet, minTtlSeconds: 300 } });
    expect(await vend('openid')).toMatchObject({ outcome: 'scopes-refused', code: 'access_denied' });
    expect((await bench.stored(connectionId)).state).toBe('active');
    expect(await vend('*')).toEqual({ outcome: 'rotated' });
  });

  it('of many connections at once ends none of them', async () => {
    const bench = createFakeVault();
    const ids = ['a.1', 'a.2', 'a.3', 'a.4', 'a.5', 'a.6'];
    for (const connectionId of ids) {
      await bench.connect({ connectionId, subject: `${connectionId}@AdobeID`, subjectKey: connectionId });
      bench.ims.ledger.revokeUser(`${connectionId}@AdobeID`);
    }
    for (let round = 0; round < 6; round += 1) for (const id of ids) await bench.fireDue(id);
    for (const id of ids) expect((await bench.stored(id)).state).toBe('suspect');
  });

  it('after needs-reauthorization is tried once a day, and a success is Recovered', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const refused = { answer: { kind: 'refused', error: 'access_denied' } } as const;
    bench.ims.script(refused, refused, refused, refused);
    await ringUntil(bench, connectionId, 'needs-reauthorization');
    const before = bench.clock.nowMs();
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.clock.nowMs() - before).toBe(DAY_MS);
    expect(bench.events.published.at(-1)?.event.type).toBe('Recovered');
  });
});

describe('A user who must act', () => {
  it('is named with the jump URL, tried again every six hours, and recovers', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect();
    const jumpUrl = 'https://account.adobe.com/terms';
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms', jumpUrl });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'user-action-required', jumpUrl });
    const before = bench.clock.nowMs();
    bench.ims.ledger.requireUserAction(subject, undefined);
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.clock.nowMs() - before).toBe(6 * HOUR_MS);
    const types = bench.events.published.map(({ event }) => event.type);
    expect(types).toEqual(['User Action Required', 'Recovered']);
  });

  it('is believed also of a connection that was called revoked: the grant still exists', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect({ state: 'needs-reauthorization' });
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    await bench.fireDue(connectionId);
    const { state } = await bench.stored(connectionId);
    expect(state).toBe('needs-user-action');
    expect(STATE_RULES['needs-reauthorization'].leadsTo).toContain(state);
  });

  it('is tried no more often than every six hours once the token has expired', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '', refreshExpiresAtMs = 0 } = await bench.connect();
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    bench.clock.setNowMs(refreshExpiresAtMs);
    const ride = { answer: { kind: 'user-action', error: 'ride_AdobeID_acct_terms' } } as const;
    bench.ims.script(ride);
    expect(await bench.rotate({ connectionId })).toMatchObject({ outcome: 'user-action-required' });
    expect((await bench.stored(connectionId)).dueAtMs).toBe(refreshExpiresAtMs + 6 * HOUR_MS);
  });

  it('is tried on a vend at most every five minutes', async () => {
    const bench = createFakeVault();
    const { connectionId, subject = '' } = await bench.connect();
    bench.ims.ledger.requireUserAction(subject, { error: 'ride_AdobeID_acct_terms' });
    await bench.fireDue(connectionId);
    const vend = () =>
      bench.rotate({ connectionId, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } });
    expect(await vend()).toMatchObject({ outcome: 'waiting', reason: 'backoff' });
    bench.clock.advance(5 * 60_000);
    expect(await vend()).toMatchObject({ outcome: 'user-action-required' });
  });
});

describe('An answer that says nothing of the grant', () => {
  it('keeps the state and backs off, never longer than an hour or 5 % of the life left', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    for (let failures = 1; failures < 12; failures += 1) {
      bench.ims.script({ answer: { kind: 'unknown', reason: 'unreachable' } });
      await bench.breakers.write({ ...bench.breakers.present(), recent: [] });
      await bench.fireDue(connectionId);
      const after = await bench.stored(connectionId);
      expect(after).toMatchObject({ state: 'active', failures });
      expect((after.nextAttemptAtMs ?? 0) - bench.clock.nowMs()).toBeLessThanOrEqual(HOUR_MS);
    }
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect((await bench.stored(connectionId)).failures).toBe(0);
  });

  it('waits as long as IMS asks', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'wait', retryAfterMs: 600_000 } });
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'waiting', retryAfterMs: 600_000 });
    expect((await bench.stored(connectionId)).dueAtMs).toBe(bench.clock.nowMs() + 600_000);
  });

  it.each([
    ['5xx', true, 'when IMS asks', 600_000],
    ['429', undefined, 'when it was due', undefined],
  ] as const)(
    'posts again after a %s with Retry-After to a caller that came before the schedule',
    async (_, mayBeUsed, _when, againAfterMs) => {
      const bench = createFakeVault();
      const { connectionId, rotateAtMs = 0 } = await bench.connect();
      bench.clock.advance(HOUR_MS);
      const answer = { kind: 'wait', retryAfterMs: 600_000, ...(mayBeUsed && { mayBeUsed }) } as const;
      bench.ims.script({ answer });
      const requirement = { scopeSet: '*', minTtlSeconds: 300 };
      expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toMatchObject({
        outcome: 'waiting',
      });
      const dueMs = againAfterMs === undefined ? rotateAtMs : bench.clock.nowMs() + againAfterMs;
      expect((await bench.stored(connectionId)).rotateAtMs).toBe(dueMs);
    },
  );

  it('degrades the connection when an unknown 4xx keeps coming, and calls no connection revoked', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    for (let tries = 0; tries < 5; tries += 1) {
      bench.ims.script({ answer: { kind: 'unexpected', status: 418 } });
      await bench.breakers.write({ ...bench.breakers.present(), recent: [] });
      await bench.fireDue(connectionId);
    }
    expect(await bench.stored(connectionId)).toMatchObject({
      state: 'active',
      degraded: { code: 'unexpected_answer' },
    });
  });

  it('is followed by a second post of the same token not sooner than 12 s later', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId, token } = await bench.connect();
    bench.ims.script({ lose: 'reset' });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.ims.ledger.posts.map((post) => post.token)).toEqual([token.reveal(), token.reveal()]);
    expect(bench.clock.slept).toContain(12_000);
  });

  it('is followed by none where IMS cannot have used the token', async () => {
    const bench = createFakeVault({ mode: 'reuse' });
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'unknown', reason: 'unreachable' } });
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'unknown' });
    expect(bench.ims.calls.refreshes).toBe(1);
  });
});

describe('Trouble with our own credential', () => {
  it('changes no connection, opens the credential breaker, and a trial closes it', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect({ connectionId: 'a.1' });
    const other = await bench.connect({ connectionId: 'a.2' });
    bench.ims.acceptClientSecrets({ current: new Secret('what-the-operator-will-store') });
    expect(await bench.fireDue(connectionId)).toMatchObject({
      outcome: 'waiting',
      reason: 'credential-breaker',
    });
    expect(await bench.fireDue(other.connectionId)).toMatchObject({ reason: 'credential-breaker' });
    expect(bench.ims.ledger.posts).toEqual([]);
    for (const id of [connectionId, other.connectionId]) {
      expect((await bench.stored(id)).state).toBe('active');
    }
    bench.clientSecret.store({ current: new Secret('what-the-operator-will-store') });
    for (const id of [connectionId, other.connectionId]) {
      while ((await bench.stored(id)).version === 1) await bench.fireDue(id);
    }
    expect(bench.breakers.present().credential).toBeUndefined();
    expect(bench.ims.ledger.posts).toHaveLength(2);
  });

  it('tries the second secret before it believes the first is wrong', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clientSecret.store({ current: new Secret('brand-new'), previous: new Secret('still-good') });
    bench.ims.acceptClientSecrets({ current: new Secret('still-good') });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
    expect(bench.breakers.writes).toBe(0);
  });

  it('tries the second secret also after a bare 401', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clientSecret.store({ current: new Secret('brand-new'), previous: new Secret('still-good') });
    bench.ims.script({ answer: { kind: 'misconfigured', error: 'unauthorized' } });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'rotated' });
  });

  it('says so when the secret has not been filled in, and changes nothing', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.clientSecret.store('not-configured');
    expect(await bench.fireDue(connectionId)).toMatchObject({ outcome: 'waiting', reason: 'not-configured' });
    expect(await bench.stored(connectionId)).toMatchObject({ state: 'active', version: 1 });
    expect(bench.telemetry.total('NotConfigured')).toBe(1);
  });

  it('on one connection alone degrades that connection', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'misconfigured', error: 'invalid_scope' } });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'degraded', code: 'invalid_scope' });
    expect((await bench.stored(connectionId)).state).toBe('active');
    expect(bench.breakers.present().credential).toBeUndefined();
  });
});

describe('An outage', () => {
  it('pauses rotations of connections with time to spare, lets the others try, and ends with their successes', async () => {
    const bench = createFakeVault();
    const ids = ['w.1', 'w.2', 'w.3'];
    for (const connectionId of ids) await bench.connect({ connectionId });
    const late = ['late.1', 'late.2', 'late.3', 'late.4', 'late.5', 'late.6'];
    for (const connectionId of late) {
      await bench.connect({ connectionId, refreshExpiresAtMs: bench.clock.nowMs() + 9 * DAY_MS });
    }
    bench.clock.advance(8 * DAY_MS);
    const down = { answer: { kind: 'unknown', reason: 'unreachable' } } as const;
    bench.ims.script(down, down, down);
    for (const connectionId of ids) await bench.rotate({ connectionId });
    expect(bench.breakers.present().outage).toBeDefined();

    const waiting = await bench.connect({ connectionId: 'w.4', rotateAtMs: bench.clock.nowMs() });
    expect(await bench.rotate({ connectionId: waiting.connectionId })).toMatchObject({
      reason: 'outage-breaker',
    });
    for (const connectionId of late) {
      expect(bench.breakers.present().outage).toBeDefined();
      expect(await bench.rotate({ connectionId })).toEqual({ outcome: 'rotated' });
    }
    expect(bench.breakers.present().outage).toBeUndefined();
  });
});

describe('A connection that does not slide', () => {
  it('warns the app at least three days ahead and needs reauthorization at its end, not before', async () => {
    for (const successor of ['new', 'same', 'none'] as const) {
      for (const rtea of [true, false]) {
        if (successor === 'new' && !rtea) continue;
        const bench = createFakeVault({ mode: 'reuse', sliding: false, successor, rtea });
        const { connectionId, refreshExpiresAtMs = 0 } = await bench.connect();
        await ringUntil(bench, connectionId, 'needs-reauthorization');
        expect(bench.clock.nowMs()).toBeGreaterThanOrEqual(refreshExpiresAtMs);
        expect(bench.clock.nowMs()).toBeLessThan(refreshExpiresAtMs + HOUR_MS);
        const warning = bench.events.published.find(({ event }) => event.type === 'Expiring Soon');
        expect(refreshExpiresAtMs - (warning?.event.atMs ?? refreshExpiresAtMs)).toBeGreaterThanOrEqual(
          3 * DAY_MS,
        );
      }
    }
  });
});

describe('A stored token that cannot be opened', () => {
  it('degrades the connection with a precise error and is not called revoked', async () => {
    const bench = createFakeVault();
    const connection = await bench.connect();
    const { connectionId, generation } = connection;
    await bench.connections.update({
      expected: connection,
      changes: { refresh: { generation, version: 1, sealed: new Uint8Array([1, 2, 3]) } },
    });
    expect(await bench.fireDue(connectionId)).toEqual({ outcome: 'degraded', code: 'seal_broken' });
    const after = await bench.stored(connectionId);
    expect(after).toMatchObject({ state: 'active', degraded: { code: 'seal_broken' } });
    expect(after.lease).toBeUndefined();
    expect(bench.events.published.map(({ event }) => event.type)).toEqual(['Degraded']);
  });
});
