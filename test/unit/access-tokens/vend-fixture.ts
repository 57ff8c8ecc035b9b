import { createHash } from 'node:crypto';
import type { SealedAccessToken } from '../../../functions/core/access-tokens/access-token-record.ts';
import { createScopeSets } from '../../../functions/core/access-tokens/scope-sets.ts';
import {
  createVendAccessToken,
  type VendDeps,
} from '../../../functions/core/access-tokens/vend-access-token.ts';
import type { AccessTokenStore } from '../../../functions/core/ports/access-tokens.ts';
import type { Rotator } from '../../../functions/core/ports/rotation.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { createFakeAccessTokenStore } from '../../support/fakes/fake-access-token-store.ts';
import { createFakeRotator, type RotateRun } from '../../support/fakes/fake-rotator.ts';
import { createFakeSealing } from '../../support/fakes/fake-token-sealer.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

export const ID = 'acme.user-42';
const CLIENT_ID = 'client-1';
export const GENERATION = '01HGENERATION00000000000AA';
export const HOUR_MS = 3_600_000;
const TTL = 9_999_999_999;

export function digestOf(token: string) {
  return createHash('sha256').update(token).digest('hex').slice(0, 16);
}

export interface IssuedToken {
  readonly token?: string;
  readonly lifeMs?: number;
  /** How much of the life has passed. */
  readonly ageMs?: number;
  readonly generation?: string;
  readonly version?: number;
  readonly scopeSet?: string;
  /** From now; `null` = not renewable. */
  readonly rotateInMs?: number | null;
}

export function vendFixture(
  overrides: { accessTokens?: Partial<AccessTokenStore>; connections?: VendDeps['connections'] } = {},
) {
  const clock = createManualClock();
  const telemetry = createCollectingTelemetry();
  const sealing = createFakeSealing();
  const store = createFakeAccessTokenStore();
  const world = {
    run: (async () => ({ outcome: 'not-found' })) as RotateRun,
    /** The connection's own; absent without a connection. */
    generation: GENERATION as string | undefined,
  };
  const rotator = createFakeRotator((request) => world.run(request));

  const sealed = async (issued: IssuedToken = {}): Promise<SealedAccessToken> => {
    const { token = 'access-token-1', lifeMs = 24 * HOUR_MS, ageMs = 0, version = 1 } = issued;
    const { generation = GENERATION, scopeSet = '*', rotateInMs = 7 * 24 * HOUR_MS } = issued;
    const issuedAtMs = clock.nowMs() - ageMs;
    const expiresAtMs = issuedAtMs + lifeMs;
    const owner = { purpose: 'access', connectionId: ID, clientId: CLIENT_ID } as const;
    const prepared = await sealing.sealer.prepare(owner);
    return {
      kind: 'token',
      connectionId: ID,
      scopeSet,
      clientId: CLIENT_ID,
      generation,
      version,
      sealed: prepared.seal(new Secret(token), { ...owner, generation, version, expiresAtMs, scopeSet }),
      issuedAtMs,
      expiresAtMs,
      scopes: scopeSet === '*' ? ['openid', 'lr_partner_apis'] : scopeSet.split(' '),
      digest: digestOf(token),
      ...(rotateInMs !== null && { rotateAtMs: clock.nowMs() + rotateInMs }),
    };
  };
  const publish = async (issued: IssuedToken = {}) => {
    const record = await sealed(issued);
    await store.publish(record, TTL);
    return record;
  };
  /** From now on `rotate` publishes this token. */
  const rotateWillPublish = (issued: IssuedToken) => {
    world.run = async () => {
      await publish(issued);
      return { outcome: 'rotated' };
    };
  };

  const accessTokens: AccessTokenStore = { ...store, ...overrides.accessTokens };
  const deps = (own: Rotator = rotator) => ({
    accessTokens,
    connections: overrides.connections ?? { readGeneration: async () => world.generation },
    opener: sealing.openerFor('access'),
    rotator: own,
    clock,
    random: createSeededRandom(),
    telemetry,
    scopeSets: createScopeSets(['openid AdobeID']),
    clientId: CLIENT_ID,
  });
  return {
    clock,
    telemetry,
    sealing,
    store,
    rotator,
    world,
    sealed,
    publish,
    rotateWillPublish,
    deps,
    vend: createVendAccessToken(deps()),
    asked: (): RotateRequest[] => rotator.rotated.map(({ request }) => request),
  };
}
