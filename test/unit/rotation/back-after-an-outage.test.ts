import { describe, expect, it } from 'vitest';
import type { Ims, TokenAnswer } from '../../../functions/core/ports/ims.ts';
import type { RotateOutcome } from '../../../functions/core/rotation/rotate-request.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const REFUSED: TokenAnswer = { kind: 'refused', error: 'access_denied' };
const DOWN = { answer: { kind: 'unknown', reason: 'server-error' } } as const;

const vend = (connectionId: string) =>
  ({ connectionId, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } }) as const;

/** Adobe answers nothing: neither the grants nor the posts without one. */
function goDown(bench: FakeVault): void {
  bench.ims.script(...Array.from({ length: 400 }, () => DOWN));
  bench.ims.scriptChecks(...Array.from({ length: 4_000 }, () => false));
}

/** Adobe answers posts without a grant, and loses the answers to grants. */
function answersOnlyChecks(bench: FakeVault): void {
  bench.ims.clearScript();
  bench.ims.script(...Array.from({ length: 400 }, () => DOWN));
}

function comeBack(bench: FakeVault): void {
  bench.ims.clearScript();
}

/** One connection, whose back-off has grown to its longest by lost answers. */
async function backingOff(): Promise<{
  bench: FakeVault;
  connectionId: string;
  postsOfGrants: () => number;
}> {
  const bench = createFakeVault({ mode: 'strict' });
  const { connectionId } = await bench.connect({ rotateAtMs: bench.clock.nowMs() });
  goDown(bench);
  for (let tries = 0; tries < 6; tries += 1) await bench.fireDue(connectionId);
  return { bench, connectionId, postsOfGrants: () => bench.ims.calls.refreshes };
}

/** A caller reads every few seconds until it gets its token, or time is up. */
async function readUntilServed(bench: FakeVault, connectionId: string, untilMs: number) {
  const outcomes: RotateOutcome[] = [];
  const startMs = bench.clock.nowMs();
  while (bench.clock.nowMs() < startMs + untilMs) {
    const outcome = await bench.rotate(vend(connectionId));
    outcomes.push(outcome);
    if (outcome.outcome === 'rotated') break;
    bench.clock.advance(5 * SECOND_MS);
  }
  return { outcomes, tookMs: bench.clock.nowMs() - startMs };
}

describe('A caller’s read after an outage', () => {
  it('works within a minute, although the connection backs off for longer', async () => {
    const { bench, connectionId } = await backingOff();
    expect((await bench.stored(connectionId)).nextAttemptAtMs).toBeGreaterThan(
      bench.clock.nowMs() + MINUTE_MS,
    );
    await bench.rotate(vend(connectionId));
    comeBack(bench);
    const { outcomes, tookMs } = await readUntilServed(bench, connectionId, HOUR_MS);
    expect(outcomes.at(-1)).toEqual({ outcome: 'rotated' });
    expect(tookMs).toBeLessThanOrEqual(MINUTE_MS);
  });

  it('works within a minute while the outage breaker is open', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    goDown(bench);
    for (const connectionId of ['a.1', 'a.2', 'a.3']) {
      await bench.connect({ connectionId, rotateAtMs: bench.clock.nowMs() });
      await bench.rotate({ connectionId });
    }
    expect(bench.breakers.present().outage).toBeDefined();
    await bench.connect({ connectionId: 'b.1', rotateAtMs: bench.clock.nowMs() });
    comeBack(bench);
    const { tookMs } = await readUntilServed(bench, 'b.1', HOUR_MS);
    expect(tookMs).toBeLessThanOrEqual(MINUTE_MS);
    expect(bench.breakers.present().outage).toMatchObject({ answers: 1 });
  });

  it('may ask again within a minute', async () => {
    const { bench, connectionId } = await backingOff();
    const outcome = await bench.rotate(vend(connectionId));
    expect(outcome).toMatchObject({ outcome: 'waiting', reason: 'backoff', retryAfterMs: MINUTE_MS });
  });
});

describe('While the outage lasts', () => {
  it('a schedule keeps its time: only a caller that waits may come early', async () => {
    const { bench, connectionId, postsOfGrants } = await backingOff();
    comeBack(bench);
    const before = postsOfGrants();
    for (const trigger of ['schedule', 'canary'] as const) await bench.rotate({ connectionId, trigger });
    expect(postsOfGrants()).toBe(before);
    expect(bench.ims.calls.checks).toBe(0);
  });

  it('no grant is posted before its time, however often callers ask', async () => {
    const { bench, connectionId, postsOfGrants } = await backingOff();
    const before = postsOfGrants();
    const { nextAttemptAtMs = 0 } = await bench.stored(connectionId);
    while (bench.clock.nowMs() < nextAttemptAtMs - 5 * SECOND_MS) {
      await bench.rotate(vend(connectionId));
      bench.clock.advance(SECOND_MS);
    }
    expect(postsOfGrants()).toBe(before);
    expect(bench.ims.calls.checks).toBeGreaterThan(0);
  });

  it('the whole vault asks at most once in 30 seconds', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    goDown(bench);
    const ids = Array.from({ length: 20 }, (_, at) => `many.${at}`);
    for (const connectionId of ids) {
      await bench.connect({ connectionId, rotateAtMs: bench.clock.nowMs() });
      await bench.rotate({ connectionId });
    }
    const startMs = bench.clock.nowMs();
    while (bench.clock.nowMs() < startMs + 5 * MINUTE_MS) {
      for (const connectionId of ids) await bench.rotate(vend(connectionId));
      bench.clock.advance(SECOND_MS);
    }
    expect(bench.ims.calls.checks).toBeLessThanOrEqual(1 + (5 * MINUTE_MS) / (30 * SECOND_MS));
  });

  it('two answers of three are not enough', async () => {
    const { bench, connectionId, postsOfGrants } = await backingOff();
    const before = postsOfGrants();
    bench.ims.clearScript();
    bench.ims.scriptChecks(true, true, false);
    expect(await bench.rotate(vend(connectionId))).toMatchObject({ outcome: 'waiting' });
    expect(postsOfGrants()).toBe(before);
  });

  it('a misleading sign takes the place of the planned try', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const nowMs = bench.clock.nowMs();
    const plannedAtMs = nowMs + 50 * MINUTE_MS;
    const lost = { kind: 'lost', sinceMs: nowMs, atMs: nowMs, alone: false } as const;
    const waiting = { rotateAtMs: nowMs, nextAttemptAtMs: plannedAtMs, failures: 1, lastAnswer: lost };
    const { connectionId } = await bench.connect({ connectedAtMs: nowMs - HOUR_MS, ...waiting });
    answersOnlyChecks(bench);
    expect(await bench.rotate(vend(connectionId))).toMatchObject({ outcome: 'unknown' });
    expect(bench.ims.calls.refreshes).toBeGreaterThan(0);
    const after = await bench.stored(connectionId);
    expect(after.nextAttemptAtMs).toBeGreaterThanOrEqual(plannedAtMs + MINUTE_MS);
    expect(after.failures).toBe(2);
  });

  it('a connection comes early once, and then keeps its time', async () => {
    const { bench, connectionId, postsOfGrants } = await backingOff();
    answersOnlyChecks(bench);
    await bench.rotate(vend(connectionId));
    const { nextAttemptAtMs = 0 } = await bench.stored(connectionId);
    const posts = postsOfGrants();
    while (bench.clock.nowMs() < nextAttemptAtMs - MINUTE_MS) {
      await bench.rotate(vend(connectionId));
      bench.clock.advance(MINUTE_MS / 2);
    }
    expect(postsOfGrants()).toBe(posts);
  });

  it('a misleading sign is used by one connection, and no sign is believed for an hour', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    goDown(bench);
    const ids = ['a.1', 'a.2', 'a.3', 'b.1', 'b.2'];
    for (const connectionId of ids) {
      await bench.connect({ connectionId, rotateAtMs: bench.clock.nowMs() });
      await bench.rotate({ connectionId });
    }
    answersOnlyChecks(bench);
    const { refreshes } = bench.ims.calls;
    const startMs = bench.clock.nowMs();
    for (const connectionId of ids) await bench.rotate(vend(connectionId));
    const { checks } = bench.ims.calls;
    expect(checks).toBe(3);
    // One try, and the second post of it.
    expect(bench.ims.calls.refreshes).toBeLessThanOrEqual(refreshes + 2);
    while (bench.clock.nowMs() < startMs + HOUR_MS - MINUTE_MS) {
      for (const connectionId of ids) await bench.rotate(vend(connectionId));
      bench.clock.advance(MINUTE_MS / 2);
    }
    expect(bench.ims.calls.checks).toBe(checks);
  });

  it.each<[string, TokenAnswer[]]>([
    ['a grant that Adobe refuses keeps the time between its tries', [REFUSED]],
    [
      'a grant that Adobe refused before its answer was lost keeps it too',
      [REFUSED, DOWN.answer, DOWN.answer],
    ],
    ['a pause that Adobe asks for is kept', [{ kind: 'wait', retryAfterMs: HOUR_MS }]],
  ])('%s', async (_, answers) => {
    const bench = createFakeVault({ mode: 'strict' });
    const { connectionId } = await bench.connect({ rotateAtMs: bench.clock.nowMs() });
    bench.clock.advance(MINUTE_MS);
    bench.ims.script(...answers.map((answer) => ({ answer })));
    while (bench.ims.unusedSteps() > 0) await bench.fireDue(connectionId);
    const posts = bench.ims.calls.refreshes;
    expect(await bench.rotate(vend(connectionId))).toMatchObject({ outcome: 'waiting' });
    expect(bench.ims.calls).toMatchObject({ refreshes: posts, checks: 0 });
  });

  it('a refused credential is no outage: nothing is checked', async () => {
    const { bench, connectionId } = await backingOff();
    const nowMs = bench.clock.nowMs();
    const credential = {
      reason: 'invalid_client',
      openedAtMs: nowMs,
      openUntilMs: nowMs + MINUTE_MS,
      reopened: 0,
    };
    await bench.breakers.write({ ...bench.breakers.present(), credential });
    const { checks } = bench.ims.calls;
    await bench.rotate(vend(connectionId));
    expect(bench.ims.calls.checks).toBe(checks);
  });
});

describe('A caller of a connection that is suspect', () => {
  it('learns since when, and when the next try comes', async () => {
    const bench = createFakeVault({ mode: 'strict' });
    const { connectionId } = await bench.connect({ rotateAtMs: bench.clock.nowMs() });
    bench.clock.advance(MINUTE_MS);
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    const sinceMs = bench.clock.nowMs();
    await bench.rotate(vend(connectionId));
    bench.clock.advance(HOUR_MS);
    const { nextAttemptAtMs: nextTryAtMs } = await bench.stored(connectionId);
    expect(await bench.rotate(vend(connectionId))).toMatchObject({
      outcome: 'waiting',
      suspicion: { sinceMs, nextTryAtMs },
    });
  });
});

/** Every other answer is lost, to grants and to checks. Connections become due, and a third of them has a waiting caller. */
async function halfLostHour(seed: number, checksAreAnswered: boolean) {
  const bench = createFakeVault({ mode: 'strict' });
  const random = createSeededRandom(`half-lost ${seed}`);
  const isLost = () => (random.bytes(1)[0] ?? 0) < 128;
  const ims: Ims = {
    ...bench.ims,
    refresh(post) {
      if (isLost()) bench.ims.script({ lose: 'reset' });
      return bench.ims.refresh(post);
    },
    answersWithoutGrant: async () => checksAreAnswered && !isLost(),
  };
  const ids = Array.from({ length: 45 }, (_, at) => `half.${at}`);
  const startMs = bench.clock.nowMs();
  for (const [at, connectionId] of ids.entries()) {
    await bench.connect({ connectionId, rotateAtMs: startMs + at * MINUTE_MS });
  }
  while (bench.clock.nowMs() < startMs + HOUR_MS) {
    for (const [at, connectionId] of ids.entries()) {
      const isDue = ((await bench.stored(connectionId)).dueAtMs ?? 0) <= bench.clock.nowMs();
      if (isDue) await bench.rotate({ connectionId }, { ims });
      else if (at % 3 === 0) await bench.rotate(vend(connectionId), { ims });
    }
    bench.clock.advance(30 * SECOND_MS);
  }
  const tokens = await Promise.all(ids.map((connectionId) => bench.storedToken(connectionId)));
  const lost = tokens.filter((token) => !bench.ims.ledger.isLive(token ?? '')).length;
  return { lost, posts: bench.ims.calls.refreshes };
}

describe('An hour of half-lost answers', () => {
  it('costs no more grants, and no more posts of grants, because callers wait', async () => {
    const sum = { with: { lost: 0, posts: 0 }, without: { lost: 0, posts: 0 } };
    for (const seed of [1, 2, 3, 4]) {
      for (const name of ['with', 'without'] as const) {
        const { lost, posts } = await halfLostHour(seed, name === 'with');
        sum[name].lost += lost;
        sum[name].posts += posts;
      }
    }
    expect(sum.without.lost).toBeGreaterThan(0);
    // One lost answer in each hour may be an early one: after that, no check is believed.
    expect(sum.with.lost).toBeLessThanOrEqual(sum.without.lost + 4);
    expect(sum.with.posts).toBeLessThanOrEqual(sum.without.posts + 8);
  });
});
