import { randomUUID } from 'node:crypto';
import type { RevokeAnswer, TokenAnswer } from '../../../../functions/core/ports/ims.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { FakeIms } from '../../../support/fakes/fake-ims.ts';
import { carry, type Refusal, type WireAnswer, type WireCall } from './aws-wire.ts';

const ANSWER_TIMEOUT_MS = 20_000;

export interface ImsPost {
  readonly fields: URLSearchParams;
  /** Ends the waiting for the response. */
  readonly signal: AbortSignal | undefined;
}

/** How a request gets to IMS and its response back. */
export type CarryToIms = (call: WireCall, post: ImsPost) => Promise<Response>;

const overTheWire: CarryToIms = async (call) => responseOf(await carry(call));

/** The fake IMS behind the token and revocation endpoints of the real one, as a `fetch` without a socket. */
export function createImsFetch(ims: FakeIms, carryToIms = overTheWire): typeof fetch {
  return async (input, init) => {
    const fields = new URLSearchParams(String(init?.body ?? ''));
    const isRevocation = new URL(String(input)).pathname.includes('revoke');
    const call: WireCall = {
      name: isRevocation ? 'IMS.revoke' : 'IMS.token',
      commandId: randomUUID(),
      attempt: 1,
      text: '',
      refuse: refused,
      send: () => (isRevocation ? revoked(ims, fields) : granted(ims, fields)),
    };
    return carryToIms(call, { fields, signal: init?.signal ?? undefined });
  };
}

export function responseOf({ status, headers, body }: WireAnswer): Response {
  return new Response(new Uint8Array(body), { status, headers });
}

async function granted(ims: FakeIms, fields: URLSearchParams): Promise<WireAnswer> {
  const of = (name: string) => new Secret(fields.get(name) ?? '');
  const clientSecret = of('client_secret');
  const scope = fields.get('scope');
  const answer =
    fields.get('grant_type') === 'refresh_token'
      ? ims.refresh({
          refreshToken: of('refresh_token'),
          clientSecret,
          timeoutMs: ANSWER_TIMEOUT_MS,
          ...(scope !== null && { scopes: scope.split(/[ ,]/) }),
        })
      : ims.exchangeCode({
          code: of('code'),
          codeVerifier: of('code_verifier'),
          redirectUri: fields.get('redirect_uri') ?? '',
          clientSecret,
          timeoutMs: ANSWER_TIMEOUT_MS,
        });
  return tokenAnswerOnTheWire(await answer);
}

async function revoked(ims: FakeIms, fields: URLSearchParams): Promise<WireAnswer> {
  const token = new Secret(fields.get('token') ?? '');
  const clientSecret = new Secret(fields.get('client_secret') ?? '');
  return revokeAnswerOnTheWire(await ims.revoke({ token, clientSecret, timeoutMs: ANSWER_TIMEOUT_MS }));
}

function tokenAnswerOnTheWire(answer: TokenAnswer): WireAnswer {
  switch (answer.kind) {
    case 'tokens': {
      const { accessToken, refreshToken, subject } = answer.tokens;
      return json(200, {
        token_type: 'bearer',
        ...(accessToken && {
          access_token: accessToken.token.reveal(),
          expires_in: accessToken.expiresInSeconds,
          scope: accessToken.scopes?.join(','),
        }),
        ...(refreshToken && { refresh_token: refreshToken.reveal() }),
        ...(subject !== undefined && { sub: subject }),
      });
    }
    case 'refused':
    case 'user-action':
      return json(400, { error: answer.error });
    case 'misconfigured':
      return json(401, { error: answer.error });
    case 'wait':
      return json(429, {}, { 'retry-after': String(Math.ceil(answer.retryAfterMs / 1_000)) });
    case 'unexpected':
      return json(answer.status, { error: answer.error });
    case 'unknown':
      return json(500, {});
  }
}

function revokeAnswerOnTheWire(answer: RevokeAnswer): WireAnswer {
  switch (answer.kind) {
    case 'revoked':
      return json(200, {});
    case 'already-gone':
      return json(400, {});
    case 'misconfigured':
      return json(401, { error: answer.error });
    case 'retry':
      return json(503, {});
  }
}

/** `denied`: a proxy, or IMS itself, that does not say why. */
function refused(refusal: Refusal): WireAnswer {
  if (refusal === 'throttled') return json(429, {}, { 'retry-after': '60' });
  return json(refusal === 'denied' ? 401 : 503, {});
}

function json(status: number, value: object, headers: Record<string, string> = {}): WireAnswer {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json', ...headers }, body };
}
