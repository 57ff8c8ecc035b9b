import { describe, expect, it } from 'vitest';
import { readRequest } from '../../../functions/rotate/event.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';

const HOUR_MS = 3_600_000;

type Bench = ReturnType<typeof createFakeVault>;

function runsOf({ telemetry }: Bench) {
  return telemetry.measurements
    .filter(({ metric }) => metric === 'CanaryRuns')
    .map(({ dimensions }) => dimensions?.result);
}

function rotateAsCanary(bench: Bench, connectionId: string) {
  return bench.rotate({ connectionId, trigger: 'canary' });
}

describe('The canary', () => {
  it('is rotated by its schedule', () => {
    const input = { connectionId: 'ops.canary', trigger: 'canary' };
    expect(readRequest(input)).toEqual(input);
  });

  it('is rotated whatever is due, creates its next due time, and says so', async () => {
    const bench = createFakeVault();
    const { connectionId, version } = await bench.connect();
    expect(await rotateAsCanary(bench, connectionId)).toEqual({ outcome: 'rotated' });
    const stored = await bench.stored(connectionId);
    expect(stored.version).toBe(version + 1);
    expect(stored.dueAtMs).toBeGreaterThan(bench.clock.nowMs());
    expect(runsOf(bench)).toEqual(['rotated']);
  });

  it('waits during a back-off, since no operator watches it', async () => {
    const bench = createFakeVault();
    const { connectionId, version } = await bench.connect();
    await bench.connections.update({
      expected: await bench.stored(connectionId),
      changes: { nextAttemptAtMs: bench.clock.nowMs() + HOUR_MS, failures: 4 },
    });
    expect(await rotateAsCanary(bench, connectionId)).toMatchObject({
      outcome: 'waiting',
      reason: 'backoff',
    });
    expect((await bench.stored(connectionId)).version).toBe(version);
    expect(runsOf(bench)).toEqual(['waiting']);
  });

  it('waits for Adobe as every connection does, and is not called refused for that', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'unknown', reason: 'unreachable' } });
    expect(await rotateAsCanary(bench, connectionId)).toMatchObject({ outcome: 'unknown' });
    expect(runsOf(bench)).toEqual(['waiting']);
  });

  it('is refused at the first doubt: its user revokes nothing', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    bench.ims.script({ answer: { kind: 'refused', error: 'access_denied' } });
    expect(await rotateAsCanary(bench, connectionId)).toMatchObject({ outcome: 'suspect' });
    expect(await rotateAsCanary(bench, connectionId)).toMatchObject({ outcome: 'waiting' });
    expect(runsOf(bench)).toEqual(['refused', 'refused']);
  });

  it('is refused where it is not there, was disconnected, or was never renewable', async () => {
    const bench = createFakeVault();
    await bench.connect({ connectionId: 'left', state: 'disconnected' });
    await bench.connect({ connectionId: 'fixed', renewable: false });
    for (const connectionId of ['absent', 'left', 'fixed']) await rotateAsCanary(bench, connectionId);
    expect(runsOf(bench)).toEqual(['refused', 'refused', 'refused']);
  });

  it('is not called refused when another process is at it', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    const connections = { ...bench.connections, claim: async () => 'conflict' as const };
    await bench.rotate({ connectionId, trigger: 'canary' }, { connections });
    expect(runsOf(bench)).toEqual(['waiting']);
  });

  it('is not measured when other connections are rotated', async () => {
    const bench = createFakeVault();
    const { connectionId } = await bench.connect();
    await bench.fireDue(connectionId);
    await bench.rotate({ connectionId, trigger: 'operator' });
    expect(runsOf(bench)).toEqual([]);
  });
});
