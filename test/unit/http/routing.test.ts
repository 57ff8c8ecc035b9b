import { describe, expect, it } from 'vitest';
import type { OutcomePage } from '../../../functions/adapters/http/outcome-page.ts';
import { problem } from '../../../functions/adapters/http/problem.ts';
import {
  createRouter,
  withPageBoundary,
  withProblemBoundary,
} from '../../../functions/adapters/http/routing.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import {
  type CollectingTelemetry,
  createCollectingTelemetry,
} from '../../support/fakes/collecting-telemetry.ts';

const context = { getRemainingTimeInMillis: () => 1000 };

function countedOf({ measurements }: CollectingTelemetry) {
  return measurements.filter(({ metric }) => metric === 'ErrorsOfVersion');
}

describe('the boundary of a route', () => {
  const version = { ...context, functionName: 'vault-consents', functionVersion: '12' };
  const page: OutcomePage = () => ({ statusCode: 500, headers: {}, body: '' });

  /** What a thrown error does at the boundary of an API route and of a browser's route. */
  async function throwing(error: Error) {
    const telemetry = createCollectingTelemetry();
    const failing = () => Promise.reject(error);
    const event = { routeKey: 'GET /x' };
    const answer = await withProblemBoundary(failing, { telemetry })(event, version);
    await withPageBoundary(failing, { telemetry, page })(event, version);
    return { answer, counted: countedOf(telemetry) };
  }

  it('answers an error with a problem that says nothing of it, and logs it with its connection', async () => {
    const telemetry = createCollectingTelemetry();
    const route = withProblemBoundary(
      async () => {
        throw new PlatformError('STORE_UNAVAILABLE', 'Table acme-secret-table is throttled.');
      },
      { telemetry },
    );
    const result = await route({ routeKey: 'GET /x', pathParameters: { connectionId: 'acme.a' } }, context);
    expect(result.statusCode).toBe(503);
    expect(result.headers['retry-after']).toBe('5');
    expect(result.body).not.toContain('acme-secret-table');
    expect(telemetry.lines[0]?.fault?.code).toBe('STORE_UNAVAILABLE');
    expect(telemetry.lines[0]?.fields).toEqual({ route: 'GET /x', connectionId: 'acme.a' });
    expect(telemetry.total('RequestsFailed', { route: 'GET /x' })).toBe(1);
  });

  it('counts an error for the version that threw it, and a 503 that a route returns for none', async () => {
    const { counted } = await throwing(new Error('A mistake of the new version.'));
    const once = {
      metric: 'ErrorsOfVersion',
      value: 1,
      unit: 'Count',
      dimensions: { function: 'vault-consents', version: '12' },
    };
    expect(counted).toEqual([once, once]);
    const telemetry = createCollectingTelemetry();
    const returned = withProblemBoundary(async () => problem('temporarily_unavailable'), { telemetry });
    await returned({ routeKey: 'GET /x' }, version);
    expect(countedOf(telemetry)).toEqual([]);
  });

  it.each([
    'STORE_UNAVAILABLE',
    'KEY_UNAVAILABLE',
    'SECRET_UNAVAILABLE',
    'SCHEDULER_UNAVAILABLE',
    'EVENTS_UNAVAILABLE',
    'ROTATOR_UNAVAILABLE',
    'ITEM_MALFORMED',
    'SEAL_BROKEN',
    'SCHEDULE_GROUP_GONE',
  ] as const)('does not roll a canary deployment back for %s', async (code) => {
    const { answer, counted } = await throwing(new PlatformError(code, 'Not the fault of a version.'));
    expect(answer.statusCode).toBe(503);
    expect(counted).toEqual([]);
  });

  it.each(['ACCESS_DENIED', 'SETTINGS_INVALID', 'KEY_UNKNOWN'] as const)(
    'rolls a canary deployment back for %s, which the deployment causes',
    async (code) => {
      const { counted } = await throwing(new PlatformError(code, 'The deployment lacks something.'));
      expect(counted).toHaveLength(2);
    },
  );

  it('sends the Retry-After that the function chose for a platform error', async () => {
    const deps = { telemetry: createCollectingTelemetry(), retryAfterSeconds: { STORE_UNAVAILABLE: 2 } };
    const answers = await Promise.all(
      [
        new PlatformError('STORE_UNAVAILABLE', 'Throttled.'),
        new PlatformError('ROTATOR_UNAVAILABLE', 'Throttled.'),
        new Error('A mistake.'),
      ].map((error) =>
        withProblemBoundary(() => Promise.reject(error), deps)({ routeKey: 'GET /x' }, context),
      ),
    );
    expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(['2', '5', '5']);
  });

  it('is dispatched by the route key and by no inherited property', async () => {
    const router = createRouter({ 'GET /x': async () => ({ statusCode: 200, headers: {}, body: '' }) });
    expect((await router({ routeKey: 'GET /x' }, context)).statusCode).toBe(200);
    expect((await router({ routeKey: 'toString' }, context)).statusCode).toBe(404);
  });
});
