import {
  api,
  type BaseRequest,
  browser,
  connectionIdFrom,
  type FuzzRequest,
  type Header,
  parameter,
} from './fuzz-request.ts';
import { type Dice, hostileValue, twist } from './hostile-values.ts';
import { cookieNameIn, type Transaction } from './material.ts';

/** The longest that an app may send. */
export const LONGEST_APP_STATE = 'a'.repeat(256);
const APP_STATE = 'state-of-the-app-0123456789';

const authorize: BaseRequest = ({ returnUrl, sessionIds, transactions }, dice) => {
  const queries: readonly [readonly string[], ...(readonly string[])[]] = [
    [],
    [parameter('return_to', returnUrl), parameter('app_state', dice.pick([APP_STATE, LONGEST_APP_STATE]))],
    [parameter('session', dice.oneOf(sessionIds) ?? 'A'.repeat(43))],
    [parameter('session', 'A'.repeat(43))],
  ];
  const cookies = dice.happens(0.4) ? (dice.oneOf(transactions)?.jar ?? []) : [];
  return browser({ path: '/authorize', query: dice.pick(queries), cookies });
};

const UNKNOWN: Transaction = {
  state: 'AAAAAAAAAAAAAAAAAAAAAA',
  code: 'no-code',
  cookie: '__Host-vault-0123456789ab=e30..AAAA.AAAA.AAAA',
  jar: ['__Host-vault-0123456789ab=e30..AAAA.AAAA.AAAA'],
  startedAtMs: 0,
};

function answerTo({ state, code, jar }: Transaction, cookies = jar): FuzzRequest {
  return browser({ path: '/callback', query: [parameter('code', code), parameter('state', state)], cookies });
}

/** Requests that may consume a transaction share these; the others stay whole. */
const EXPENDABLE = 4;

/** The answer that Adobe gave, in the browser that asked. */
const callback: BaseRequest = ({ transactions }, dice) =>
  answerTo(dice.oneOf(transactions.slice(0, EXPENDABLE)) ?? UNKNOWN);

/** The same, with a cookie or a state that is nearly right. */
const nearCallback: BaseRequest = ({ transactions }, dice, marker) => {
  const one = dice.oneOf(transactions.slice(EXPENDABLE)) ?? UNKNOWN;
  const cookie = `${cookieNameIn(one.cookie)}=${twist(dice, one.cookie.slice(one.cookie.indexOf('=') + 1), marker)}`;
  const damaged = answerTo(
    one,
    one.jar.map((pair) => (pair === one.cookie ? cookie : pair)),
  );
  const state = `state=${twist(dice, one.state, marker)}`;
  return dice.happens(0.5) ? damaged : { ...answerTo(one), query: [parameter('code', one.code), state] };
};

/** Never the browser, or never the state, that belongs to the rest. */
const foreignCallback: BaseRequest = ({ transactions, finished }, dice, marker) => {
  const one = dice.oneOf(transactions) ?? UNKNOWN;
  const others = [...transactions, ...finished].filter(({ jar }) => !jar.includes(one.cookie));
  const other = dice.oneOf(others) ?? UNKNOWN;
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
const oddCallback: BaseRequest = ({ transactions, finished }, dice, marker) => {
  const one = dice.oneOf(dice.happens(0.3) ? finished : transactions.slice(0, EXPENDABLE)) ?? UNKNOWN;
  const other = dice.oneOf(transactions) ?? UNKNOWN;
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
      `cursor=${Buffer.from('{"list":"expiring","expiresByMs":1e15,"shard":99,"after":{}}').toString('base64url')}`,
    ],
  ];
  const ways: readonly [() => FuzzRequest, ...(() => FuzzRequest)[]] = [
    () => api('GET', one),
    () => api('GET', one),
    () => api('DELETE', dice.happens(0.1) ? one : '/connections/demo.absent'),
    () => api('GET', '/connections', undefined, { query: dice.pick(lists) }),
  ];
  return dice.pick(ways)();
};

/** What operators ask for: a rotation, the end of the access tokens, the end of everything of one person. */
const operate: BaseRequest = (material, dice, marker) => {
  const id = connectionIdFrom(material, dice);
  const sub = dice.oneOf(material.subjects) ?? 'absent';
  const ways: readonly [() => FuzzRequest, ...(() => FuzzRequest)[]] = [
    () => api('POST', `/connections/${id}/rotations`),
    () => api('POST', `/connections/${id}/rotations`, {}),
    // Rarely a stored token: the next caller would wait for a rotation.
    () => api('DELETE', dice.happens(0.03) ? `/access-tokens/${id}` : '/access-tokens/demo.absent'),
    () => api('POST', '/subjects/erase', { sub: twist(dice, sub, marker) }),
    () => api('POST', '/subjects/erase', { sub: dice.happens(0.1) ? sub : 'absent@AdobeID' }),
  ];
  return dice.pick(ways)();
};

/** Few, so that what they bring in stays little. */
const MOVED_IDS: readonly [string, ...string[]] = ['moved.1', 'moved.2', 'moved.3', 'moved.4'];

/** A file of refresh tokens of another system. `replace` is kept off what lives: no later request could use it. */
const importTokens: BaseRequest = (material, dice, marker) => {
  const replace = dice.happens(0.2);
  const lines = Array.from({ length: 1 + dice.whole(3) }, () =>
    importLine(dice, marker, replace, material.connectionIds),
  );
  const query = [
    ...(dice.happens(0.5) ? [`dry_run=${dice.pick(['true', 'true', 'false', '1', ''])}`] : []),
    ...(replace ? ['replace=true'] : []),
  ];
  return api('POST', '/imports', undefined, {
    query,
    headers: [['content-type', dice.pick(['application/x-ndjson', 'application/jsonl; charset=utf-8'])]],
    body: Buffer.from(lines.join(dice.pick(['\n', '\r\n', '\n\n']))),
  });
};

function importLine(dice: Dice, marker: string, replace: boolean, livingIds: readonly string[]): string {
  const bad = hostileValue(dice, marker);
  const moved = dice.pick(MOVED_IDS);
  const line = {
    connectionId: dice.happens(0.8) ? moved : replace ? bad : (dice.oneOf(livingIds) ?? moved),
    refreshToken: `token-of-before-${dice.whole(1_000_000)}`,
  };
  const lines: readonly [object, ...object[]] = [
    line,
    line,
    { ...line, clientId: bad },
    { ...line, sub: bad, scopes: ['openid', bad] },
    {
      ...line,
      refreshExpiresAt: dice.pick([
        '2020-01-01T00:00:00Z',
        '9999-12-31T23:59:59Z',
        '2026-02-30T00:00:00Z',
        bad,
      ]),
    },
    { ...line, refreshToken: bad },
    { ...line, refreshToken: `${line.refreshToken}${'x'.repeat(dice.pick([16_384, 32_768]))}` },
    { ...line, refreshToken: unsignedJwt({ type: 'access_token', client_id: bad, created_at: bad }) },
    { ...line, refreshToken: unsignedJwt({ type: 'refresh_token', expires_in: bad, created_at: '1' }) },
  ];
  return JSON.stringify(dice.pick(lines));
}

function unsignedJwt(claims: object): string {
  return [{ alg: 'none' }, claims, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
}

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
