import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import type { IdTokenProfile, TokensProfile } from './profile.ts';

export interface ImsTokenClaims {
  readonly type: 'access_token' | 'refresh_token' | 'authorization_code';
  readonly clientId: string;
  readonly sub: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** When the refresh token ends; only in access tokens. */
  readonly refreshExpiresAtMs?: number;
}

export interface TokenWriter {
  write(claims: ImsTokenClaims, shape: TokensProfile): string;
  writeIdToken(claims: Record<string, unknown>, shape: IdTokenProfile): string;
}

const imsTokenKeyId = 'ims_na1-key-at-1';

function encode(data: string | Buffer, base64: TokensProfile['base64']): string {
  const text = Buffer.from(data).toString('base64url');
  return base64 === 'unpadded' ? text : text + '='.repeat((4 - (text.length % 4)) % 4);
}

/** Times are millisecond counts as decimal strings and there is no `exp`, `iss` or `aud`, as observed of Adobe. */
function payloadOf(claims: ImsTokenClaims, filler: string): string {
  return JSON.stringify({
    id: `${claims.createdAtMs}-${randomUUID()}`,
    type: claims.type,
    client_id: claims.clientId,
    user_id: claims.sub,
    as: 'ims-stand-in',
    created_at: String(claims.createdAtMs),
    expires_in: String(claims.expiresAtMs - claims.createdAtMs),
    scope: claims.scopes.join(','),
    ...(claims.refreshExpiresAtMs === undefined ? {} : { rtea: String(claims.refreshExpiresAtMs) }),
    c: filler,
  });
}

function opaqueToken(bytes: number): string {
  const length = Math.max(bytes, 43);
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);
}

function fillerOf(length: number): string {
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);
}

export function createTokenWriter(keys: SigningKeys): TokenWriter {
  const jwt = (header: Record<string, unknown>, payload: string, shape: TokensProfile): string => {
    const input = `${encode(JSON.stringify(header), shape.base64)}.${encode(payload, shape.base64)}`;
    const signature =
      shape.signing === 'rs256' ? keys.signRs256(imsTokenKeyId, input) : keys.signHs256(input);
    return `${input}.${encode(signature, shape.base64)}`;
  };

  return {
    write: (claims, shape) => {
      if (shape.shape === 'opaque') return opaqueToken(shape.bytes);
      const alg = shape.signing === 'rs256' ? 'RS256' : 'HS256';
      const header = { alg, kid: imsTokenKeyId, x5u: `${imsTokenKeyId}.cer` };
      const signatureLength = shape.signing === 'rs256' ? 342 : 43;
      const bare =
        2 + signatureLength + ((JSON.stringify(header).length + payloadOf(claims, '').length) * 4) / 3;
      const fillerLength = Math.max(16, Math.ceil(((shape.bytes - bare) * 3) / 4));
      return jwt(header, payloadOf(claims, fillerOf(fillerLength)), shape);
    },

    writeIdToken: (claims, shape) => {
      if (shape.defect === 'malformed') return 'eyJ.not-a-token';
      const kid: SigningKeyId = shape.kid;
      const header = { alg: 'RS256', kid, ...(shape.x5u === 'absent' ? {} : { x5u: `${kid}.cer` }) };
      const input = `${encode(JSON.stringify(header), 'unpadded')}.${encode(JSON.stringify(claims), 'unpadded')}`;
      const signer = shape.defect === 'bad-signature' ? imsTokenKeyId : kid;
      return `${input}.${keys.signRs256(signer, input).toString('base64url')}`;
    },
  };
}

/** `ims` and `ims_na1-key-1` are published; the key of access and refresh tokens is not, as observed of Adobe. */
export type SigningKeyId = 'ims' | 'ims_na1-key-1' | 'ims_na1-key-at-1';

export interface SigningKeys {
  signRs256(kid: SigningKeyId, input: string): Buffer;
  signHs256(input: string): Buffer;
  publishedKeys(): { keys: Record<string, unknown>[] };
}

const publishedKeyIds = ['ims', 'ims_na1-key-1'] as const;

/** Keys are generated on first use: an RSA pair costs tens of milliseconds that most tests never need to pay. */
export function createSigningKeys(): SigningKeys {
  const pairs = new Map<SigningKeyId, { privateKey: KeyObject; publicKey: KeyObject }>();
  const hmacKey = randomBytes(32);

  const pairFor = (kid: SigningKeyId) => {
    const known = pairs.get(kid);
    if (known !== undefined) return known;
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    pairs.set(kid, pair);
    return pair;
  };

  return {
    signRs256: (kid, input) => sign('sha256', Buffer.from(input), pairFor(kid).privateKey),
    signHs256: (input) => createHmac('sha256', hmacKey).update(input).digest(),
    publishedKeys: () => ({
      keys: publishedKeyIds.map((kid) => ({
        ...pairFor(kid).publicKey.export({ format: 'jwk' }),
        kid,
        use: 'sig',
        alg: 'RS256',
      })),
    }),
  };
}
