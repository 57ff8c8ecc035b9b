import { expect, test } from 'vitest';
import { decodePath, matchRoute } from '../../../local/gateway/match-route.ts';
import type { HttpRoute } from '../../../local/template/load-http-api.ts';

function route(routeKey: string): HttpRoute {
  return {
    routeKey,
    authorization: 'NONE',
    integrationId: 'i',
    functionArn: 'arn:aws:lambda:us-east-1:1:function:f',
    timeoutMs: 30_000,
    throttle: {},
  };
}

const routes = [
  '$default',
  'ANY /connections/{connectionId}',
  'GET /connections/{connectionId}',
  'GET /connections/all',
  'POST /connections/{connectionId}/consents',
  'GET /files/{path+}',
].map(route);

test.each([
  ['GET', '/connections/all', 'GET /connections/all', {}],
  ['GET', '/connections/acme.1', 'GET /connections/{connectionId}', { connectionId: 'acme.1' }],
  ['DELETE', '/connections/acme.1', 'ANY /connections/{connectionId}', { connectionId: 'acme.1' }],
  [
    'POST',
    '/connections/acme.1/consents',
    'POST /connections/{connectionId}/consents',
    { connectionId: 'acme.1' },
  ],
  ['GET', '/files/a/b', 'GET /files/{path+}', { path: 'a/b' }],
  ['GET', '/elsewhere', '$default', {}],
  ['GET', '/connections/', '$default', {}],
  ['GET', '/connections/a/b', '$default', {}],
])('%s %s takes the most specific route', (method, path, routeKey, pathParameters) => {
  expect(matchRoute(routes, method, path)).toMatchObject({ route: { routeKey }, pathParameters });
});

test('nothing matches where there is no default route', () => {
  expect(matchRoute([route('GET /a')], 'POST', '/a')).toBeUndefined();
});

test('a path is decoded before routes are matched, so an encoded slash splits it', () => {
  expect(matchRoute([route('GET /notes/{id}')], 'GET', decodePath('/notes/a%2Fb') ?? '')).toBeUndefined();
});

test('a parameter is decoded once more on its way into the event', () => {
  expect(
    matchRoute([route('GET /notes/{id}')], 'GET', decodePath('/notes/a%252Fb') ?? '')?.pathParameters,
  ).toEqual({
    id: 'a/b',
  });
});

test('a decoded question mark cuts the path, and malformed encoding has no path', () => {
  expect(decodePath('/notes/a%3Fadmin')).toBe('/notes/a');
  expect(decodePath('/notes/%zz')).toBeUndefined();
});
