import type { Connection } from '../../../functions/core/connection/connection.ts';
import { refreshBinding, type SealedRefreshToken } from '../../../functions/core/connection/sealed-token.ts';
import { FUNCTION_TIMEOUT_MS } from '../../../functions/core/rotation/time-budget.ts';
import type { Secret } from '../../../functions/core/secret.ts';
import type { CrashWorld } from './crash-world.ts';
import { type Act, due, rotating, type Scenario, vended } from './preparations.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GARBAGE = new Uint8Array([1, 2, 3]);

async function sealed(
  world: CrashWorld,
  connection: Connection,
  token: Secret,
  version: number,
): Promise<SealedRefreshToken> {
  const { connectionId, clientId, generation } = connection;
  const seal = await world.sealing.sealer.prepare({ purpose: 'refresh', connectionId, clientId });
  return {
    generation,
    version,
    sealed: seal.seal(token, refreshBinding(connection, { generation, version })),
  };
}

/** IMS has refused the present token for a day. Another token of the connection is valid. */
async function refusedForADay(world: CrashWorld, alive: 'alternate' | 'previous'): Promise<Act> {
  const connection = await world.connect({ version: 2 });
  const { connectionId, subject = '', token } = connection;
  const { refreshToken } = world.ims.ledger.grant({ subject });
  world.ims.ledger.revoke(token.reveal());
  world.clock.advance(HOUR_MS);
  const nowMs = world.clock.nowMs();
  await world.connections.update({
    expected: connection,
    changes: {
      state: 'suspect',
      evidence: { count: 4, firstAtMs: nowMs - 25 * HOUR_MS, lastAtMs: nowMs, tried: [] },
      [alive]: await sealed(world, connection, refreshToken, alive === 'alternate' ? 2 : 1),
      rotateAtMs: nowMs,
      dueAtMs: nowMs,
    },
  });
  return rotating(world, { connectionId, subject });
}

const rotation = { timeoutMs: FUNCTION_TIMEOUT_MS, grant: 'holds' } as const;

export const DECISION_SCENARIOS: readonly Scenario[] = [
  {
    ...rotation,
    name: 'forced refresh',
    prepare: async (world) => {
      const { connectionId, subject } = await vended(world);
      const { generation, version } = await world.stored(connectionId);
      const requirement = { scopeSet: '*', minTtlSeconds: 300, rejected: { generation, version } };
      return rotating(world, { connectionId, subject }, { trigger: 'vend', requirement });
    },
  },
  {
    ...rotation,
    name: 'narrower scopes',
    prepare: async (world) => {
      const who = await vended(world);
      return rotating(world, who, {
        trigger: 'vend',
        requirement: { scopeSet: 'openid', minTtlSeconds: 300 },
      });
    },
  },
  {
    ...rotation,
    name: 'warn before the grant expires',
    prepare: async (world) => {
      const refreshExpiresAtMs = world.clock.nowMs() + 14 * DAY_MS;
      const rotateAtMs = refreshExpiresAtMs - 2 * HOUR_MS;
      return rotating(world, await due(world, 0, { sliding: 'no', refreshExpiresAtMs, rotateAtMs }));
    },
  },
  {
    ...rotation,
    name: 'give up long after the grant expired',
    grant: 'expired',
    prepare: async (world) => rotating(world, await due(world, 29 * DAY_MS)),
  },
  {
    ...rotation,
    name: 'last try with alternate',
    prepare: (world) => refusedForADay(world, 'alternate'),
  },
  {
    ...rotation,
    name: 'last try with previous',
    prepare: (world) => refusedForADay(world, 'previous'),
  },
  {
    ...rotation,
    name: 'the parent of a token that cannot be opened',
    prepare: async (world) => {
      const connection = await world.connect({ version: 2 });
      const { connectionId, subject = '', token } = connection;
      const sinceMs = world.clock.nowMs();
      world.clock.advance(DAY_MS);
      const nowMs = world.clock.nowMs();
      const { generation } = connection;
      await world.connections.update({
        expected: connection,
        changes: {
          refresh: { generation, version: 2, sealed: GARBAGE },
          previous: await sealed(world, connection, token, 1),
          degraded: { code: 'seal_broken', sinceMs },
          rotateAtMs: nowMs,
          dueAtMs: nowMs,
        },
      });
      return rotating(world, { connectionId, subject });
    },
  },
];
