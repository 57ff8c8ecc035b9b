import { type FuzzRequest, GATEWAY_LIMIT_BYTES, gatewayBytes, type Header } from './fuzz-request.ts';
import { type Dice, hostileValue, twist } from './hostile-values.ts';

type Mutation = (request: FuzzRequest, dice: Dice, marker: string) => FuzzRequest;

const METHODS: readonly [string, ...string[]] = [
  ...(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'] as const),
];

/** Names that mean something to one of the parts on the way. */
const HEADER_NAMES: readonly [string, ...string[]] = [
  ...([
    'accept-language',
    'accept',
    'content-type',
    'content-encoding',
    'cookie',
    'forwarded',
    'host',
  ] as const),
  ...([
    'if-none-match',
    'origin',
    'range',
    'referer',
    'user-agent',
    'x-amz-date',
    'x-amz-security-token',
  ] as const),
  ...(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-http-method-override'] as const),
  ...([
    'x-original-url',
    'x-rejected-token',
    'authorization',
    'sec-fetch-site',
    '__proto__',
    'x-unlisted-one',
  ] as const),
];

/** Changes one thing, or the few that were drawn. */
export function mutateRequest(request: FuzzRequest, dice: Dice, marker: string, times: number): FuzzRequest {
  let changed = request;
  for (let done = 0; done < times; done += 1) changed = dice.pick(MUTATIONS)(changed, dice, marker);
  return changed;
}

const inQuery: Mutation = (request, dice, marker) => {
  const at = dice.whole(request.query.length);
  const [name = 'state', value = ''] = splitPair(request.query[at] ?? 'state=');
  const bad = hostileValue(dice, marker);
  const replace = (...pairs: string[]) => request.query.toSpliced(at, 1, ...pairs);
  const ways: readonly [() => readonly string[], ...(() => readonly string[])[]] = [
    () => replace(`${name}=${twist(dice, value, marker)}`),
    () => replace(`${name}=${twist(dice, value, marker)}`),
    () => replace(`${name}=${bad}`),
    () => replace(),
    () => replace(`${name}=${value}`, `${name}=${value}`),
    () => replace(`${name}=${value}`, `${name}=${bad}`),
    () => replace(`${name}=${bad}`, `${name}=${value}`),
    () => replace(`${name}[]=${value}`),
    () => replace(`${encodeURIComponent(name).replace(/^./, encodeFirst)}=${value}`),
    () => replace(`${name.toUpperCase()}=${value}`),
    () => replace(`${name}=${value};${name}=${bad}`),
    () => replace(`${name}=${value}#${bad}`),
    () => replace(name),
    () => ['', '=', `=${bad}`, ...request.query, '', '&'],
    () => request.query.toReversed(),
    () => [
      ...request.query,
      `${dice.pick(['error', 'iss', 'code', 'session', 'return_to', 'id_token', bad])}=${bad}`,
    ],
    () => [...request.query, ...Array.from({ length: 1 + dice.whole(300) }, (_, n) => `${name}${n}=${n}`)],
  ];
  return { ...request, query: dice.pick(ways)() };
};

const inCookies: Mutation = (request, dice, marker) => {
  const at = dice.whole(request.cookies.length);
  const cookie = request.cookies[at] ?? '__Host-vault-0123456789ab=x';
  const [name = '', value = ''] = splitPair(cookie);
  const bad = hostileValue(dice, marker);
  const replace = (...pairs: string[]) => request.cookies.toSpliced(at, 1, ...pairs);
  const ways: readonly [() => readonly string[], ...(() => readonly string[])[]] = [
    () => replace(`${name}=${twist(dice, value, marker)}`),
    () => replace(`${name}=${twist(dice, value, marker)}`),
    () => replace(`${name}=${bad}`),
    () => replace(`${twist(dice, name, marker)}=${value}`),
    () => replace(`${name.toUpperCase()}=${value}`),
    () => replace(`${name}="${value}"`),
    () => replace(`${name} = ${value}`),
    () => replace(cookie, cookie),
    () => replace(cookie, `${name}=${bad}`),
    () => replace(`${name}=${bad}`, cookie),
    () => replace(),
    () => replace(name, value, '=', ';;'),
    () =>
      request.cookies.map(
        (one, n) => `${splitPair(one)[0]}=${splitPair(request.cookies.at(n - 1) ?? '')[1]}`,
      ),
    () => [...request.cookies, `__Host-vault-${'0123456789ab'.slice(0, 1 + dice.whole(12))}=${bad}`],
    () => [
      ...Array.from({ length: 12 }, (_, n) => `__Host-vault-${String(n).padStart(12, '0')}=a.b.c.d.e`),
      ...request.cookies,
    ],
    () => [...Array.from({ length: 1 + dice.whole(200) }, (_, n) => `c${n}=${n}`), ...request.cookies],
    () => [bad],
    () => [],
  ];
  return { ...request, cookies: dice.pick(ways)() };
};

const inHeaders: Mutation = (request, dice, marker) => {
  const { headers } = request;
  const at = dice.whole(headers.length);
  const [name, value] = headers[at] ?? ['accept', '*/*'];
  const bad = hostileValue(dice, marker);
  const replace = (...instead: Header[]) => headers.toSpliced(at, 1, ...instead);
  const ways: readonly [() => readonly Header[], ...(() => readonly Header[])[]] = [
    () => replace(),
    () => replace([name, value], [name, value]),
    () => replace([name, value], [name, bad]),
    () => replace([name, twist(dice, value, marker)]),
    () => replace([name.toUpperCase(), value]),
    () => [...headers, [dice.pick(HEADER_NAMES), bad]],
    () => [...headers, [dice.pick(HEADER_NAMES), bad]],
    () => [...headers, ['accept-language', `${marker},de;q=${bad},*;q=9`]],
    () => [...headers, ...Array.from({ length: 50 }, (_, n): Header => [`x-n${n}`, bad.slice(0, 100)])],
  ];
  return { ...request, headers: dice.pick(ways)() };
};

/** Up to the gateway's limit to the byte, one past it, and far past it. */
const inSize: Mutation = (request, dice) => {
  const wanted = GATEWAY_LIMIT_BYTES + dice.pick([-1, 0, 0, 0, 1, 2, 500, 100_000]);
  const missing = wanted - gatewayBytes(request);
  return missing <= 0
    ? request
    : { ...request, headers: [...request.headers, ['x-padding', 'p'.repeat(missing)]] };
};

const inPath: Mutation = (request, dice, marker) => {
  const segments = request.path.split('/');
  const at = 1 + dice.whole(segments.length - 1);
  const segment = segments[at] ?? '';
  const bad = hostileValue(dice, marker).slice(0, 2_000).replaceAll(' ', '%20');
  const ways: readonly [() => string, ...(() => string)[]] = [
    () => segments.with(at, twist(dice, segment, marker)).join('/'),
    () => segments.with(at, bad).join('/'),
    () => segments.with(at, `${segment}%2f${bad}`).join('/'),
    () => segments.with(at, `${segment}%3fstate=${bad}`).join('/'),
    () => `${request.path}/`,
    () => `/${request.path}`,
    () => request.path.toUpperCase(),
    () => `${request.path}/${bad}`,
    () => segments.with(at, segment.replace(/^./, encodeFirst)).join('/'),
    () => segments.with(at, segment.replace(/^./, encodeFirst).replace('%', '%25')).join('/'),
    () => segments.toSpliced(at, 0, '.', '../..', segment).join('/'),
  ];
  return { ...request, path: dice.pick(ways)() };
};

const inMethod: Mutation = (request, dice) => ({ ...request, method: dice.pick(METHODS) });

const inSigning: Mutation = (request, dice) => ({
  ...request,
  signing: dice.pick(['none', 'other-role', 'wrong-key', 'stale', 'changed-after', 'malformed']),
});

const inBody: Mutation = (request, dice, marker) => ({
  ...request,
  body: mutateBody(request.body ?? Buffer.from('{}'), dice, marker),
});

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  ...([inQuery, inQuery, inQuery, inQuery, inCookies, inCookies, inCookies, inCookies] as const),
  ...([inHeaders, inHeaders, inPath, inBody, inBody, inBody, inMethod, inSigning, inSize] as const),
];

function encodeFirst(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}

const LARGE_BYTES = 100_000;
/** Above what API Gateway takes, and rare: it costs more than a thousand others. */
const TOO_LARGE_BYTES = 10 * 1024 * 1024 + 1;

/** A JSON body, broken as JSON, as text, or as what was asked for. */
function mutateBody(body: Buffer, dice: Dice, marker: string): Buffer {
  const text = body.toString();
  const planted = JSON.stringify(marker);
  const inside = text.slice(1, -1);
  const bad = JSON.stringify(hostileValue(dice, marker));
  const ways: readonly [() => string | Buffer, ...(() => string | Buffer)[]] = [
    () => text.slice(0, dice.whole(text.length)),
    () => twist(dice, text, marker),
    () =>
      text.replace(/"([^"]*)"(?=[,}])/, (whole, value: string) =>
        dice.happens(0.5) ? JSON.stringify(twist(dice, value, marker)) : whole,
      ),
    () =>
      text.replace(/:"[^"]*"/, `:${dice.pick(['null', '1', 'true', '[]', '{}', '1e999', bad, `[${bad}]`])}`),
    () => `{${inside},${planted}:${bad}}`,
    () => `{${inside},${inside}}`,
    () => `{"__proto__":{"connectionCode":${bad}},${inside}}`,
    () => `{"constructor":{"prototype":{}},${inside}}`,
    () => text.replace(/^\{"(\w)/, (_whole, letter: string) => `{"\\u00${letter.charCodeAt(0).toString(16)}`),
    () => `\u{feff}${text}`,
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.concat([body.subarray(0, -2), Buffer.from([0xff, 0xc0, 0xaf]), body.subarray(-2)]),
    () => `{${inside},"scopes":[${Array.from({ length: 60 }, (_, n) => `"${n}"`).join(',')}]}`,
    () => `{${inside},"appState":${bad}}`,
    () => `[${text}]`,
    () => `${text}${text}`,
    () => `/* ${marker} */ ${text}`,
    () => '['.repeat(dice.pick([100, 8_000, LARGE_BYTES])),
    () => `{${inside},"x":"${'x'.repeat(dice.pick([16_384, LARGE_BYTES]))}"}`,
    () => dice.pick(['', 'null', '""', '0', 'true', planted, 'NaN', "{'a':1}"]),
    () => (dice.happens(0.02) ? Buffer.alloc(TOO_LARGE_BYTES, 'x') : text),
  ];
  const made = dice.pick(ways)();
  return typeof made === 'string' ? Buffer.from(made) : made;
}
