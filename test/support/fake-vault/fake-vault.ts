import type { Connection } from '../../../functions/core/connection/connection.ts';
import { planNextDue } from '../../../functions/core/connection/due.ts';
import { firstRefreshLife, rotationDueAtMs } from '../../../functions/core/connection/lifetime.ts';
import { refreshBinding } from '../../../functions/core/connection/sealed-token.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import { createRotate } from '../../../functions/core/rotation/rotate-connection.ts';
import type { RotateOutcome, RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import type { RotationDeps, RotationSettings } from '../../../functions/core/rotation/run.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import type { Secret } from '../../../functions/core/secret.ts';
import { createCollectingTelemetry } from '../fakes/collecting-telemetry.ts';
import { EXAMPLE_CLIENT_ID, EXAMPLE_NOW_MS, exampleConnection } from '../fakes/example-records.ts';
import { createFakeAccessTokenStore } from '../fakes/fake-access-token-store.ts';
import { createFakeBreakerStore } from '../fakes/fake-breaker-store.ts';
import { createFakeClientSecretSource } from '../fakes/fake-client-secret-source.ts';
import { createFakeSubjectIndex } from '../fakes/fake-connection-indexes.ts';
import {
  type ConnectionMemory,
  createConnectionMemory,
  createFakeConnectionStore,
} from '../fakes/fake-connection-store.ts';
import { createFakeEventPublisher } from '../fakes/fake-event-publisher.ts';
import { createFakeIms, type FakeIms } from '../fakes/fake-ims.ts';
import { createFakeParking, createFakeRotationSchedules } from '../fakes/fake-schedules.ts';
import { createFakeSealing } from '../fakes/fake-token-sealer.ts';
import type { LedgerOptions } from '../fakes/ims-ledger.ts';
import { createManualClock, type ManualClock } from '../fakes/manual-clock.ts';
import { createSeededRandom } from '../fakes/seeded-random.ts';

export type FakeVault = Awaited<ReturnType<typeof createFakeVault>>;

/** What a vault is made of besides its clock and IMS. */
export type FakeParts = ReturnType<typeof createFakeParts>;
export interface FakeVaultBase {
  readonly clock: ManualClock;
  readonly memory: ConnectionMemory;
  readonly ims: FakeIms;
}

function createFakeParts(memory: ConnectionMemory) {
  return {
    connections: createFakeConnectionStore(memory),
    accessTokens: createFakeAccessTokenStore(),
    breakers: createFakeBreakerStore(),
    clientSecret: createFakeClientSecretSource(),
    schedules: createFakeRotationSchedules(),
    parking: createFakeParking(),
    events: createFakeEventPublisher(),
    telemetry: createCollectingTelemetry(),
    sealing: createFakeSealing(),
  };
}

/** The real rotation over fakes of all its ports, or over what takes a fake's place, with one clock that only the test moves. */
export function createFakeVault(
  provider: Omit<Partial<LedgerOptions>, 'clock'> = {},
  replaced: (base: FakeVaultBase) => Partial<FakeParts> = () => ({}),
  settings: Partial<RotationSettings> = {},
) {
  const clock = createManualClock(EXAMPLE_NOW_MS);
  const memory = createConnectionMemory();
  const ims = createFakeIms({ clock, mode: 'strict', ...provider });
  const { sealing, ...fakes } = { ...createFakeParts(memory), ...replaced({ clock, memory, ims }) };
  const random = createSeededRandom();
  const deps: RotationDeps = {
    ...fakes,
    subjects: createFakeSubjectIndex(memory),
    sealer: sealing.sealer,
    opener: sealing.opener,
    ims,
    clock,
    random,
    settings: { clientId: EXAMPLE_CLIENT_ID, scopeSets: ['*'], revocationScope: 'unknown', ...settings },
  };

  const rotate = (
    request: Partial<RotateRequest> & { connectionId: string },
    replaced: Partial<RotationDeps> = {},
    remainingMs = FUNCTION_TIMEOUT_MS,
  ): Promise<RotateOutcome> =>
    createRotate({ ...deps, ...replaced })(
      { trigger: 'schedule', ...request },
      createDeadline(clock, remainingMs),
    );

  /** A connection as a finished consent leaves it, with a token that IMS knows. */
  const connect = async (changes: Partial<Connection> = {}): Promise<Connection & { token: Secret }> => {
    const base = exampleConnection({ connectedAtMs: clock.nowMs(), ...changes });
    const { refreshToken } = ims.ledger.grant({ subject: base.subject ?? 'no-subject' });
    const identity = { generation: base.generation, version: base.version };
    const { connectionId, clientId } = base;
    const seal = await sealing.sealer.prepare({ purpose: 'refresh', connectionId, clientId });
    const life = firstRefreshLife(clock.nowMs(), {});
    const connection: Connection = {
      ...base,
      ...life,
      rotateAtMs: rotationDueAtMs(connectionId, life, clock.nowMs()) ?? 0,
      refresh: { ...identity, sealed: seal.seal(refreshToken, refreshBinding(base, identity)) },
      ...changes,
    };
    const stored = planNextDue(connection, {}, clock.nowMs()).after;
    await fakes.connections.replaceGeneration(stored);
    return { ...stored, token: refreshToken };
  };

  const stored = async (connectionId: string): Promise<Connection> => {
    const connection = await fakes.connections.read(connectionId);
    if (!connection) throw new Error(`There is no connection ${connectionId}.`);
    return connection;
  };

  /** Which token of the ledger is stored as the present one. */
  const storedToken = async (
    connectionId: string,
    name: 'refresh' | 'previous' | 'alternate' = 'refresh',
  ) => {
    const connection = await stored(connectionId);
    const token = connection[name];
    if (!token) return undefined;
    return (await sealing.opener.open(token.sealed, refreshBinding(connection, token))).reveal();
  };

  /** Time passes until the connection's due time, and its schedule fires. */
  const fireDue = async (
    connectionId: string,
    replaced: Partial<RotationDeps> = {},
  ): Promise<RotateOutcome> => {
    const { dueAtMs } = await stored(connectionId);
    if (dueAtMs === undefined) throw new Error(`${connectionId} has no due time.`);
    clock.setNowMs(Math.max(clock.nowMs(), dueAtMs));
    return rotate({ connectionId }, replaced);
  };

  return {
    ...fakes,
    clock,
    memory,
    ims,
    sealing,
    random,
    deps,
    rotate,
    connect,
    stored,
    storedToken,
    fireDue,
  };
}
