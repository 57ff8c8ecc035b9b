import { describe, expect, it } from 'vitest';
import { defaultImsProfile, type TokensProfile } from '../../../local/ims/profile.ts';
import {
  createSigningKeys,
  createTokenWriter,
  type ImsTokenClaims,
} from '../../../local/ims/token-writer.ts';

const writer = createTokenWriter(createSigningKeys());
const claims: ImsTokenClaims = {
  type: 'access_token',
  clientId: 'client',
  sub: 'ABC@AdobeID',
  scopes: ['openid', 'offline_access'],
  createdAtMs: 1_767_225_600_000,
  expiresAtMs: 1_767_225_600_000 + 86_399_000,
};

function write(change: Partial<TokensProfile>, more: Partial<ImsTokenClaims> = {}) {
  return writer.write({ ...claims, ...more }, { ...defaultImsProfile.tokens, ...change });
}

function part(token: string, index: number) {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString('utf8'));
}

describe('a token of the stand-in', () => {
  it.each(['rs256', 'hs256'] as const)('has the shape of an Adobe token when signed with %s', (signing) => {
    const token = write({ signing }, { refreshExpiresAtMs: 1_768_435_200_000 });
    expect(part(token, 0)).toEqual({
      alg: signing.toUpperCase(),
      kid: 'ims_na1-key-at-1',
      x5u: 'ims_na1-key-at-1.cer',
    });
    expect(part(token, 1)).toMatchObject({
      type: 'access_token',
      client_id: 'client',
      user_id: 'ABC@AdobeID',
      scope: 'openid,offline_access',
      created_at: '1767225600000',
      expires_in: '86399000',
      rtea: '1768435200000',
      as: 'ims-stand-in',
    });
    expect(part(token, 1)).not.toHaveProperty('exp');
  });

  it.each([
    ['rs256', 1_200],
    ['rs256', 4_096],
    ['rs256', 8_192],
    ['hs256', 1_200],
    ['hs256', 8_192],
  ] as const)('is padded to its length: %s, %i bytes', (signing, bytes) => {
    const { length } = write({ signing, bytes });
    expect(length).toBeGreaterThanOrEqual(bytes);
    expect(length).toBeLessThan(bytes + 16);
  });

  it('can be opaque: of the same length, with nothing to read', () => {
    const token = write({ shape: 'opaque' });
    expect(token).toMatch(/^[\w-]{1200}$/);
  });

  it('can carry padded base64url', () => {
    const tokens = Array.from({ length: 8 }, (_, n) => write({ base64: 'padded', bytes: 1_200 + n }));
    expect(tokens.every((token) => token.split('.').every((each) => each.length % 4 === 0))).toBe(true);
    expect(tokens.some((token) => token.includes('='))).toBe(true);
  });

  it('is never written twice', () => {
    expect(new Set(Array.from({ length: 50 }, () => write({ signing: 'hs256' }))).size).toBe(50);
  });
});
