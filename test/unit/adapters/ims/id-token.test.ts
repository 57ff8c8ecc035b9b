import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createIdTokenVerifier,
  type IdTokenDecision,
  withIdToken,
} from '../../../../functions/adapters/ims/id-token.ts';
import type { ReceivedTokens } from '../../../../functions/core/ports/ims.ts';
import { Secret } from '../../../../functions/core/secret.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const NOW_S = NOW_MS / 1_000;
const ISSUER = 'https://ims.example';
const claims = {
  iss: ISSUER,
  sub: 'ABC@AdobeID',
  aud: 'client-1',
  iat: NOW_S,
  exp: NOW_S + 600,
  nonce: 'n1',
};
const header = { alg: 'RS256', kid: 'ims_na1-key-1', x5u: 'ims_na1-key-1.cer' };

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
let keys: KeyPair;
let published: JWK[];

beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  published = [{ ...(await exportJWK(keys.publicKey)), kid: header.kid, alg: 'RS256', use: 'sig' }];
});

function verifier(serveKeys: () => JWK[] = () => published) {
  const asked: string[] = [];
  const verify = createIdTokenVerifier({
    clientId: 'client-1',
    issuers: [ISSUER, `${ISSUER}/ims`],
    keysUrl: `${ISSUER}/ims/keys`,
    nowMs: () => NOW_MS,
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json({ keys: serveKeys() });
    },
  });
  return { asked, verify };
}

async function idToken(change: object = {}, headerChange: object = {}, signer = keys): Promise<Secret> {
  const jwt = new SignJWT({ ...claims, ...change });
  const protectedHeader: JWTHeaderParameters = { ...header, ...headerChange };
  return new Secret(await jwt.setProtectedHeader(protectedHeader).sign(signer.privateKey));
}

describe('an ID token', () => {
  it('is verified by its kid, and x5u is never fetched', async () => {
    const { asked, verify } = verifier();
    const decision = await verify(
      await idToken({ name: 'Ada', email_verified: 'true', sid: 'x', address: { country: 'CH' } }),
      'n1',
    );
    expect(decision).toEqual({
      kind: 'verified',
      subject: 'ABC@AdobeID',
      claims: { name: 'Ada', email_verified: true },
    });
    expect(asked).toEqual([`${ISSUER}/ims/keys`]);
  });

  it.each([ISSUER, `${ISSUER}/ims`])('may come from the issuer %s', async (iss) => {
    expect((await verifier().verify(await idToken({ iss }), 'n1')).kind).toBe('verified');
  });

  it.each([
    ['another issuer', { iss: 'https://evil.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['another audience', { aud: 'client-2' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no subject', { sub: undefined }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['no end', { exp: undefined }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
    ['an end that has passed', { exp: NOW_S - 60 }, 'ERR_JWT_EXPIRED'],
    ['another nonce', { nonce: 'n2' }, 'nonce'],
    ['no nonce', { nonce: undefined }, 'nonce'],
    ['a second audience without azp', { aud: ['client-1', 'client-2'] }, 'azp'],
    ['another authorized party', { azp: 'client-2' }, 'azp'],
    ['an empty subject', { sub: '' }, 'sub'],
  ])('with %s is rejected', async (_name, change, reason) => {
    expect(await verifier().verify(await idToken(change), 'n1')).toEqual({ kind: 'rejected', reason });
  });

  it('with a nonce that was not requested is rejected', async () => {
    expect(await verifier().verify(await idToken(), undefined)).toEqual({
      kind: 'rejected',
      reason: 'nonce',
    });
  });

  it('signed by another key under the same kid is rejected', async () => {
    const token = await idToken({}, {}, await generateKeyPair('RS256'));
    const decision = await verifier().verify(token, 'n1');
    expect(decision).toEqual({ kind: 'rejected', reason: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  });

  it('signed with another algorithm is rejected', async () => {
    const other = await generateKeyPair('PS256');
    const decision = await verifier().verify(await idToken({}, { alg: 'PS256' }, other), 'n1');
    expect(decision).toEqual({ kind: 'rejected', reason: 'ERR_JOSE_ALG_NOT_ALLOWED' });
  });

  it('without a signature is rejected', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = new Secret(`${part({ alg: 'none' })}.${part(claims)}.`);
    expect((await verifier().verify(token, 'n1')).kind).toBe('rejected');
  });

  it('of an unknown kid does not have the keys fetched without end', async () => {
    const { asked, verify } = verifier();
    for (const kid of ['a', 'b', 'c']) {
      expect((await verify(await idToken({}, { kid }), 'n1')).kind).toBe('rejected');
    }
    expect(asked.length).toBeLessThanOrEqual(2);
  });

  it('is rejected with a separate reason when the keys cannot be fetched', async () => {
    const { verify } = verifier(() => {
      throw new TypeError('fetch failed');
    });
    expect(await verify(await idToken(), 'n1')).toEqual({ kind: 'rejected', reason: 'keys-unavailable' });
  });
});

describe('a code exchange', () => {
  const refreshToken = new Secret('refresh');
  const withSubject: ReceivedTokens = { refreshToken, subject: 'ABC@AdobeID', hints: {}, anomalies: [] };
  const someIdToken = new Secret('a.b.c');
  const verified: IdTokenDecision = { kind: 'verified', subject: 'ABC@AdobeID', claims: { name: 'Ada' } };

  async function complete(tokens: ReceivedTokens, decision: IdTokenDecision, idToken?: Secret, nonce = 'n1') {
    const read = { answer: { kind: 'tokens' as const, tokens }, ...(idToken && { idToken }) };
    const answer = await withIdToken(read, nonce, async () => decision);
    if (answer.kind !== 'tokens') throw new Error('No tokens.');
    expect(answer.tokens.refreshToken).toBe(refreshToken);
    return answer.tokens;
  }

  it('takes subject and claims from the verified ID token', async () => {
    const { subject: _, ...withoutSubject } = withSubject;
    for (const tokens of [withSubject, withoutSubject]) {
      expect(await complete(tokens, verified, someIdToken)).toMatchObject({
        subject: 'ABC@AdobeID',
        idTokenClaims: { name: 'Ada' },
        anomalies: [],
      });
    }
  });

  it('takes the subject of the answer when there is no ID token, and says so when there should be one', async () => {
    const tokens = await complete(withSubject, verified);
    expect(tokens).toEqual({ ...withSubject, anomalies: ['id-token-missing'] });
  });

  it('keeps the tokens that come with a bad ID token, without a subject', async () => {
    const tokens = await complete(withSubject, { kind: 'rejected', reason: 'nonce' }, someIdToken);
    expect(tokens).toEqual({ refreshToken, hints: {}, anomalies: ['id-token-rejected: nonce'] });
  });

  it('keeps the tokens without a subject when ID token and answer name two users', async () => {
    const tokens = await complete({ ...withSubject, subject: 'XYZ@AdobeID' }, verified, someIdToken);
    expect(tokens).toEqual({ refreshToken, hints: {}, anomalies: ['subject-disagrees'] });
  });
});
