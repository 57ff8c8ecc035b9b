import { describe, expect, it } from 'vitest';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { injectFaults, onEvery, unreachable } from '../../support/faults/fault-proxy.ts';

const HOUR_MS = 3_600_000;

type Bench = ReturnType<typeof createFakeVault>;

function safetyOf({ telemetry }: Bench) {
  return telemetry.measurements
    .filter(({ metric }) => metric === 'HoursOfSafetyLeft')
    .map(({ value }) => value);
}

describe('Hours of safety left', () => {
  it('are measured for a connection that rotating keeps alive', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);
    expect(safetyOf(bench)).toEqual([14 * 24]);
  });

  it('are not measured for one that ends whatever the vault does: its alarm could never clear', async () => {
    const bench = createFakeVault();
    const nowMs = bench.clock.nowMs();
    const ends = { refreshExpiresAtMs: nowMs + HOUR_MS, rotateAtMs: nowMs + 2 * HOUR_MS };
    await bench.connect({ connectionId: 'fixed', sliding: 'no', ...ends });
    await bench.connect({ connectionId: 'waits-for-user', state: 'needs-user-action', ...ends });
    await bench.rotate({ connectionId: 'fixed' });
    await bench.rotate({ connectionId: 'waits-for-user' });
    expect(safetyOf(bench)).toEqual([]);
  });
});

describe('What an alarm needs at once', () => {
  it('is a breaker that opens, not only the reconciler’s look at it within the hour', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'misconfigured', error: 'invalid_client' } });
    await bench.fireDue(connectionId);
    expect(bench.telemetry.total('BreakerOpen', { breaker: 'credential' })).toBe(1);
  });

  it('is a connection that Adobe’s answers degrade, each time they do', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const refused = { answer: { kind: 'misconfigured', error: 'invalid_scope' } } as const;
    bench.ims.script(refused, refused);
    await bench.fireDue(connectionId);
    bench.clock.advance(HOUR_MS);
    await bench.fireDue(connectionId);
    expect(bench.telemetry.total('ConnectionDegraded', { reason: 'adobe_answer' })).toBe(2);
  });

  it('is not a scope set that Adobe refuses: the grant is as good as before', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'misconfigured', error: 'invalid_scope' } });
    const requirement = { scopeSet: 'AdobeID openid', minTtlSeconds: 300 };
    const settings = { ...bench.deps.settings, scopeSets: ['*', requirement.scopeSet] };
    await bench.rotate({ connectionId, trigger: 'vend', requirement }, { settings });
    expect(bench.telemetry.total('ConnectionDegraded')).toBe(0);
  });

  it('is a key that cannot be had, since nothing is rotated without', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const opener = injectFaults(bench.deps.opener, [unreachable('KEY_UNAVAILABLE', onEvery('open'))]);
    expect(await bench.fireDue(connectionId, { opener })).toMatchObject({ reason: 'key-unavailable' });
    expect(bench.telemetry.total('RotationWaits', { reason: 'key-unavailable' })).toBe(1);
  });
});
