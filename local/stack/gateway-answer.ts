import { isRecord } from './template.ts';

export interface GatewayAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** An answer of the gateway's own: a status and `{"message": …}`. */
export function gatewayMessage(status: number, message: string): GatewayAnswer {
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

function withDefaultType(headers: [string, string][]): [string, string][] {
  return headers.some(([name]) => name === 'content-type')
    ? headers
    : [['content-type', 'text/plain;charset=utf-8'], ...headers];
}

function setCookies(cookies: unknown): [string, string][] {
  return Array.isArray(cookies) ? cookies.map((cookie) => ['set-cookie', String(cookie)]) : [];
}

/**
 * A function's return value as an HTTP answer. Without `statusCode` the whole value is the body of a 200; undefined
 * means that the value cannot be read, which the gateway answers with a 500.
 */
export function readFunctionAnswer(payload: string): GatewayAnswer | undefined {
  const value: unknown = JSON.parse(payload);
  if (!isRecord(value) || value.statusCode === undefined) {
    const text = typeof value === 'string' ? value : payload;
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
  }
  const status = Number(value.statusCode);
  const { headers = {}, body = '', isBase64Encoded, cookies } = value;
  if (
    !Number.isInteger(status) ||
    status < 200 ||
    status > 599 ||
    typeof body !== 'string' ||
    !isRecord(headers)
  ) {
    return undefined;
  }
  const plain = Object.entries(headers).map(([name, text]): [string, string] => [
    name.toLowerCase(),
    String(text),
  ]);
  return {
    status,
    headers: withDefaultType([...plain, ...setCookies(cookies)]),
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}
