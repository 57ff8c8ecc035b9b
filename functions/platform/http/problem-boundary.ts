import type { Telemetry } from '../../core/ports/telemetry.ts';
import { countFault } from './count-fault.ts';
import type { HttpHandler } from './http-event.ts';
import { problem } from './problem.ts';

/** Answers whatever a route throws with a problem document; the fault goes to the log and says nothing to the caller. */
export function withProblemBoundary(route: HttpHandler, telemetry: Telemetry): HttpHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } catch (fault) {
      telemetry.error('A request could not be answered.', fault, { route: event.routeKey });
      telemetry.measure('RequestsFailed', 1, 'Count', { route: event.routeKey });
      countFault(telemetry, context);
      return problem('temporarily_unavailable');
    }
  };
}
