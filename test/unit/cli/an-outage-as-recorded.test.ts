import { describe, expect, it } from 'vitest';
import { diagnoseVault } from '../../../cli/doctor/diagnose-vault.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { fleetFacts } from '../../../cli/doctor/gather-fleet.ts';
import type { ConnectionListResponse } from '../../../client/contract.ts';
import { createConnectionsRoute } from '../../../functions/connections/route.ts';
import { createListConnections } from '../../../functions/core/connection/read-connections.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { createFakeVault, type FakeVault } from '../../support/fake-vault/fake-vault.ts';
import { createFakeConnectionDirectory } from '../../support/fakes/fake-connection-indexes.ts';
import { healthyFacts } from './healthy-facts.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function known<Value>(value: Value) {
  return { known: true, value } as const;
}

/** What doctor says of a vault whose rotations have really run: from its breakers, and from the list of its API. */
async function diagnosed(bench: FakeVault): Promise<readonly Finding[]> {
  const directory = createFakeConnectionDirectory(bench.memory);
  const unused = () => Promise.reject(new Error('Not asked for here.'));
  const list = createConnectionsRoute({
    listConnections: createListConnections({ directory, clock: bench.clock }),
    describeConnection: unused,
    beginDisconnect: unused,
    forceRotation: unused,
    eraseSubject: unused,
  });
  const answer = await list(
    { routeKey: 'GET /connections', rawQueryString: 'limit=200' },
    { getRemainingTimeInMillis: () => 10_000 },
  );
  const { connections }: ConnectionListResponse = JSON.parse(answer.body);
  return diagnoseVault({
    ...healthyFacts,
    nowMs: bench.clock.nowMs(),
    breakers: known(bench.breakers.present()),
    fleet: known({ ...fleetFacts(connections), complete: true }),
  });
}

async function messageOf(bench: FakeVault, check: Finding['check']) {
  const found = (await diagnosed(bench)).find((finding) => finding.check === check);
  return { level: found?.level, message: found?.message ?? '' };
}

/** Connections whose due times all run until then, while Adobe answers each post with this. */
async function passing(answer: TokenAnswer, days: number, count = 4): Promise<FakeVault> {
  const bench = createFakeVault({ mode: 'strict' });
  const ids = Array.from({ length: count }, (_, at) => `acme.${at}`);
  const rotateAtMs = bench.clock.nowMs() + 7 * DAY_MS;
  for (const connectionId of ids) await bench.connect({ connectionId, rotateAtMs });
  bench.ims.script(...Array.from({ length: 5_000 }, () => ({ answer })));
  const untilMs = bench.clock.nowMs() + days * DAY_MS;
  for (;;) {
    const due = await Promise.all(
      ids.map(async (id) => ({ id, atMs: (await bench.stored(id)).dueAtMs ?? 0 })),
    );
    const [next] = due.toSorted((one, other) => one.atMs - other.atMs);
    if (next === undefined || next.atMs > untilMs) break;
    await bench.fireDue(next.id);
  }
  bench.clock.setNowMs(untilMs);
  return bench;
}

describe('What doctor says of what the vault recorded', () => {
  it('after days of 503', async () => {
    const bench = await passing({ kind: 'unknown', reason: 'server-error' }, 9);
    expect(await messageOf(bench, 'breakers')).toEqual({
      level: 'error',
      message: expect.stringMatching(/outage breaker is open since .*unknown outcomes/),
    });
    expect((await messageOf(bench, 'token-endpoint')).message).toMatch(/lost \(server-error\)/);
    const fleet = await messageOf(bench, 'connections');
    expect(fleet.level).toBe('error');
    expect(fleet.message).toMatch(/4 connections: 4 active\. 4 are late.*lost in [345] d/);
  });

  it('of a slow trickle of 429: the breaker says so, and what is late is a fault', async () => {
    const bench = await passing({ kind: 'wait', retryAfterMs: 600_000 }, 9);
    expect((await messageOf(bench, 'token-endpoint')).message).toMatch(/asked to wait \(asked-to-wait\)/);
    expect(await messageOf(bench, 'connections')).toMatchObject({ level: 'error' });
  });

  it('of a refused credential', async () => {
    const bench = await passing({ kind: 'misconfigured', error: 'invalid_client' }, 9);
    expect(await messageOf(bench, 'breakers')).toEqual({
      level: 'error',
      message: expect.stringMatching(/credential breaker is open .*invalid_client/),
    });
  });

  it('of one connection whose schedule never fired, while the others are well', async () => {
    const bench = createFakeVault();
    for (const connectionId of ['acme.0', 'acme.1']) await bench.connect({ connectionId });
    await bench.connect({ connectionId: 'acme.lost' });
    bench.clock.advance(8 * DAY_MS);
    for (const connectionId of ['acme.0', 'acme.1']) await bench.rotate({ connectionId });
    const { level, message } = await messageOf(bench, 'connections');
    expect(level).toBe('error');
    expect(message).toMatch(/3 connections: 3 active\. 1 is late/);
  });

  it('of a vault that is well', async () => {
    const bench = createFakeVault();
    await bench.connect();
    expect((await diagnosed(bench)).filter(({ level }) => level !== 'ok')).toEqual([]);
  });
});
