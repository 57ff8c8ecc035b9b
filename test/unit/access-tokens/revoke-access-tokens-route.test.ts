import { expect, test } from 'vitest';
import { createAccessTokenRoute } from '../../../functions/access-token/route.ts';
import { withProblemBoundary } from '../../../functions/adapters/http/routing.ts';
import { createRevokeAccessTokens } from '../../../functions/core/connection/request-rotation.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { RotateOutcome } from '../../../functions/core/rotation/rotate-request.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';

const ID = 'acme.user-42';
const REVOKED = {
  outcome: 'access-tokens-revoked',
  invalidated: 1,
  revokedAtAdobe: true,
  pending: false,
} as const;

async function call(outcome: RotateOutcome | 'still-running' | Error, connectionId = ID) {
  const rotator = createFakeRotator(async () => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  const telemetry = createCollectingTelemetry();
  const routes = createAccessTokenRoute({
    vendAccessToken: async () => ({ outcome: 'not-found' }),
    revokeAccessTokens: createRevokeAccessTokens({ rotator }),
  });
  const route = withProblemBoundary(routes, { telemetry });
  const answer = await route(
    { routeKey: 'DELETE /access-tokens/{connectionId}', pathParameters: { connectionId } },
    { getRemainingTimeInMillis: () => 29_000 },
  );
  return { rotator, answer, body: JSON.parse(answer.body) };
}

test('revoking is asked of the only function with the client secret, and answered in time', async () => {
  const { rotator, answer, body } = await call(REVOKED);
  expect(rotator.rotated.map(({ request }) => request)).toEqual([
    { connectionId: ID, trigger: 'revoke-access' },
  ]);
  expect(rotator.rotated[0]?.waitMs).toBeLessThan(29_000);
  expect(answer.statusCode).toBe(200);
  expect(body).toEqual({ connectionId: ID, invalidated: 1, revokedAtAdobe: true, pending: false });
});

test('the answer says when a token was invalidated only, and is still good at Adobe', async () => {
  const { answer, body } = await call({ ...REVOKED, revokedAtAdobe: false });
  expect(answer.statusCode).toBe(200);
  expect(body).toMatchObject({ invalidated: 1, revokedAtAdobe: false });
});

test.each<[string, RotateOutcome | 'still-running' | Error]>([
  ['is not done in time', 'still-running'],
  ['meets a rotation', { outcome: 'busy', retryAfterMs: 1_000 }],
  ['ends otherwise', { outcome: 'idle' }],
  ['cannot be asked for', new PlatformError('ROTATOR_UNAVAILABLE', 'Lambda did not run rotate.')],
])('a revocation that %s is answered with 503 and when to repeat it', async (_, outcome) => {
  const { answer, body } = await call(outcome);
  expect(answer.statusCode).toBe(503);
  expect(answer.headers['retry-after']).toMatch(/^[15]$/);
  expect(body.code).toBe('temporarily_unavailable');
});

test('what is no connection is not found, and what is no id is not asked for', async () => {
  expect((await call({ outcome: 'not-found' })).body.code).toBe('connection_not_found');
  const invalid = await call(REVOKED, 'no id!');
  expect(invalid.body.code).toBe('invalid_request');
  expect(invalid.rotator.rotated).toEqual([]);
});
