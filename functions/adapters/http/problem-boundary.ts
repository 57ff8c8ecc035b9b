import type { Telemetry } from '../../core/ports/events.ts';
import { countError } from './count-error.ts';
import type { HttpHandler } from './http-event.ts';
import { problem } from './problem.ts';

/** Answers whatever a route throws with a problem document; the fault goes to the log and says nothing to the caller. */
export function withProblemBoundary(route: HttpHandler, telemetry: Telemetry): HttpHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } catch (error) {
      telemetry.error('A request could not be answered.', error, { route: event.routeKey });
      telemetry.measure('RequestsFailed', 1, 'Count', { route: event.routeKey });
      countError(telemetry, context);
      return problem('temporarily_unavailable');
    }
  };
}
