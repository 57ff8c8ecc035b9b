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

export const targetOf = ({ path, query }: Pick<FuzzRequest, 'path' | 'query'>): string =>
  oneLine(query.length === 0 ? path : `${path}?${query.join('&')}`).replaceAll(' ', '%20');

/** Cookies go in one header, as browsers send them. */
export const headersOf = ({ headers, cookies }: FuzzRequest): readonly Header[] =>
  cookies.length === 0 ? headers : [...headers, ['cookie', cookies.join('; ')]];

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
