import type { Dice } from './hostile-values.ts';
import type { Material } from './material.ts';

/** How a request proves who sends it. Only `right` is a signature that AWS accepts. */
export type Signing = 'none' | 'right' | 'other-role' | 'wrong-key' | 'stale' | 'changed-after' | 'malformed';

/** One HTTP request, in the parts that the fuzz changes. Everything is text as it goes over the wire. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  /** `name=value`, percent-encoded or not. */
  readonly query: readonly string[];
  /** `name=value` as a browser holds them. */
  readonly cookies: readonly string[];
  readonly headers: readonly Header[];
  readonly body?: Buffer;
  readonly signing: Signing;
}

export type Header = readonly [name: string, value: string];

export const GATEWAY_LIMIT_BYTES = 10_240;

export function targetOf({ path, query }: Pick<FuzzRequest, 'path' | 'query'>): string {
  return oneLine(query.length === 0 ? path : `${path}?${query.join('&')}`).replaceAll(' ', '%20');
}

/** Cookies go in one header, as browsers send them. */
export function headersOf({ headers, cookies }: FuzzRequest): readonly Header[] {
  return cookies.length === 0 ? headers : [...headers, ['cookie', cookies.join('; ')]];
}

/** What the gateway counts: the request line and the values of all headers. */
export function gatewayBytes(request: FuzzRequest): number {
  const line = Buffer.byteLength(`${request.method} ${targetOf(request)} HTTP/1.1`);
  return headersOf(request).reduce((sum, [, value]) => sum + Buffer.byteLength(value), line);
}

/** Line breaks would end the header: they are what a client can never send. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\0]/g, ' ');
}

export function bytesOf(request: FuzzRequest): Buffer {
  const lines = [
    `${request.method} ${targetOf(request)} HTTP/1.1`,
    ...headersOf(request).map(([name, value]) => `${name}: ${oneLine(value)}`),
  ];
  if (request.body !== undefined) lines.push(`content-length: ${request.body.length}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  return request.body === undefined ? head : Buffer.concat([head, request.body]);
}

/** What a request is before anything is done to it: right, or wrong in a way that only a whole request can be. */
export type BaseRequest = (material: Material, dice: Dice, marker: string) => FuzzRequest;

const BROWSER_HEADERS: readonly Header[] = [
  ['accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
  ['accept-language', 'de-DE,de;q=0.9,en;q=0.5'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0'],
];

/** What a browser sends. */
export function browser(request: Partial<FuzzRequest> & Pick<FuzzRequest, 'path'>): FuzzRequest {
  return {
    method: 'GET',
    query: [],
    cookies: [],
    headers: BROWSER_HEADERS,
    signing: 'none',
    ...request,
  };
}

/** What a program with AWS credentials sends. */
export function api(
  method: string,
  path: string,
  body?: object,
  more: Partial<FuzzRequest> = {},
): FuzzRequest {
  return {
    method,
    path,
    query: [],
    cookies: [],
    headers: body === undefined ? [] : [['content-type', 'application/json']],
    signing: 'right',
    ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
    ...more,
  };
}

export function parameter(name: string, value: string): string {
  return `${name}=${encodeURIComponent(value)}`;
}

/** Mostly of a connected user. */
export function connectionIdFrom({ connectionIds }: Material, dice: Dice): string {
  return dice.happens(0.6)
    ? (dice.oneOf(connectionIds) ?? 'demo.absent')
    : dice.pick(['demo.absent', 'demo.x', 'acme.1']);
}
