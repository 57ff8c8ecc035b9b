import { describe, expect, it } from 'vitest';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type BadAnswer = Exclude<TokenAnswer, { readonly kind: 'tokens' }>;

const ODD: readonly BadAnswer[] = [
  { kind: 'misconfigured', error: 'invalid_scope' },
  { kind: 'misconfigured', error: 'unauthorized_client' },
  { kind: 'misconfigured', error: 'bad_request' },
  { kind: 'unexpected', status: 404 },
  { kind: 'unexpected', status: 400, error: 'never_seen' },
];
const THROTTLED: BadAnswer = { kind: 'wait', retryAfterMs: 10_000 };
const LOST: BadAnswer = { kind: 'unknown', reason: 'server-error' };
const REFUSED: BadAnswer = { kind: 'misconfigured', error: 'invalid_client' };

/** Connections that are due, and what Adobe answers to the next post of each. */
async function answered(bench: FakeVault, ids: readonly string[], answer: BadAnswer): Promise<void> {
  for (const connectionId of ids) {
    const isNew = !bench.memory.connections.has(connectionId);
    if (isNew) await bench.connect({ connectionId, subjectKey: connectionId });
    bench.ims.script({ answer });
    // The token is posted once more where the first answer was lost.
    if (answer.kind === 'unknown') bench.ims.script({ answer });
    await bench.rotate({ connectionId, trigger: 'operator' });
  }
}

function many(name: string, count: number) {
  return Array.from({ length: count }, (_, at) => `${name}.${at}`);
}

async function dueLater(bench: FakeVault, connectionId: string) {
  await bench.connect({ connectionId, subjectKey: connectionId, rotateAtMs: bench.clock.nowMs() });
  return () => bench.rotate({ connectionId });
}

describe.each(ODD)('An answer about one grant ($kind $error $status)', (answer) => {
  it('holds no other connection’s post, however many connections get it, and however often', async () => {
    const bench = createFakeVault();
    for (let round = 0; round < 3; round += 1) await answered(bench, many('ill', 12), answer);
    const well = await dueLater(bench, 'well');
    expect(await well()).toEqual({ outcome: 'rotated' });
    expect(bench.breakers.present()).toMatchObject({ recent: [] });
    expect(bench.telemetry.total('BreakerOpened')).toBe(0);
  });

  it('of many connections and no success raises an alarm and calls no connection revoked', async () => {
    const bench = createFakeVault();
    const dead = await bench.connect({ connectionId: 'dead', subject: 'dead@AdobeID', subjectKey: 'dead' });
    await answered(bench, many('ill', 5), answer);
    expect(bench.telemetry.total('OddAnswers')).toBe(1);
    bench.ims.ledger.revokeUser('dead@AdobeID');
    const fromMs = bench.clock.nowMs();
    while (bench.clock.nowMs() < fromMs + 2 * DAY_MS) {
      await bench.rotate({ connectionId: dead.connectionId, trigger: 'operator' });
      bench.clock.advance(8 * HOUR_MS);
    }
    expect((await bench.stored('dead')).state).toBe('suspect');
  });

  it('of many connections with a success between them is no news', async () => {
    const bench = createFakeVault();
    for (const connectionId of many('ill', 8)) {
      await answered(bench, [connectionId], answer);
      const well = await dueLater(bench, `beside.${connectionId}`);
      expect(await well()).toEqual({ outcome: 'rotated' });
    }
    expect(bench.telemetry.total('OddAnswers')).toBe(0);
  });

  it('closes no breaker, and gives the trial back to the others', async () => {
    const bench = createFakeVault();
    await answered(bench, many('lost', 3), LOST);
    bench.clock.advance(MINUTE_MS);
    const ill = await dueLater(bench, 'ill');
    bench.ims.script({ answer });
    await ill();
    expect(bench.breakers.present().outage).toMatchObject({ reopened: 0 });
    bench.clock.advance(MINUTE_MS);
    const well = await dueLater(bench, 'well');
    expect(await well()).toEqual({ outcome: 'rotated' });
  });
});

describe('A connection whose last answer was about itself', () => {
  it('leaves the trial of a breaker to others for an hour, and takes it then', async () => {
    const bench = createFakeVault();
    await answered(bench, ['ill'], { kind: 'misconfigured', error: 'bad_request' });
    await answered(bench, many('lost', 3), LOST);
    bench.clock.advance(50 * MINUTE_MS);
    const vend = { trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 300 } } as const;
    const ask = () => bench.rotate({ connectionId: 'ill', ...vend });
    expect(await ask()).toMatchObject({ outcome: 'waiting', reason: 'outage-breaker' });
    bench.clock.advance(11 * MINUTE_MS);
    expect(await ask()).toEqual({ outcome: 'rotated' });
  });

  it('opens no breaker by answers that are lost, refused or late: they say nothing about other connections', async () => {
    for (const later of [LOST, REFUSED, THROTTLED]) {
      const bench = createFakeVault();
      await answered(bench, many('ill', 6), { kind: 'misconfigured', error: 'bad_request' });
      await answered(bench, many('ill', 6), later);
      const { credential, outage } = bench.breakers.present();
      expect({ credential, outage }).toEqual({ credential: undefined, outage: undefined });
    }
  });

  it('counts again after a success', async () => {
    const bench = createFakeVault();
    const ids = many('ill', 3);
    await answered(bench, ids, { kind: 'misconfigured', error: 'bad_request' });
    for (const connectionId of ids) await bench.rotate({ connectionId, trigger: 'operator' });
    expect((await bench.stored('ill.0')).lastAnswer).toBeUndefined();
    await answered(bench, ids, LOST);
    expect(bench.breakers.present().outage).toBeDefined();
  });
});

describe('A trial that posts nothing', () => {
  it('is given back to the others', async () => {
    const bench = createFakeVault();
    await answered(bench, many('lost', 3), LOST);
    bench.clock.advance(MINUTE_MS);
    const stuck = await bench.connect({ connectionId: 'stuck', rotateAtMs: bench.clock.nowMs() });
    const sealed = new Uint8Array([1, 2, 3]);
    const refresh = { generation: stuck.generation, version: stuck.version, sealed };
    await bench.connections.update({ expected: stuck, changes: { refresh } });
    expect(await bench.rotate({ connectionId: 'stuck' })).toMatchObject({ outcome: 'degraded' });
    expect(bench.breakers.present().outage).toMatchObject({ reopened: 0 });
    bench.clock.advance(MINUTE_MS);
    const well = await dueLater(bench, 'well');
    expect(await well()).toEqual({ outcome: 'rotated' });
  });
});

describe('Answers that two connections never get', () => {
  it('hold no other connection, though they fail forever', async () => {
    const bench = createFakeVault();
    for (let round = 0; round < 20; round += 1) {
      await answered(bench, ['ill.1', 'ill.2'], LOST);
      bench.clock.advance(10 * MINUTE_MS);
    }
    expect(bench.breakers.present().outage).toBeUndefined();
  });
});

describe('Being asked to wait', () => {
  it('again and again slows no other connection, as long as it is one connection or two', async () => {
    const bench = createFakeVault();
    for (let round = 0; round < 10; round += 1) await answered(bench, ['ill.1', 'ill.2'], THROTTLED);
    expect(bench.breakers.present().outage).toBeUndefined();
  });

  it('slows every connection when three are asked, and none succeeds between them', async () => {
    const bench = createFakeVault();
    await answered(bench, many('slow', 3), THROTTLED);
    const well = await dueLater(bench, 'well');
    expect(await well()).toMatchObject({ outcome: 'waiting', reason: 'outage-breaker' });
  });

  it('does not slow it with a success between them', async () => {
    const bench = createFakeVault();
    await answered(bench, many('slow', 2), THROTTLED);
    const well = await dueLater(bench, 'well');
    await well();
    await answered(bench, ['slow.3'], THROTTLED);
    expect(bench.breakers.present().outage).toBeUndefined();
  });

  it('holds no caller: it costs no grant', async () => {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'well' });
    bench.clock.advance(MINUTE_MS);
    await answered(bench, many('slow', 3), THROTTLED);
    bench.ims.scriptChecks(false);
    const requirement = { scopeSet: '*', minTtlSeconds: 300 };
    expect(await bench.rotate({ connectionId: 'well', trigger: 'vend', requirement })).toEqual({
      outcome: 'rotated',
    });
  });

  it('turns into lost answers when they come as well, and then callers wait too', async () => {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'well' });
    bench.clock.advance(MINUTE_MS);
    await answered(bench, many('slow', 3), THROTTLED);
    bench.clock.advance(5 * MINUTE_MS);
    const lost = many('lost', 3);
    for (const connectionId of lost) {
      await bench.connect({ connectionId, refreshExpiresAtMs: bench.clock.nowMs() + DAY_MS });
    }
    await answered(bench, lost, LOST);
    expect(bench.breakers.present().outage?.reason).toBe('unknown outcomes');
    const requirement = { scopeSet: '*', minTtlSeconds: 300 };
    bench.ims.scriptChecks(false);
    expect(await bench.rotate({ connectionId: 'well', trigger: 'vend', requirement })).toMatchObject({
      reason: 'outage-breaker',
    });
  });
});

describe('An answer to a request for narrower scopes', () => {
  const requirement = { scopeSet: 'openid', minTtlSeconds: 300 };

  it.each([
    ...ODD,
    THROTTLED,
    { kind: 'refused', error: 'access_denied' } as const,
    { kind: 'misconfigured', error: 'unauthorized' } as const,
    { kind: 'user-action', error: 'ride_AdobeID_acct_terms' } as const,
  ])('reports nothing to the breakers ($kind $error $status)', async (answer) => {
    const bench = createFakeVault();
    for (const connectionId of many('ill', 6)) {
      await bench.connect({ connectionId });
      bench.ims.script({ answer });
      await bench.rotate({ connectionId, trigger: 'vend', requirement });
      expect((await bench.stored(connectionId)).lastAnswer).toBeUndefined();
    }
    expect(bench.breakers.writes).toBe(0);
  });

  it('reports a refused credential and a lost answer to them', async () => {
    for (const answer of [LOST, REFUSED]) {
      const bench = createFakeVault();
      for (const connectionId of many('ill', 3)) {
        await bench.connect({ connectionId });
        bench.ims.script({ answer });
        await bench.rotate({ connectionId, trigger: 'vend', requirement });
      }
      const { credential, outage } = bench.breakers.present();
      expect(credential ?? outage).toBeDefined();
    }
  });
});

describe('A connection that gets the same answer about itself again and again', () => {
  /** How often it is posted in this number of days, and its longest pause. */
  async function postsOver(days: number, answer: BadAnswer, changes: { refreshExpiresAtMs?: number } = {}) {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'ill', rotateAtMs: bench.clock.nowMs(), ...changes });
    const untilMs = bench.clock.nowMs() + days * DAY_MS;
    const times: number[] = [];
    while (bench.clock.nowMs() < untilMs) {
      if (bench.ims.unusedSteps() === 0) bench.ims.script({ answer });
      await bench.fireDue('ill');
      if (bench.ims.unusedSteps() === 0 && bench.clock.nowMs() < untilMs) times.push(bench.clock.nowMs());
    }
    return { posts: times.length, pausesMs: times.slice(1).map((atMs, at) => atMs - (times[at] ?? 0)) };
  }

  it('is posted less and less, and several times a day all the same', async () => {
    const ages = { refreshExpiresAtMs: Date.UTC(2027, 0) };
    const odd = await postsOver(4, { kind: 'misconfigured', error: 'bad_request' }, ages);
    expect(odd.posts).toBeLessThan(100);
    expect(Math.max(...odd.pausesMs)).toBeLessThanOrEqual(3 * HOUR_MS + MINUTE_MS);
    const throttled = await postsOver(4, THROTTLED, ages);
    expect(throttled.posts).toBeLessThan(200);
    expect(Math.max(...throttled.pausesMs)).toBeLessThanOrEqual(3 * HOUR_MS + MINUTE_MS);
  });

  it('is tried more often as its end comes closer', async () => {
    const { pausesMs } = await postsOver(13.9, { kind: 'unexpected', status: 404 });
    expect(pausesMs.at(-1)).toBeLessThan(10 * MINUTE_MS);
  });
});
