import { createHash } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { HttpResult } from '../../../functions/adapters/http/http-event.ts';
import { asked } from '../consent/browser.ts';
import { SUBJECT } from '../consent/consent-world.ts';

export interface AdobeOptions {
  /** Accept any verifier, so that only the nonce protects. */
  readonly ignoresPkce?: boolean;
  /** Wrong claims of the ID token. */
  readonly idTokenClaims?: object;
}

export interface TokenPost {
  readonly url: URL;
  readonly form: URLSearchParams;
  readonly headers: Headers;
}

interface Approval {
  readonly request: URLSearchParams;
  readonly subject: string;
}

const KEY_ID = 'ims_na1-key-1';

let keys: ReturnType<typeof generateKeyPair> | undefined;

function signingKeys() {
  keys ??= generateKeyPair('RS256');
  return keys;
}

/**
 * Adobe as the standards require it, behind the vault's real adapter. A code works once, and only with the redirect URI and
 * the verifier of its request. ID tokens are really signed.
 */
export function createAdobe(options: AdobeOptions, nowMs: () => number) {
  const approvals = new Map<string, Approval>();
  const posts: TokenPost[] = [];
  const issued: string[] = [];

  const issue = (kind: string) => {
    const token = `${kind}-token-${issued.length}-not-to-be-shown`;
    issued.push(token);
    return token;
  };

  const idToken = async ({ request, subject }: Approval) => {
    const nowSeconds = Math.floor(nowMs() / 1000);
    const { privateKey } = await signingKeys();
    const claims = {
      iss: request.get('issuer') ?? '',
      aud: request.get('client_id') ?? '',
      sub: subject,
      iat: nowSeconds,
      exp: nowSeconds + 600,
      nonce: request.get('nonce'),
      email: 'shared@mail.example',
      ...options.idTokenClaims,
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: KEY_ID })
      .sign(privateKey);
    issued.push(token);
    return token;
  };

  const exchange = async (form: URLSearchParams): Promise<Response> => {
    const code = form.get('code') ?? '';
    const approval = approvals.get(code);
    if (approval === undefined || !fits(approval.request, form, options)) {
      return Response.json({ error: 'access_denied' }, { status: 400 });
    }
    approvals.delete(code);
    return Response.json({
      access_token: issue('access'),
      refresh_token: issue('refresh'),
      id_token: await idToken(approval),
      sub: approval.subject,
      token_type: 'bearer',
      expires_in: 86_399,
    });
  };

  return {
    posts,
    issued,
    /** The user consents. Returns the query of the browser's return. */
    approve(started: HttpResult, subject = SUBJECT): URLSearchParams {
      const request = asked(started);
      request.set('issuer', new URL(started.headers.location ?? '').origin);
      const code = `eyJ-code-${approvals.size}-${posts.length}-of-${subject}`;
      approvals.set(code, { request, subject });
      return new URLSearchParams({ code, state: request.get('state') ?? '' });
    },
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.pathname === '/ims/keys') {
        const jwk = await exportJWK((await signingKeys()).publicKey);
        return Response.json({ keys: [{ ...jwk, kid: KEY_ID, alg: 'RS256', use: 'sig' }] });
      }
      const form = new URLSearchParams(String(init?.body));
      posts.push({ url, form, headers: new Headers(init?.headers) });
      return exchange(form);
    },
  };
}

function fits(
  request: URLSearchParams,
  form: URLSearchParams,
  { ignoresPkce = false }: AdobeOptions,
): boolean {
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  return (
    form.get('redirect_uri') === request.get('redirect_uri') &&
    form.get('client_id') === request.get('client_id') &&
    (ignoresPkce || challenge === request.get('code_challenge'))
  );
}
