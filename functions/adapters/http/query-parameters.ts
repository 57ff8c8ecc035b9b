import type { HttpEvent } from './http-event.ts';

/** Parsed from the raw query: payload 2.0 joins repeated parameters with commas, which would hide the repetition. */
export function queryParameters(event: HttpEvent): URLSearchParams {
  return new URLSearchParams(event.rawQueryString ?? '');
}

/** The first of `names` that occurs more than once. */
export function repeatedParameter(parameters: URLSearchParams, names: readonly string[]): string | undefined {
  return names.find((name) => parameters.getAll(name).length > 1);
}
