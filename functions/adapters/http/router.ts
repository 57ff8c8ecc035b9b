import type { HttpHandler } from './http-event.ts';
import { problem } from './problem.ts';

/** Dispatches by API Gateway's route key (`POST /sign-ins/redeem`). */
export function createRouter(routes: Readonly<Record<string, HttpHandler>>): HttpHandler {
  return async (event, context) => {
    const route = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
    return route ? route(event, context) : problem('not_found');
  };
}
