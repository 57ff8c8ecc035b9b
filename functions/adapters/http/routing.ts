import { defined } from '../../core/defined.ts';
import { PlatformError, type PlatformErrorCode } from '../../core/platform-error.ts';
import type { Telemetry } from '../../core/ports/events.ts';
import { type HttpContext, type HttpHandler, pathConnectionId } from './http-event.ts';
import type { OutcomePage } from './outcome-page.ts';
import { problem } from './problem.ts';

/** Dispatches by API Gateway's route key (`POST /sign-ins/redeem`). */
export function createRouter(routes: Readonly<Record<string, HttpHandler>>): HttpHandler {
  return async (event, context) => {
    const route = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
    return route ? route(event, context) : problem('not_found');
  };
}

export interface ProblemBoundaryDeps {
  readonly telemetry: Telemetry;
  /** After a platform error with one of these codes. Any other error gets the default of a 503. */
  readonly retryAfterSeconds?: Partial<Record<PlatformErrorCode, number>>;
}

/** Answers an error that a route throws with a 503. The log gets the error, the caller learns nothing of it. */
export function withProblemBoundary(
  route: HttpHandler,
  { telemetry, retryAfterSeconds = {} }: ProblemBoundaryDeps,
): HttpHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } catch (error) {
      const { routeKey } = event;
      const connectionId = pathConnectionId(event);
      telemetry.error('A request could not be answered.', error, defined({ route: routeKey, connectionId }));
      telemetry.measure('RequestsFailed', 1, 'Count', { route: routeKey });
      countErrorOfVersion(telemetry, error, context);
      const seconds = error instanceof PlatformError ? retryAfterSeconds[error.code] : undefined;
      return problem('temporarily_unavailable', defined({ retryAfterSeconds: seconds }));
    }
  };
}

export interface PageBoundaryDeps {
  readonly telemetry: Telemetry;
  readonly page: OutcomePage;
}

/** Answers an error that a browser's route throws with a page. The log gets the error, the user learns nothing of it. */
export function withPageBoundary(route: HttpHandler, { telemetry, page }: PageBoundaryDeps): HttpHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } catch (error) {
      telemetry.error('A request of a browser could not be answered.', error, { route: event.routeKey });
      telemetry.measure('ConsentOutcomes', 1, 'Count', { outcome: 'vault_unavailable' });
      countErrorOfVersion(telemetry, error, context);
      return page(event, 'vault_unavailable');
    }
  };
}

/** Platform errors that a deployment causes: it lacks a permission, a setting or a key. */
const CAUSED_BY_DEPLOYMENT: ReadonlySet<PlatformErrorCode> = new Set([
  'ACCESS_DENIED',
  'SETTINGS_INVALID',
  'KEY_UNKNOWN',
]);

/**
 * Counts an error for the version that threw it. The alarms of a canary deployment watch this metric and roll back. So an
 * AWS service that does not answer is not counted: the previous version would not get an answer either.
 */
function countErrorOfVersion(telemetry: Telemetry, error: unknown, context: HttpContext): void {
  if (error instanceof PlatformError && !CAUSED_BY_DEPLOYMENT.has(error.code)) return;
  const { functionName, functionVersion } = context;
  if (functionName === undefined || functionVersion === undefined) return;
  telemetry.measure('ErrorsOfVersion', 1, 'Count', { function: functionName, version: functionVersion });
}
