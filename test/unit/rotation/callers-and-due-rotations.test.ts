import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { nextTryAtMs } from '../../../functions/core/connection/due.ts';
import type { Ims, TokenAnswer } from '../../../functions/core/ports/ims.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps } from '../../../functions/core/rotation/run.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_NOW_MS } from '../../support/fakes/example-records.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ID = 'acme.user-42';
const RUNS = { numRuns: 200, seed: 13 };

const ANSWERS: readonly TokenAnswer[] = [
  { kind: 'refused', error: 'access_denied' },
  { kind: 'refused', error: 'invalid_grant' },
  { kind: 'misconfigured', error: 'invalid_scope' },
  { kind: 'misconfigured', error: 'unauthorized_client' },
  { kind: 'misconfigured', error: 'bad_request' },
  { kind: 'misconfigured', error: 'invalid_client' },
  { kind: 'misconfigured', error: 'unauthorized' },
  { kind: 'user-action', error: 'ride_AdobeID_acct_terms' },
  { kind: 'wait', retryAfterMs: 1_000 },
  { kind: 'wait', retryAfterMs: HOUR_MS },
  { kind: 'wait', retryAfterMs: 30 * DAY_MS },
  { kind: 'unknown', reason: 'timeout' },
  { kind: 'unknown', reason: 'reset' },
  { kind: 'unknown', reason: 'unreachable' },
  { kind: 'unknown', reason: 'server-error' },
  { kind: 'unknown', reason: 'malformed' },
  { kind: 'unexpected', status: 418 },
];

type Trouble =
  | 'none'
  | 'no key'
  | 'broken seal'
  | 'no secret'
  | 'wrong clock'
  | 'little time'
  | 'no scheduler';

/** Whatever may be stored, as offsets from now. */
const situation = fc.record({
  state: fc.constantFrom('active', 'suspect', 'needs-user-action'),
  sliding: fc.constantFrom('yes', 'no', 'unknown'),
  failures: fc.nat(8),
  lifeLeftMs: fc.integer({ min: -HOUR_MS, max: 14 * DAY_MS }),
  dueInMs: fc.oneof(
    fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    fc.integer({ min: -DAY_MS, max: 8 * DAY_MS }),
    fc.constant(undefined),
  ),
  backOffMs: fc.oneof(fc.constant(undefined), fc.integer({ min: -HOUR_MS, max: HOUR_MS })),
  refusals: fc.nat(5),
  leaseEndedMsAgo: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    fc.integer({ min: -MINUTE_MS, max: DAY_MS }),
  ),
  isDegraded: fc.boolean(),
  forced: fc.oneof(fc.constant(undefined), fc.integer({ min: -HOUR_MS, max: HOUR_MS })),
  pauseMs: fc.oneof(fc.constant(undefined), fc.integer({ min: -HOUR_MS, max: 2 * HOUR_MS })),
  scopeSet: fc.constantFrom('*', 'AdobeID openid', 'openid'),
  isRejected: fc.boolean(),
  minTtlSeconds: fc.nat(86_400),
  answer: fc.oneof(fc.constantFrom(...ANSWERS), fc.constant(undefined)),
  trouble: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Trouble>('none') },
    fc.constantFrom<Trouble>(
      'no key',
      'broken seal',
      'no secret',
      'wrong clock',
      'little time',
      'no scheduler',
    ),
  ),
});
type Situation = typeof situation extends fc.Arbitrary<infer One> ? One : never;

function changesOf(s: Situation, nowMs: number): Partial<Connection> {
  return {
    state: s.state,
    sliding: s.sliding,
    failures: s.failures,
    refreshExpiresAtMs: nowMs + s.lifeLeftMs,
    rotateAtMs: nowMs + (s.dueInMs ?? 20 * DAY_MS),
    ...(s.backOffMs !== undefined && { nextAttemptAtMs: nowMs + s.backOffMs }),
    ...(s.state === 'suspect' && {
      evidence: { count: s.refusals, firstAtMs: nowMs - DAY_MS, lastAtMs: nowMs - HOUR_MS, tried: [] },
    }),
    ...(s.isDegraded && { degraded: { code: 'invalid_scope', sinceMs: nowMs - HOUR_MS } }),
    ...(s.leaseEndedMsAgo !== undefined && {
      lease: { runId: 'died', untilMs: nowMs - s.leaseEndedMsAgo },
    }),
    ...(s.forced !== undefined && { forcedRefreshes: { count: 3, nextAllowedAtMs: nowMs + s.forced } }),
    ...(s.pauseMs !== undefined && {
      scopePauses: [{ scopeSet: 'openid', untilMs: nowMs + s.pauseMs, refusals: 2, code: 'invalid_scope' }],
    }),
  };
}

function troubledDeps(bench: FakeVault, trouble: Trouble): Partial<RotationDeps> {
  if (trouble === 'wrong clock') bench.connections.setClockSkewMs(-HOUR_MS);
  if (trouble === 'no secret') bench.clientSecret.store('not-configured');
  const { opener } = bench.deps;
  const open = onEvery('open');
  if (trouble === 'no key') return { opener: injectFaults(opener, [unreachable('KEY_UNAVAILABLE', open)]) };
  if (trouble === 'broken seal') return { opener: injectFaults(opener, [unreachable('SEAL_BROKEN', open)]) };
  const find = unreachable('SCHEDULER_UNAVAILABLE', onEvery('find'));
  return trouble === 'no scheduler' ? { parking: injectFaults(bench.parking, [find]) } : {};
}

/** What is overdue is due now. */
function dueAt(connection: Connection, nowMs: number) {
  return Math.max(nowMs, nextTryAtMs(connection, nowMs));
}

/** One run of `rotate` in this situation, `afterMs` later, and what it leaves behind. */
async function run(s: Situation, trigger: 'vend' | 'schedule', afterMs = 0) {
  const bench = createFakeVault({ mode: 'reuse' });
  await bench.connect({ connectionId: ID, connectedAtMs: EXAMPLE_NOW_MS - 7 * DAY_MS });
  const first = await bench.stored(ID);
  await bench.connections.update({ expected: first, changes: changesOf(s, bench.clock.nowMs()) });
  const before = await bench.stored(ID);
  const posts: (readonly string[] | undefined)[] = [];
  const refresh: Ims['refresh'] = (request) => {
    posts.push(request.scopes);
    return s.answer === undefined ? bench.ims.refresh(request) : Promise.resolve(s.answer);
  };
  const { generation, version } = before;
  const requirement = {
    scopeSet: s.scopeSet,
    minTtlSeconds: s.minTtlSeconds,
    ...(s.isRejected && { rejected: { generation, version } }),
  };
  const request: RotateRequest = { connectionId: ID, trigger, ...(trigger === 'vend' && { requirement }) };
  bench.clock.advance(afterMs);
  const deps = { ims: { ...bench.ims, refresh }, ...troubledDeps(bench, s.trouble) };
  const beganMs = bench.clock.nowMs();
  await bench.rotate(request, deps, s.trouble === 'little time' ? 1_000 : 55_000);
  const after = await bench.stored(ID);
  const isRotated = after.version > before.version;
  return {
    posts,
    before,
    after,
    isRotated,
    dueBefore: dueAt(before, beganMs),
    dueAfter: dueAt(after, beganMs),
  };
}

describe('A caller’s request', () => {
  it('never moves a due rotation later than the same answer to the scheduled rotation would have', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (s) => {
        const caller = await run(s, 'vend');
        fc.pre(caller.dueBefore <= EXAMPLE_NOW_MS);
        const scheduled = await run(s, 'schedule');
        expect(caller.dueAfter).toBeLessThanOrEqual(Math.max(scheduled.dueAfter, caller.dueBefore));
      }),
      RUNS,
    );
  });

  it('that posts nothing, or asks for less and gets nothing, never moves it at all', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (s) => {
        const { posts, isRotated, dueBefore, dueAfter, before, after } = await run(s, 'vend');
        fc.pre(!isRotated && posts.every((scopes) => scopes !== undefined));
        expect(dueAfter).toBeLessThanOrEqual(dueBefore);
        // Nor does it make the next one's back-off longer.
        if (posts.length === 0) expect(after.failures).toBe(before.failures);
      }),
      RUNS,
    );
  });

  it('ahead of the due moment leaves it no later than the same answer at that moment would have', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (s) => {
        const caller = await run(s, 'vend');
        const aheadMs = caller.dueBefore - EXAMPLE_NOW_MS;
        // Refusals are spread over a day or six hours, by the life that is left.
        fc.pre(s.answer?.kind !== 'refused');
        fc.pre(aheadMs > 0 && caller.dueBefore < EXAMPLE_NOW_MS + s.lifeLeftMs - DAY_MS);
        const scheduled = await run(s, 'schedule', aheadMs);
        expect(caller.dueAfter).toBeLessThanOrEqual(scheduled.dueAfter);
      }),
      RUNS,
    );
  });
});

const requirement = { scopeSet: '*', minTtlSeconds: 300 };

describe('A rotator that crashed between its commit and its publish', () => {
  it('keeps the next vend waiting only until its publish can no longer happen', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect({ rotatedAtMs: bench.clock.nowMs() - 4_000 });
    const asked = await bench.rotate({ connectionId, trigger: 'vend', requirement });
    // With a shorter pause, a vend would use up its requests to rotate in vain and answer 503.
    expect(asked).toEqual({ outcome: 'busy', retryAfterMs: 11_000 });
    bench.clock.advance(11_000);
    expect(await bench.rotate({ connectionId, trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
    expect(bench.ims.ledger.posts).toHaveLength(1);
  });
});
