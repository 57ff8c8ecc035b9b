import type { Telemetry } from '../../core/ports/events.ts';
import { countError } from './count-error.ts';
import type { HttpHandler } from './http-event.ts';
import type { OutcomePage } from './outcome-page.ts';

export interface PageBoundaryDeps {
  readonly telemetry: Telemetry;
  readonly page: OutcomePage;
}

/** Answers whatever a browser's route throws with a page; the fault goes to the log and says nothing to the user. */
export function withPageBoundary(route: HttpHandler, { telemetry, page }: PageBoundaryDeps): HttpHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } catch (error) {
      telemetry.error('A request of a browser could not be answered.', error, { route: event.routeKey });
      telemetry.measure('ConsentOutcomes', 1, 'Count', { outcome: 'vault_unavailable' });
      countError(telemetry, context);
      return page(event, 'vault_unavailable');
    }
  };
}
