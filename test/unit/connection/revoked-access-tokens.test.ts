import { expect, test } from 'vitest';
import { invalidateAccessTokens } from '../../../functions/core/access-tokens/invalidate-access-tokens.ts';
import { takingThePlaceOf } from '../../../functions/core/consent/consent-connection.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import {
  EXAMPLE_NOW_MS,
  exampleAccessToken,
  exampleBytes,
  exampleConnection,
  exampleGeneration,
} from '../../support/fakes/example-records.ts';
import { createFakeAccessTokenStore } from '../../support/fakes/fake-access-token-store.ts';
import {
  createConnectionMemory,
  createFakeConnectionStore,
} from '../../support/fakes/fake-connection-store.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { createSeededRandom } from '../../support/fakes/seeded-random.ts';

const ANNS = exampleGeneration(EXAMPLE_NOW_MS);
const BOBS = exampleGeneration(EXAMPLE_NOW_MS + 1_000);
const NEXT = exampleGeneration(EXAMPLE_NOW_MS + 2_000);

/** Bob took the connection over from Ann and has not published his own access token yet: the cache still holds hers. */
const bobs = exampleConnection({
  generation: BOBS,
  subject: 'bob@AdobeID',
  subjectKey: 'key-of-bob',
  revocations: [
    {
      kind: 'refresh',
      token: { generation: ANNS, version: 1, sealed: exampleBytes(64) },
      subjectKey: 'key-of-ann',
    },
  ],
});
const annsToken = exampleAccessToken({ generation: ANNS });

test('an access token that an earlier user left in the cache is revoked as that user’s when a consent replaces the connection', () => {
  const consent = exampleConnection({
    generation: NEXT,
    subject: 'ann@AdobeID',
    subjectKey: 'key-of-ann',
    revocations: [],
  });
  const connected = {
    id: 'e1',
    type: 'Connected',
    atMs: EXAMPLE_NOW_MS,
    generation: NEXT,
    detail: {},
  } as const;
  const { revocations } = takingThePlaceOf(bobs, consent, [connected], [annsToken]);
  const pending = revocations.filter(({ kind }) => kind === 'access');
  expect(pending).toMatchObject([{ token: { generation: ANNS }, subjectKey: 'key-of-ann' }]);
});

test('an access token that an earlier user left in the cache is revoked as that user’s when a disconnect invalidates it', async () => {
  const memory = createConnectionMemory();
  const accessTokens = createFakeAccessTokenStore();
  await accessTokens.publish(annsToken, 9_999_999_999);
  const { refresh: _, ...rest } = bobs;
  const disconnecting = { ...rest, generation: NEXT, version: 0, state: 'disconnecting' } as const;
  memory.connections.set(bobs.connectionId, disconnecting);
  const deps = {
    connections: createFakeConnectionStore(memory),
    accessTokens,
    clock: createManualClock(EXAMPLE_NOW_MS),
    random: createSeededRandom(),
    telemetry: createCollectingTelemetry(),
    scopeSets: ['*'],
  };
  await invalidateAccessTokens(deps, disconnecting);
  const pending = memory.connections
    .get(bobs.connectionId)
    ?.revocations.filter(({ kind }) => kind === 'access');
  expect(pending).toMatchObject([{ token: { generation: ANNS }, subjectKey: 'key-of-ann' }]);
});
