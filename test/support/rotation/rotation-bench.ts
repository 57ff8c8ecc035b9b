import { createDeadline } from '../../../functions/core/application/deadline.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/application/rotation/ladder.ts';
import { refreshBinding } from '../../../functions/core/application/rotation/prepare.ts';
import { createRotate } from '../../../functions/core/application/rotation/rotate.ts';
import type {
  RotationDeps,
  RotationSettings,
} from '../../../functions/core/application/rotation/rotation-deps.ts';
import type { Connection } from '../../../functions/core/domain/connection.ts';
import { firstRefreshLife, rotationDueAtMs } from '../../../functions/core/domain/lifetime.ts';
import type { RotateOutcome, RotateRequest } from '../../../functions/core/domain/rotate-request.ts';
import type { Secret } from '../../../functions/core/domain/secret.ts';
import { planWake } from '../../../functions/core/domain/wake-plan.ts';
import { createCollectingTelemetry } from '../fakes/collecting-telemetry.ts';
import { type ConnectionMemory, createConnectionMemory } from '../fakes/connection-memory.ts';
import { EXAMPLE_CLIENT_ID, EXAMPLE_NOW_MS, exampleConnection } from '../fakes/example-records.ts';
import { createFakeAccessTokenStore } from '../fakes/fake-access-token-store.ts';
import { createFakeAlarmClock } from '../fakes/fake-alarm-clock.ts';
import { createFakeBreakerStore } from '../fakes/fake-breaker-store.ts';
import { createFakeClientSecretSource } from '../fakes/fake-client-secret-source.ts';
import { createFakeConnectionStore } from '../fakes/fake-connection-store.ts';
import { createFakeEventPublisher } from '../fakes/fake-event-publisher.ts';
import { createFakeIms, type FakeIms } from '../fakes/fake-ims.ts';
import { createFakeParking } from '../fakes/fake-parking.ts';
import { createFakeSubjectIndex } from '../fakes/fake-subject-index.ts';
import { createFakeSealing } from '../fakes/fake-token-sealer.ts';
import type { LedgerOptions } from '../fakes/ims-ledger.ts';
import { createManualClock, type ManualClock } from '../fakes/manual-clock.ts';
import { createSeededRandom } from '../fakes/seeded-random.ts';

export type RotationBench = Awaited<ReturnType<typeof createRotationBench>>;

/** What a bench is made of beside its clock and IMS. */
export type BenchParts = ReturnType<typeof createFakeParts>;
export interface BenchBase {
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
    alarms: createFakeAlarmClock(),
    parking: createFakeParking(),
    events: createFakeEventPublisher(),
    telemetry: createCollectingTelemetry(),
    sealing: createFakeSealing(),
  };
}

/** The real rotation over fakes of all its ports, or over what takes a fake's place, with one clock that only the test moves. */
export function createRotationBench(
  provider: Omit<Partial<LedgerOptions>, 'clock'> = {},
  replaced: (base: BenchBase) => Partial<BenchParts> = () => ({}),
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
      { trigger: 'alarm', ...request },
      createDeadline(clock, remainingMs),
    );

  /** A connection as a finished consent leaves it, with a token that IMS knows. */
  const connect = async (changes: Partial<Connection> = {}): Promise<Connection & { token: Secret }> => {
    const base = exampleConnection({ connectedAtMs: clock.nowMs(), ...changes });
    const { refreshToken } = ims.ledger.grant({ subject: base.subject ?? 'nobody' });
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
    const stored = planWake(connection, {}, clock.nowMs()).after;
    await fakes.connections.begin(stored);
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

  /** Time passes until the connection's wake, and its alarm rings. */
  const ring = async (connectionId: string, replaced: Partial<RotationDeps> = {}): Promise<RotateOutcome> => {
    const { wakeAtMs } = await stored(connectionId);
    if (wakeAtMs === undefined) throw new Error(`${connectionId} has no wake.`);
    clock.setNowMs(Math.max(clock.nowMs(), wakeAtMs));
    return rotate({ connectionId }, replaced);
  };

  return { ...fakes, clock, memory, ims, sealing, random, deps, rotate, connect, stored, storedToken, ring };
}
