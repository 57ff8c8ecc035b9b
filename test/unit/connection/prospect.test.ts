import { describe, expect, it } from 'vitest';
import {
  failureOf,
  lateSinceMs,
  noNewTokens,
  plannedTryAtMs,
} from '../../../functions/core/connection/prospect.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DOWN = { answer: { kind: 'unknown', reason: 'server-error' } } as const;

describe('A connection in an outage of eight days', () => {
  it('is late since its rotation was due, and its failure names the last error and the tries', async () => {
    const bench = createFakeVault();
    const { connectionId, rotateAtMs = 0 } = await bench.connect();
    bench.ims.script(...Array.from({ length: 2_000 }, () => DOWN));
    const untilMs = bench.clock.nowMs() + 9 * DAY_MS;
    while (bench.clock.nowMs() < untilMs) await bench.fireDue(connectionId);
    const stored = await bench.stored(connectionId);
    const nowMs = bench.clock.nowMs();
    expect(lateSinceMs(stored, nowMs)).toBe(rotateAtMs);
    expect(failureOf(stored)).toMatchObject({ code: 'server-error', tries: stored.failures });
    expect(failureOf(stored)?.sinceMs).toBeGreaterThanOrEqual(rotateAtMs);
    expect(plannedTryAtMs(stored, nowMs)).toBeGreaterThan(nowMs - 1);
    bench.ims.clearScript();
    await bench.fireDue(connectionId);
    const back = await bench.stored(connectionId);
    expect([lateSinceMs(back, bench.clock.nowMs()), failureOf(back)]).toEqual([undefined, undefined]);
  });
});

describe('A connection that is not late', () => {
  it.each([
    ['before it is due', { sliding: 'yes' }, 5 * DAY_MS],
    ['that no rotation extends', { sliding: 'no' }, 12 * DAY_MS],
    ['that waits for its user', { sliding: 'yes', state: 'needs-user-action' }, 12 * DAY_MS],
    ['that is disconnected', { sliding: 'yes', state: 'disconnected' }, 12 * DAY_MS],
  ] as const)('%s', (_, changes, laterMs) => {
    const connectedAtMs = Date.UTC(2026, 0, 1);
    const connection = exampleConnection({
      connectedAtMs,
      refreshExpiresAtMs: connectedAtMs + 14 * DAY_MS,
      ...changes,
    });
    const { rotatedAtMs: _rotated, ...unrotated } = connection;
    expect(lateSinceMs(unrotated, connectedAtMs + laterMs)).toBeUndefined();
  });
});

describe('Why a connection gives no new token', () => {
  const nowMs = Date.UTC(2026, 0, 15);
  const of = (changes: Parameters<typeof exampleConnection>[0]) =>
    noNewTokens(exampleConnection({ refreshExpiresAtMs: nowMs + DAY_MS, ...changes }), nowMs);

  it.each([
    [{}, undefined],
    [{ state: 'suspect' }, undefined],
    [{ degraded: { code: 'invalid_scope', sinceMs: 1 } }, undefined],
    [{ renewable: false }, 'not_renewable'],
    [{ refreshExpiresAtMs: nowMs }, 'expired'],
    [{ degraded: { code: 'seal_broken', sinceMs: 1 } }, 'seal_broken'],
    [{ state: 'needs-reauthorization' }, 'reauthorization_required'],
    [{ state: 'disconnecting' }, 'disconnected'],
    [{ state: 'disconnected' }, 'disconnected'],
  ] as const)('%j: %s', (changes, reason) => {
    expect(of(changes)).toBe(reason);
  });
});

describe('The failure of a connection', () => {
  it('is the refusal where Adobe refused it last, and what the user must do where Adobe asks for that', () => {
    const evidence = { count: 3, firstAtMs: 10, lastAtMs: 30, tried: [] };
    const lastAnswer = { kind: 'lost', sinceMs: 5, atMs: 20, alone: false } as const;
    expect(failureOf(exampleConnection({ evidence, lastAnswer }))).toEqual({
      code: 'refused',
      sinceMs: 10,
      tries: 3,
    });
    expect(failureOf(exampleConnection({ evidence, lastAnswer: { ...lastAnswer, atMs: 40 } }))?.code).toBe(
      'lost',
    );
    const userAction = { error: 'ride_X', sinceMs: 7 };
    expect(failureOf(exampleConnection({ state: 'needs-user-action', userAction }))).toEqual({
      code: 'ride_X',
      sinceMs: 7,
    });
    expect(failureOf(exampleConnection({ failures: 2 }))).toEqual({ code: 'not-posted', tries: 2 });
    expect(failureOf(exampleConnection({}))).toBeUndefined();
  });
});
