import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  createImsStandIn,
  type ImsStandIn,
  type ImsStandInOptions,
} from '../../../local/ims/ims-stand-in.ts';
import type { ImsProfileChange } from '../../../local/ims/profile.ts';
import { createSigningKeys } from '../../../local/ims/token-writer.ts';

export const clientId = 'stand-in-client';
export const clientSecret = 'p8e-stand-in_secret';
export const redirectUri = 'http://127.0.0.1:8000/callback';
export const dayMs = 86_400_000;
export const startMs = Date.UTC(2026, 0, 1);

export interface TokenReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

type Parameters = Readonly<Record<string, string>>;

/** A running stand-in, its clock, and the few moves of a client. */
export interface ImsDriver {
  readonly ims: ImsStandIn;
  readonly baseUrl: string;
  readonly clock: { nowMs: number };
  authorizeUrl(parameters?: Parameters): string;
  /** Posts the consent form; the answer is not followed. */
  consent(user: string, parameters?: Parameters, form?: Parameters): Promise<Response>;
  callback(user: string, parameters?: Parameters, form?: Parameters): Promise<URLSearchParams>;
  post(path: string, form: Parameters, init?: RequestInit): Promise<TokenReply>;
  exchange(code: string, more?: Parameters): Promise<TokenReply>;
  refresh(refreshToken: unknown, more?: Parameters): Promise<TokenReply>;
  /** Signs in and returns the tokens. */
  signIn(user: string, scope?: string): Promise<Record<string, unknown>>;
}

const signingKeys = createSigningKeys();

export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

async function read(response: Response): Promise<TokenReply> {
  const text = await response.text();
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = {};
  }
  return { status: response.status, headers: response.headers, text, body };
}

export async function startDriver(
  profile: ImsProfileChange = {},
  watchers: Pick<ImsStandInOptions, 'onDecision'> = {},
): Promise<ImsDriver> {
  const clock = { nowMs: startMs };
  const ims = createImsStandIn({
    nowMs: () => clock.nowMs,
    ...watchers,
    signingKeys,
    profile: { ...profile, tokens: { signing: 'hs256', ...profile.tokens } },
  });
  onTestFinished(() => ims.stop());
  const { baseUrl } = await ims.start();

  const authorizeUrl = (parameters: Parameters = {}) => {
    const query = {
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: 'openid,offline_access',
      ...parameters,
    };
    return `${baseUrl}/ims/authorize/v2?${new URLSearchParams(query)}`;
  };
  const consent = (user: string, parameters: Parameters = {}, form: Parameters = {}) =>
    fetch(authorizeUrl(parameters), {
      method: 'POST',
      body: new URLSearchParams({ user, decision: 'approve', ...form }),
      redirect: 'manual',
    });
  const callback = async (user: string, parameters?: Parameters, form?: Parameters) => {
    const location = (await consent(user, parameters, form)).headers.get('location');
    if (location === null) throw new Error('Expected a redirect to the callback');
    return new URL(location).searchParams;
  };
  const post = async (path: string, form: Parameters, init: RequestInit = {}) =>
    read(await fetch(`${baseUrl}${path}`, { method: 'POST', body: new URLSearchParams(form), ...init }));
  const credentials = { client_id: clientId, client_secret: clientSecret };
  const exchange = (code: string, more: Parameters = {}) =>
    post('/ims/token/v3', { grant_type: 'authorization_code', code, ...credentials, ...more });
  const refresh = (refreshToken: unknown, more: Parameters = {}) =>
    post('/ims/token/v3', {
      grant_type: 'refresh_token',
      refresh_token: String(refreshToken),
      ...credentials,
      ...more,
    });
  const signIn = async (user: string, scope = 'openid,offline_access') =>
    (await exchange((await callback(user, { scope })).get('code') ?? '')).body;

  return { ims, baseUrl, clock, authorizeUrl, consent, callback, post, exchange, refresh, signIn };
}

export function claimsOf(token: unknown): Record<string, string> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString('utf8'));
}
