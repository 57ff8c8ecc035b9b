import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { rotationAtMs } from '../../../functions/core/connection/due.ts';
import type { Ims, TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NARROWER = 'AdobeID openid';

/** IMS is well, but answers requests for narrower scopes like this. Counts them. */
function answeringNarrower(ims: Ims, answer: TokenAnswer) {
  const counted = { narrower: 0 };
  const refresh: Ims['refresh'] = (request) => {
    if (!request.scopes) return ims.refresh(request);
    counted.narrower += 1;
    return Promise.resolve(answer);
  };
  return { counted, ims: { ...ims, refresh } };
}

function vend(bench: FakeVault, ims: Ims, scopeSet: string, connectionId = 'acme.user-42') {
  return bench.rotate(
    { connectionId, trigger: 'vend', requirement: { scopeSet, minTtlSeconds: 300 } },
    { ims },
  );
}

async function connected(changes: Partial<Connection> = {}) {
  const bench = createFakeVault();
  const connection = await bench.connect({ connectionId: 'acme.user-42', ...changes });
  bench.clock.advance(DAY_MS);
  return { bench, connection };
}

const INVALID_SCOPE = { kind: 'misconfigured', error: 'invalid_scope' } as const;
const REFUSALS: readonly TokenAnswer[] = [
  { kind: 'refused', error: 'access_denied' },
  { kind: 'refused', error: 'invalid_grant' },
  INVALID_SCOPE,
  { kind: 'misconfigured', error: 'unauthorized_client' },
  { kind: 'misconfigured', error: 'bad_request' },
  { kind: 'unexpected', status: 418 },
  { kind: 'unexpected', status: 400, error: 'invalid_request' },
  { kind: 'user-action', error: 'consent_required' },
  { kind: 'wait', retryAfterMs: 20_000 },
];

describe('A refusal of narrower scopes', () => {
  it.each(REFUSALS)('changes nothing but the pause of that scope set: $kind $error', async (answer) => {
    const { bench, connection } = await connected();
    const before = await bench.stored(connection.connectionId);
    const { ims } = answeringNarrower(bench.ims, answer);
    const outcome = await vend(bench, ims, NARROWER);
    const { scopePauses, ...after } = await bench.stored(connection.connectionId);
    expect(after).toEqual(before);
    const code = 'error' in answer && answer.error !== undefined ? answer.error : answer.kind;
    expect(outcome).toEqual({ outcome: 'scopes-refused', code, retryAfterMs: MINUTE_MS });
    const untilMs = bench.clock.nowMs() + MINUTE_MS;
    expect(scopePauses).toEqual([{ scopeSet: NARROWER, code, refusals: 1, untilMs }]);
  });

  it.each(REFUSALS)('is not repeated while it pauses, growing to an hour: $kind $error', async (answer) => {
    const { bench } = await connected();
    const { ims, counted } = answeringNarrower(bench.ims, answer);
    const answered: number[] = [];
    for (let second = 0; second < 4 * 3_600; second += 20) {
      const outcome = await vend(bench, ims, NARROWER);
      expect(outcome).toMatchObject({ outcome: 'scopes-refused' });
      if ('retryAfterMs' in outcome) answered.push(outcome.retryAfterMs);
      bench.clock.advance(20 * SECOND_MS);
    }
    expect(counted.narrower).toBeLessThanOrEqual(10);
    expect(Math.max(...answered)).toBe(HOUR_MS);
    expect(Math.min(...answered)).toBeGreaterThan(0);
  });

  it('lasts as long as IMS asks, up to an hour', async () => {
    for (const [askedMs, pauseMs] of [
      [10 * MINUTE_MS, 10 * MINUTE_MS],
      [DAY_MS, HOUR_MS],
    ] as const) {
      const { bench } = await connected();
      const { ims } = answeringNarrower(bench.ims, { kind: 'wait', retryAfterMs: askedMs });
      expect(await vend(bench, ims, NARROWER)).toMatchObject({ retryAfterMs: pauseMs });
    }
  });

  it('holds neither everything granted nor another scope set', async () => {
    const { bench } = await connected();
    const { ims, counted } = answeringNarrower(bench.ims, INVALID_SCOPE);
    await vend(bench, ims, NARROWER);
    await vend(bench, ims, 'openid');
    expect(counted.narrower).toBe(2);
    expect(await vend(bench, ims, '*')).toEqual({ outcome: 'rotated' });
  });

  it('is over with a token for that scope set', async () => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, INVALID_SCOPE);
    await vend(bench, ims, NARROWER);
    await vend(bench, ims, 'openid');
    bench.clock.advance(2 * MINUTE_MS);
    expect(await vend(bench, bench.ims, NARROWER)).toEqual({ outcome: 'rotated' });
    const { scopePauses } = await bench.stored(connection.connectionId);
    expect(scopePauses).toMatchObject([{ scopeSet: 'openid' }]);
    expect(await vend(bench, bench.ims, 'openid')).toEqual({ outcome: 'rotated' });
    expect((await bench.stored(connection.connectionId)).scopePauses).toBeUndefined();
  });

  it('is over with a new consent', async () => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, INVALID_SCOPE);
    await vend(bench, ims, NARROWER);
    await bench.connect({ generation: `${connection.generation}-NEWER` });
    expect(await vend(bench, bench.ims, NARROWER)).toEqual({ outcome: 'rotated' });
  });

  it.each([
    ['a century', 100 * 365 * DAY_MS],
    ['two hours', 2 * HOUR_MS],
  ])('is believed for an hour at most, whatever the row says: %s', async (_, aheadMs) => {
    const { bench, connection } = await connected();
    const untilMs = bench.clock.nowMs() + aheadMs;
    const scopePauses = [{ scopeSet: NARROWER, untilMs, refusals: 1, code: 'invalid_scope' }];
    await bench.connections.update({ expected: connection, changes: { scopePauses } });
    expect(await vend(bench, bench.ims, NARROWER)).toEqual({ outcome: 'rotated' });
  });

  it('leaves a bounded number of pauses behind', async () => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, INVALID_SCOPE);
    for (let at = 0; at < 30; at += 1) await vend(bench, ims, `scope-${at}`);
    expect((await bench.stored(connection.connectionId)).scopePauses).toHaveLength(8);
  });

  it('that names our credential waits for the credential, not for the scopes', async () => {
    const { bench, connection } = await connected();
    const before = await bench.stored(connection.connectionId);
    const { ims } = answeringNarrower(bench.ims, { kind: 'misconfigured', error: 'invalid_client' });
    expect(await vend(bench, ims, NARROWER)).toMatchObject({
      outcome: 'waiting',
      reason: 'credential-breaker',
    });
    expect(await bench.stored(connection.connectionId)).toEqual(before);
  });
});

describe('A lost answer to narrower scopes', () => {
  it('is a lost answer like any other: the token may be used, and everything granted is tried soon', async () => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, { kind: 'unknown', reason: 'reset' });
    expect(await vend(bench, ims, NARROWER)).toMatchObject({ outcome: 'unknown' });
    const after = await bench.stored(connection.connectionId);
    expect(after).toMatchObject({ failures: 1, state: 'active' });
    expect(after.dueAtMs).toBeLessThanOrEqual(bench.clock.nowMs() + HOUR_MS);
    bench.clock.setNowMs(after.nextAttemptAtMs ?? 0);
    const again = answeringNarrower(bench.ims, INVALID_SCOPE);
    expect(await vend(bench, again.ims, NARROWER)).toEqual({ outcome: 'rotated' });
    expect(again.counted.narrower).toBe(0);
  });
});

describe('A whole answer to narrower scopes whose first answer was lost', () => {
  it.each(REFUSALS)(
    'pauses no scope set ($kind $error): the first post may have used the token',
    async (answer) => {
      const { bench, connection } = await connected();
      const answers: TokenAnswer[] = [{ kind: 'unknown', reason: 'reset' }, answer];
      const ims: Ims = {
        ...bench.ims,
        refresh: async (request) => (request.scopes && answers.shift()) || bench.ims.refresh(request),
      };
      await vend(bench, ims, NARROWER);
      expect(answers).toEqual([]);
      const after = await bench.stored(connection.connectionId);
      expect(after.scopePauses).toBeUndefined();
      expect(rotationAtMs(after)).toBeLessThanOrEqual(bench.clock.nowMs() + HOUR_MS);
    },
  );
});

describe('A 5xx to narrower scopes that asks to wait', () => {
  it('may have used the token: the pause holds for the connection, and everything granted is tried then', async () => {
    const { bench, connection } = await connected();
    const asked = { kind: 'wait', retryAfterMs: 5 * MINUTE_MS, mayBeUsed: true } as const;
    const { ims } = answeringNarrower(bench.ims, asked);
    expect(await vend(bench, ims, NARROWER)).toMatchObject({
      outcome: 'waiting',
      retryAfterMs: 5 * MINUTE_MS,
    });
    const after = await bench.stored(connection.connectionId);
    const nextMs = bench.clock.nowMs() + 5 * MINUTE_MS;
    expect(after).toMatchObject({ nextAttemptAtMs: nextMs, rotateAtMs: nextMs });
    expect(after.scopePauses).toBeUndefined();
    bench.clock.setNowMs(nextMs);
    const again = answeringNarrower(bench.ims, INVALID_SCOPE);
    expect(await vend(bench, again.ims, NARROWER)).toEqual({ outcome: 'rotated' });
    expect(again.counted.narrower).toBe(0);
  });
});

describe('Before narrower scopes are asked for', () => {
  const soonMs = HOUR_MS - MINUTE_MS;
  it.each<[string, (connection: Connection, nowMs: number) => Partial<Connection>]>([
    ['a rotation that is due', (_, nowMs) => ({ rotateAtMs: nowMs })],
    ['one that a lost answer would put off', (_, nowMs) => ({ rotateAtMs: nowMs + soonMs })],
    ['a grant in doubt', () => ({ state: 'suspect' })],
    ['a user who had to act', () => ({ state: 'needs-user-action' })],
    ['a lost answer', () => ({ failures: 1 })],
    ['a fault of ours', (_, nowMs) => ({ degraded: { code: 'invalid_scope', sinceMs: nowMs } })],
    ['a lease that ran out', (_, nowMs) => ({ lease: { runId: 'died', untilMs: nowMs - MINUTE_MS } })],
    ['the end of life', (_, nowMs) => ({ refreshExpiresAtMs: nowMs, rotateAtMs: nowMs + 9 * DAY_MS })],
  ])('everything granted is refreshed where that is due, then they are: %s', async (_, changesFor) => {
    const { bench, connection } = await connected();
    const changes = changesFor(connection, bench.clock.nowMs());
    await bench.connections.update({ expected: connection, changes });
    const { ims, counted } = answeringNarrower(bench.ims, INVALID_SCOPE);
    expect(await vend(bench, ims, NARROWER)).toEqual({ outcome: 'rotated' });
    expect(counted.narrower).toBe(0);
    expect(await vend(bench, ims, NARROWER)).toMatchObject({ outcome: 'scopes-refused' });
    expect(counted.narrower).toBe(1);
  });

  it('a pause of theirs does not hold up what is due', async () => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, INVALID_SCOPE);
    await vend(bench, ims, NARROWER);
    await bench.connections.update({ expected: connection, changes: { rotateAtMs: bench.clock.nowMs() } });
    expect(await vend(bench, ims, NARROWER)).toEqual({ outcome: 'rotated' });
  });

  it('a rotation that was due does not count as the refresh that a rejected token forces', async () => {
    const { bench, connection } = await connected({ rotateAtMs: 0 });
    const { connectionId, generation, version } = connection;
    const requirement = { scopeSet: NARROWER, minTtlSeconds: 300, rejected: { generation, version } };
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
    expect(await bench.accessTokens.read(connectionId, NARROWER)).toMatchObject({ version: 3 });
  });
});

describe('A caller that keeps asking for narrower scopes that IMS refuses', () => {
  it.each(REFUSALS)('never costs the grant: $kind $error', async (answer) => {
    const { bench, connection } = await connected();
    const { ims } = answeringNarrower(bench.ims, answer);
    const endMs = bench.clock.nowMs() + 30 * DAY_MS;
    while (bench.clock.nowMs() < endMs) {
      const outcome = await vend(bench, ims, NARROWER);
      const retryMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : SECOND_MS;
      // It heeds Retry-After and always comes before the schedule, which fires within the minute after the due moment.
      const due = rotationAtMs(await bench.stored(connection.connectionId)) ?? endMs;
      const scheduledMs = Math.max(due, bench.clock.nowMs()) + MINUTE_MS;
      bench.clock.advance(Math.max(SECOND_MS, Math.min(retryMs, scheduledMs - bench.clock.nowMs())));
      if (bench.clock.nowMs() >= scheduledMs) await bench.rotate({ connectionId: connection.connectionId });
    }
    expect(bench.ims.ledger.liveRefreshTokens()).toHaveLength(1);
    expect((await bench.stored(connection.connectionId)).failures).toBe(0);
  });
});
