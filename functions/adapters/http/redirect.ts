import type { HttpResult } from './http-event.ts';
import { BROWSER_HEADERS } from './security-headers.ts';

/** 303: the browser follows with GET whatever it came with. `location` is a URL built by us, never one the caller sent. */
export function redirect(location: string, cookies: readonly string[] = []): HttpResult {
  return {
    statusCode: 303,
    headers: { ...BROWSER_HEADERS, location },
    ...(cookies.length > 0 && { cookies }),
    body: '',
  };
}
