import type { FuzzRequest, Header } from './fuzz-request.ts';
import { hostileValue, twist } from './hostile-values.ts';
import { type Attempt, cookieNameIn } from './material.ts';
import { importTokens, operate } from './operator-requests.ts';
import { api, type BaseRequest, browser, connectionIdFrom, parameter } from './request-forms.ts';

/** The longest that an app may send. */
export const LONGEST_APP_STATE = 'a'.repeat(256);
const APP_STATE = 'state-of-the-app-0123456789';

const authorize: BaseRequest = ({ returnUrl, sessionIds, attempts }, dice) => {
  const queries: readonly [readonly string[], ...(readonly string[])[]] = [
    [],
    [parameter('return_to', returnUrl), parameter('app_state', dice.pick([APP_STATE, LONGEST_APP_STATE]))],
    [parameter('session', dice.oneOf(sessionIds) ?? 'A'.repeat(43))],
    [parameter('session', 'A'.repeat(43))],
  ];
  const cookies = dice.happens(0.4) ? (dice.oneOf(attempts)?.jar ?? []) : [];
  return browser({ path: '/authorize', query: dice.pick(queries), cookies });
};

const NOBODY: Attempt = {
  state: 'AAAAAAAAAAAAAAAAAAAAAA',
  code: 'no-code',
  cookie: '__Host-vault-0123456789ab=e30..AAAA.AAAA.AAAA',
  jar: ['__Host-vault-0123456789ab=e30..AAAA.AAAA.AAAA'],
  startedAtMs: 0,
};

const answerTo = ({ state, code, jar }: Attempt, cookies = jar): FuzzRequest =>
  browser({ path: '/callback', query: [parameter('code', code), parameter('state', state)], cookies });

/** Requests that may use an attempt up share these; the others stay whole. */
const EXPENDABLE = 4;

/** The answer that Adobe gave, in the browser that asked. */
const callback: BaseRequest = ({ attempts }, dice) =>
  answerTo(dice.oneOf(attempts.slice(0, EXPENDABLE)) ?? NOBODY);

/** The same, with a cookie or a state that is nearly right. */
const nearCallback: BaseRequest = ({ attempts }, dice, marker) => {
  const one = dice.oneOf(attempts.slice(EXPENDABLE)) ?? NOBODY;
  const cookie = `${cookieNameIn(one.cookie)}=${twist(dice, one.cookie.slice(one.cookie.indexOf('=') + 1), marker)}`;
  const damaged = answerTo(
    one,
    one.jar.map((pair) => (pair === one.cookie ? cookie : pair)),
  );
  const state = `state=${twist(dice, one.state, marker)}`;
  return dice.happens(0.5) ? damaged : { ...answerTo(one), query: [parameter('code', one.code), state] };
};

/** Never the browser, or never the state, that belongs to the rest. */
const foreignCallback: BaseRequest = ({ attempts, finished }, dice, marker) => {
  const one = dice.oneOf(attempts) ?? NOBODY;
  const others = [...attempts, ...finished].filter(({ jar }) => !jar.includes(one.cookie));
  const other = dice.oneOf(others) ?? NOBODY;
  const renamed = `${one.cookie.split('=')[0]}=${other.cookie.split('=')[1]}`;
  const ways: readonly [() => FuzzRequest, ...(() => FuzzRequest)[]] = [
    () => answerTo(one, []),
    () => answerTo(one, other.jar),
    () => answerTo(one, [renamed]),
    () => answerTo({ ...one, state: other.state }),
    () => answerTo({ ...one, state: hostileValue(dice, marker) }),
    () => answerTo(one, [`${one.cookie.split('=')[0]}=${hostileValue(dice, marker)}`]),
  ];
  return dice.pick(ways)();
};

/** Cookie and state agree; what came with them does not. */
const oddCallback: BaseRequest = ({ attempts, finished }, dice, marker) => {
  const one = dice.oneOf(dice.happens(0.3) ? finished : attempts.slice(0, EXPENDABLE)) ?? NOBODY;
  const other = dice.oneOf(attempts) ?? NOBODY;
  const state = parameter('state', one.state);
  const bad = hostileValue(dice, marker);
  const queries: readonly [readonly string[], ...(readonly string[])[]] = [
    [parameter('code', other.code), state],
    [`code=${bad}`, state],
    [state],
    [parameter('error', 'access_denied'), parameter('error_description', bad), state],
    [`error=${bad}`, state],
    [parameter('error', 'invalid_scope'), parameter('code', one.code), state],
    [parameter('code', one.code), state, `iss=${bad}`],
    [parameter('code', one.code), state, parameter('error_uri', bad), `jump=${bad}`],
  ];
  return { ...answerTo(one), query: dice.pick(queries) };
};

const openConsent: BaseRequest = (material, dice) => {
  const { returnUrl } = material;
  const bodies: readonly [object, ...object[]] = [
    { returnTo: returnUrl },
    { returnTo: returnUrl, appState: LONGEST_APP_STATE, replace: dice.happens(0.5) },
    { returnTo: returnUrl, scopes: ['openid', 'offline_access'] },
    { returnTo: 'https://evil.example/adobe/connected' },
    { returnTo: `${returnUrl}/` },
    { returnTo: `${returnUrl}?next=1`, appState: LONGEST_APP_STATE },
    { returnTo: 'x'.repeat(2_049) },
  ];
  return api('POST', `/connections/${connectionIdFrom(material, dice)}/consents`, dice.pick(bodies));
};

const redeem: BaseRequest = (material, dice) => {
  const { codes, usedCodes } = material;
  const known = dice.happens(0.35) ? dice.oneOf(dice.happens(0.7) ? codes : usedCodes) : undefined;
  const { code, connectionId } = known ?? { code: 'A'.repeat(43), connectionId: undefined };
  const id = dice.happens(0.8) ? connectionId : dice.pick([undefined, connectionIdFrom(material, dice)]);
  if (id !== undefined) return api('POST', `/connections/${id}/consents/redeem`, { connectionCode: code });
  const appState = dice.pick([LONGEST_APP_STATE, LONGEST_APP_STATE, APP_STATE]);
  return api('POST', '/sign-ins/redeem', { connectionCode: code, appState });
};

const vend: BaseRequest = (material, dice, marker) => {
  const queries: readonly [readonly string[], ...(readonly string[])[]] = [
    [],
    [`min_ttl=${dice.pick(['0', '300', '43200', '999999', '1000000', '-1'])}`],
    [`scopes=${hostileValue(dice, marker)}`],
  ];
  const headers: readonly Header[] = dice.happens(0.2) ? [['x-rejected-token', '0123456789abcdef']] : [];
  const path = `/access-tokens/${connectionIdFrom(material, dice)}`;
  return api('GET', path, undefined, { query: dice.pick(queries), headers });
};

const connections: BaseRequest = (material, dice) => {
  const one = `/connections/${connectionIdFrom(material, dice)}`;
  const lists: readonly [readonly string[], ...(readonly string[])[]] = [
    ['limit=1'],
    ['state=active', 'limit=200'],
    ['at_risk_within=400d'],
    [`cursor=${Buffer.from('{"list":"all","after":"demo.a"}').toString('base64url')}`],
    [
      `cursor=${Buffer.from('{"list":"lapsing","expiresByMs":1e15,"shard":99,"after":{}}').toString('base64url')}`,
    ],
  ];
  const ways: readonly [() => FuzzRequest, ...(() => FuzzRequest)[]] = [
    () => api('GET', one),
    () => api('GET', one),
    () => api('DELETE', dice.happens(0.1) ? one : '/connections/demo.nobody'),
    () => api('GET', '/connections', undefined, { query: dice.pick(lists) }),
  ];
  return dice.pick(ways)();
};

/** Drawn as often as they are named. */
export const BASE_REQUESTS = {
  authorize,
  callback,
  'near callback': nearCallback,
  'foreign callback': foreignCallback,
  'odd callback': oddCallback,
  'open consent': openConsent,
  redeem,
  vend,
  connections,
  operate,
  import: importTokens,
} as const;

export type BaseName = keyof typeof BASE_REQUESTS;

export const DRAWN: readonly [BaseName, ...BaseName[]] = [
  ...repeated('authorize', 8),
  ...repeated('callback', 1),
  ...repeated('near callback', 12),
  ...repeated('foreign callback', 8),
  ...repeated('odd callback', 1),
  ...repeated('open consent', 4),
  ...repeated('redeem', 5),
  ...repeated('vend', 2),
  ...repeated('connections', 4),
  ...repeated('operate', 2),
  ...repeated('import', 4),
];

function repeated(name: BaseName, times: number): [BaseName, ...BaseName[]] {
  return [name, ...Array.from({ length: times - 1 }, () => name)];
}
