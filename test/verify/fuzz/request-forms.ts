import type { Dice } from './dice.ts';
import type { FuzzRequest, Header } from './fuzz-request.ts';
import type { Material } from './material.ts';

/** What a request is before anything is done to it: right, or wrong in a way that only a whole request can be. */
export type BaseRequest = (material: Material, dice: Dice, marker: string) => FuzzRequest;

const BROWSER_HEADERS: readonly Header[] = [
  ['accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
  ['accept-language', 'de-DE,de;q=0.9,en;q=0.5'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0'],
];

/** What a browser sends. */
export const browser = (request: Partial<FuzzRequest> & Pick<FuzzRequest, 'path'>): FuzzRequest => ({
  method: 'GET',
  query: [],
  cookies: [],
  headers: BROWSER_HEADERS,
  signing: 'none',
  ...request,
});

/** What a program with AWS credentials sends. */
export const api = (
  method: string,
  path: string,
  body?: object,
  more: Partial<FuzzRequest> = {},
): FuzzRequest => ({
  method,
  path,
  query: [],
  cookies: [],
  headers: body === undefined ? [] : [['content-type', 'application/json']],
  signing: 'right',
  ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
  ...more,
});

export const parameter = (name: string, value: string): string => `${name}=${encodeURIComponent(value)}`;

/** Mostly of somebody who is connected. */
export const connectionIdFrom = ({ connectionIds }: Material, dice: Dice): string =>
  dice.happens(0.6)
    ? (dice.oneOf(connectionIds) ?? 'demo.nobody')
    : dice.pick(['demo.nobody', 'demo.x', 'acme.1']);
