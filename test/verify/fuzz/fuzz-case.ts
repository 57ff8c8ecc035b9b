import { BASE_REQUESTS, type BaseName, DRAWN } from './base-requests.ts';
import { type FuzzRequest, targetOf } from './fuzz-request.ts';
import { brokenHttp, createDice, markerOf } from './hostile-values.ts';
import { cookieNameIn, type Material } from './material.ts';
import { mutateRequest } from './mutate-request.ts';

/** One thing that is sent. Its index and the seed say all about it, but for what is real and alive when it is drawn. */
export type FuzzCase =
  | { readonly index: number; readonly kind: BaseName; readonly request: FuzzRequest }
  | { readonly index: number; readonly kind: 'broken http'; readonly bytes: Buffer };

const BROKEN_SHARE = 0.05;
/** How many changes; mostly one, so that what is checked later is reached. */
const CHANGES: readonly [number, ...number[]] = [0, 1, 1, 1, 1, 2, 3];

export function drawCase(seed: number, index: number, material: Material, host: string): FuzzCase {
  const dice = createDice(seed, index);
  const marker = markerOf(index);
  if (dice.happens(BROKEN_SHARE))
    return { index, kind: 'broken http', bytes: brokenHttp(dice, host, marker) };
  const kind = dice.pick(DRAWN);
  const base = BASE_REQUESTS[kind](material, dice, marker);
  return { index, kind, request: mutateRequest(base, dice, marker, dice.pick(CHANGES)) };
}

/** The request itself claims that Adobe answered with an error, which the vault has to believe once cookie and state agree. */
export function claimsOutage(request: FuzzRequest): boolean {
  return /[?&]error=/.test(decoded(targetOf(request)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** For a failure's report: what was sent, without what is secret in it. */
export function describeCase(fuzzCase: FuzzCase): string {
  if (fuzzCase.kind === 'broken http') return `broken http: ${fuzzCase.bytes.toString('latin1', 0, 300)}`;
  const { method, cookies, headers, body, signing } = fuzzCase.request;
  const names = [...headers.map(([name]) => name), ...cookies.map((pair) => `cookie ${cookieNameIn(pair)}`)];
  const sent = `${method} ${targetOf(fuzzCase.request).slice(0, 600)}`;
  return `${fuzzCase.kind}: ${sent}; signing ${signing}; ${names.slice(0, 30).join(', ')}; body ${body?.toString('latin1', 0, 200) ?? 'none'}`;
}
