import { describe, expect, it } from 'vitest';
import type { OutcomePage } from '../../../functions/adapters/http/outcome-page.ts';
import { withPageBoundary } from '../../../functions/adapters/http/page-boundary.ts';
import { problem } from '../../../functions/adapters/http/problem.ts';
import { withProblemBoundary } from '../../../functions/adapters/http/problem-boundary.ts';
import { createRouter } from '../../../functions/adapters/http/router.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';

const context = { getRemainingTimeInMillis: () => 1000 };

describe('a problem document', () => {
  it('carries the stable code, the status and the sentence for the developer', () => {
    const result = problem('invalid_request', { detail: 'min_ttl: a number was expected.' });
    expect(result.statusCode).toBe(400);
    expect(result.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(result.body)).toEqual({
      type: 'urn:adobe-token-vault:problem:invalid_request',
      title: 'The request is not valid.',
      status: 400,
      code: 'invalid_request',
      detail: 'min_ttl: a number was expected.',
    });
  });

  it('says when to come back where coming back helps', () => {
    expect(problem('temporarily_unavailable').headers['retry-after']).toBe('5');
    expect(problem('temporarily_unavailable', { retryAfterSeconds: 0.2 }).headers['retry-after']).toBe('1');
    expect(problem('connection_not_found').headers['retry-after']).toBeUndefined();
  });

  it('does not let extensions change what it is', () => {
    const result = problem('not_found', { extensions: { status: 200, code: 'fine', maximum: 3 } });
    expect(JSON.parse(result.body)).toMatchObject({ status: 404, code: 'not_found', maximum: 3 });
  });
});

describe('the boundary of a route', () => {
  it('answers a fault with a problem that says nothing of it', async () => {
    const telemetry = createCollectingTelemetry();
    const route = withProblemBoundary(async () => {
      throw new PlatformError('STORE_UNAVAILABLE', 'Table acme-secret-table is throttled.');
    }, telemetry);
    const result = await route({ routeKey: 'GET /x' }, context);
    expect(result.statusCode).toBe(503);
    expect(result.body).not.toContain('acme-secret-table');
    expect(telemetry.lines[0]?.fault?.code).toBe('STORE_UNAVAILABLE');
    expect(telemetry.total('RequestsFailed', { route: 'GET /x' })).toBe(1);
  });

  it('counts a fault by the version that met it, and an answer that was meant by none', async () => {
    const telemetry = createCollectingTelemetry();
    const version = { ...context, functionName: 'vault-consents', functionVersion: '12' };
    const failing = async () => {
      throw new Error('A mistake of the new version.');
    };
    const page: OutcomePage = () => ({ statusCode: 500, headers: {}, body: '' });
    for (const route of [
      withProblemBoundary(failing, telemetry),
      withPageBoundary(failing, { telemetry, page }),
      withProblemBoundary(async () => problem('temporarily_unavailable'), telemetry),
    ]) {
      await route({ routeKey: 'GET /x' }, version);
    }
    expect(telemetry.measurements.filter(({ metric }) => metric === 'ErrorsOfVersion')).toEqual(
      Array(2).fill({
        metric: 'ErrorsOfVersion',
        value: 1,
        unit: 'Count',
        dimensions: { function: 'vault-consents', version: '12' },
      }),
    );
  });

  it('dispatches by the route key and by nothing inherited', async () => {
    const router = createRouter({ 'GET /x': async () => ({ statusCode: 200, headers: {}, body: '' }) });
    expect((await router({ routeKey: 'GET /x' }, context)).statusCode).toBe(200);
    expect((await router({ routeKey: 'toString' }, context)).statusCode).toBe(404);
  });
});
