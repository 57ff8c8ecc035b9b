import type { HttpResult } from '../../../functions/adapters/http/http-event.ts';
import { type ConsentWorld, SUBJECT } from './consent-world.ts';

/** A browser with a cookie jar that goes from the app to Adobe and back. The fake IMS plays Adobe. */
export function createBrowser(world: ConsentWorld) {
  const jar = new Map<string, string>();
  const endsAtMs = new Map<string, number>();
  const cookies = () => {
    for (const name of jar.keys()) if (world.clock.nowMs() >= (endsAtMs.get(name) ?? 0)) jar.delete(name);
    return [...jar].map(([name, value]) => `${name}=${value}`);
  };
  const keep = (result: HttpResult) => {
    for (const header of result.cookies ?? []) {
      const [, name = '', value = '', maxAge = ''] = /^([^=]+)=([^;]*); Max-Age=(\d+);/.exec(header) ?? [];
      endsAtMs.set(name, world.clock.nowMs() + Number(maxAge) * 1000);
      if (maxAge === '0') jar.delete(name);
      else jar.set(name, value);
    }
    return result;
  };
  return {
    jar,
    cookies,
    authorize: async (query = '') => keep(await world.authorize(query, cookies())),
    callback: async (query: string) => keep(await world.callback(query, cookies())),
  };
}

/** The authorization request, as the browser carries it to IMS. */
export function asked(result: HttpResult): URLSearchParams {
  if (result.statusCode !== 303) throw new Error(`Expected a redirect, got ${result.statusCode}.`);
  return locationOf(result).searchParams;
}

export function locationOf(result: HttpResult): URL {
  return new URL(result.headers.location ?? '');
}

export function stateOf(result: HttpResult): string {
  return asked(result).get('state') ?? '';
}

/** The outcome that a page shows. */
export function pageOutcome(result: HttpResult): string | undefined {
  return /data-outcome="([a-z_]+)"/.exec(result.body)?.[1];
}

export interface ConsentOptions {
  readonly subject?: string;
  readonly scopes?: readonly string[];
  readonly offline?: boolean;
  readonly idTokenClaims?: Readonly<Record<string, string | boolean>>;
}

/** The query with which Adobe sends the browser back after a consent. */
export function consented(world: ConsentWorld, state: string, options: ConsentOptions = {}): string {
  const code = world.ims.ledger.authorize({ subject: SUBJECT, ...options });
  return new URLSearchParams({ code: code.reveal(), state }).toString();
}

/** One plain sign-in from start to end. */
export async function signIn(
  world: ConsentWorld,
  query = '',
  options: ConsentOptions = {},
  browser = createBrowser(world),
): Promise<HttpResult> {
  const started = await browser.authorize(query);
  return browser.callback(consented(world, stateOf(started), options));
}

/** The app's backend opens a session and the browser follows its link. Returns where the browser ends. */
export async function connect(
  world: ConsentWorld,
  connectionId: string,
  body: Readonly<Record<string, unknown>>,
  options: ConsentOptions = {},
  browser = createBrowser(world),
): Promise<HttpResult> {
  const opened = await world.post('/connections/{connectionId}/consents', connectionId, body);
  const { authorizeUrl } = JSON.parse(opened.body) as { authorizeUrl: string };
  const started = await browser.authorize(new URL(authorizeUrl).search.slice(1));
  return browser.callback(consented(world, stateOf(started), options));
}

export function codeOf(result: HttpResult): string {
  return locationOf(result).searchParams.get('connection_code') ?? '';
}
