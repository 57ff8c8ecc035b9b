import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildAuthorizationUrl, createPkce } from '../../../../functions/adapters/ims/authorization.ts';
import { Secret } from '../../../../functions/core/secret.ts';

const request = {
  imsBaseUrl: 'https://ims.example/',
  clientId: 'client-1',
  redirectUri: 'https://vault.example/callback?x=1',
  scopes: ['openid', 'AdobeID', 'offline_access'],
  state: new Secret('state-1'),
  nonce: 'nonce-1',
  codeChallenge: 'challenge-1',
};

describe('the authorization request', () => {
  it('carries every parameter IMS needs, with S256 said explicitly', () => {
    const url = new URL(buildAuthorizationUrl(request));
    expect(url.origin + url.pathname).toBe('https://ims.example/ims/authorize/v2');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'client-1',
      redirect_uri: 'https://vault.example/callback?x=1',
      response_type: 'code',
      scope: 'openid,AdobeID,offline_access',
      state: 'state-1',
      nonce: 'nonce-1',
      code_challenge: 'challenge-1',
      code_challenge_method: 'S256',
    });
  });

  it('refuses the scope openid without a nonce', () => {
    const { nonce: _, ...withoutNonce } = request;
    expect(() => buildAuthorizationUrl(withoutNonce)).toThrow('nonce');
    expect(buildAuthorizationUrl({ ...withoutNonce, scopes: ['AdobeID'] })).not.toContain('nonce');
  });
});

describe('a PKCE pair', () => {
  it('has the challenge that RFC 7636 derives from the verifier', () => {
    const { verifier, challenge } = createPkce();
    expect(verifier.reveal()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(challenge).toBe(createHash('sha256').update(verifier.reveal()).digest('base64url'));
  });

  it('is new every time', () => {
    expect(createPkce().challenge).not.toBe(createPkce().challenge);
  });
});
