import { randomBytes, randomUUID } from 'node:crypto';
import type { IdTokenProfile, TokensProfile } from './profile.ts';
import type { SigningKeyId, SigningKeys } from './signing-keys.ts';

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

const encode = (data: string | Buffer, base64: TokensProfile['base64']): string => {
  const text = Buffer.from(data).toString('base64url');
  return base64 === 'unpadded' ? text : text + '='.repeat((4 - (text.length % 4)) % 4);
};

/** Times are millisecond counts as decimal strings and there is no `exp`, `iss` or `aud`, as observed of Adobe. */
const payloadOf = (claims: ImsTokenClaims, filler: string): string =>
  JSON.stringify({
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

const opaqueToken = (bytes: number): string => {
  const length = Math.max(bytes, 43);
  return randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);
};

const fillerOf = (length: number): string =>
  randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64url')
    .slice(0, length);

export const createTokenWriter = (keys: SigningKeys): TokenWriter => {
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
};
