import type { HttpRoute } from '../template/load-http-api.ts';

export interface RouteMatch {
  route: HttpRoute;
  pathParameters: Record<string, string>;
}

const PARAMETER = /^\{([^{}+]+)(\+?)\}$/;

/**
 * The path as HTTP APIs see it: percent-decoded once, before routes are matched, and cut at a `?` that the
 * decoding brought to light. Undefined for malformed percent-encoding.
 */
export function decodePath(encodedPath: string): string | undefined {
  try {
    const decoded = decodeURIComponent(encodedPath);
    const questionMark = decoded.indexOf('?');
    return questionMark < 0 ? decoded : decoded.slice(0, questionMark);
  } catch {
    return undefined;
  }
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function matchSegments(pattern: string[], path: string[]): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const [, name, greedy] = PARAMETER.exec(expected) ?? [];
    const actual = greedy ? path.slice(index).join('/') : path[index];
    if (actual === undefined || actual === '') {
      if (expected !== '' || actual === undefined) return undefined;
    }
    if (name === undefined) {
      if (actual !== expected) return undefined;
      continue;
    }
    // Parameters are decoded a second time on their way into the event.
    found[name] = decodeOnce(actual);
    if (greedy) return found;
  }
  return path.length === pattern.length ? found : undefined;
}

/** Lower is more specific: literal segments before parameters before greedy ones, a named method before ANY. */
function specificity(routeKey: string): string {
  if (routeKey === '$default') return '~';
  const [method = '', pattern = ''] = routeKey.split(' ');
  const segments = pattern.split('/').map((segment) => {
    const [, name, greedy] = PARAMETER.exec(segment) ?? [];
    return greedy ? '2' : name === undefined ? '0' : '1';
  });
  return `${segments.join('')}${method === 'ANY' ? '1' : '0'}`;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
export function matchRoute(routes: HttpRoute[], method: string, path: string): RouteMatch | undefined {
  const segments = path.split('/');
  const matches = routes.flatMap((route): RouteMatch[] => {
    if (route.routeKey === '$default') return [{ route, pathParameters: {} }];
    const [routeMethod, pattern = ''] = route.routeKey.split(' ');
    if (routeMethod !== 'ANY' && routeMethod !== method) return [];
    const pathParameters = matchSegments(pattern.split('/'), segments);
    return pathParameters === undefined ? [] : [{ route, pathParameters }];
  });
  return matches.sort((a, b) => (specificity(a.route.routeKey) < specificity(b.route.routeKey) ? -1 : 1))[0];
}
