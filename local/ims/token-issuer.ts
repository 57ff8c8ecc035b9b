import type { AuthorizationCodeRecord, Grant, GrantStore, RefreshTokenRecord } from './grant-store.ts';
import type { LedgerBook } from './ledger.ts';
import type { ImsProfile } from './profile.ts';
import { refreshEndMs } from './refresh-token-rules.ts';
import type { TokenWriter } from './token-writer.ts';
import { type CompleteImsUser, claimsFor } from './users.ts';

/** Mints tokens and enters them in the store and the ledger. */
export interface TokenIssuer {
  code(fields: Omit<AuthorizationCodeRecord, 'usedAtMs' | 'expiresAtMs'>): string;
  accessToken(grant: Grant, scopes: readonly string[], refreshExpiresAtMs: number | undefined): string;
  refreshToken(grant: Grant, parent: RefreshTokenRecord | null): string;
  idToken(grant: Grant, nonce: string | null): string;
}

interface TokenIssuerDeps {
  readonly nowMs: () => number;
  readonly baseUrl: () => string;
  readonly profileOf: (userKey: string) => ImsProfile;
  readonly users: ReadonlyMap<string, CompleteImsUser>;
  readonly grants: GrantStore;
  readonly ledger: LedgerBook;
  readonly writer: TokenWriter;
}

const dayMs = 86_400_000;
const sweepEvery = 4_096;

export function createTokenIssuer(deps: TokenIssuerDeps): TokenIssuer {
  const { nowMs, profileOf, users, grants, ledger, writer } = deps;
  let accessTokensSinceSweep = 0;

  const userOf = (userKey: string): CompleteImsUser => {
    const user = users.get(userKey);
    if (user === undefined) throw new Error(`Expected a known test user, got ${userKey}`);
    return user;
  };

  const sweep = (): void => {
    accessTokensSinceSweep += 1;
    if (accessTokensSinceSweep < sweepEvery) return;
    accessTokensSinceSweep = 0;
    grants.forgetAccessTokensBefore(nowMs() - dayMs);
  };

  return {
    code: (fields) => {
      const profile = profileOf(fields.userKey);
      const createdAtMs = nowMs();
      const expiresAtMs = createdAtMs + profile.code.lifetimeSeconds * 1_000;
      const { clientId, scopes } = fields;
      const { sub } = userOf(fields.userKey);
      const code = writer.write(
        { type: 'authorization_code', clientId, sub, scopes, createdAtMs, expiresAtMs },
        { ...profile.tokens, bytes: profile.code.bytes },
      );
      grants.addCode(code, { ...fields, expiresAtMs });
      return code;
    },

    accessToken: (grant, scopes, refreshExpiresAtMs) => {
      const { access, tokens } = profileOf(grant.userKey);
      const createdAtMs = nowMs();
      const expiresAtMs = createdAtMs + access.lifetimeSeconds * 1_000;
      const tellsRefreshEnd = access.rtea === 'present' && refreshExpiresAtMs !== undefined;
      const { sub } = userOf(grant.userKey);
      const claims = { clientId: grant.clientId, sub, scopes, createdAtMs, expiresAtMs };
      const token = writer.write(
        { type: 'access_token', ...claims, ...(tellsRefreshEnd ? { refreshExpiresAtMs } : {}) },
        tokens,
      );
      sweep();
      grants.addAccessToken(token, { grant, scopes, expiresAtMs });
      ledger.count(grant.userKey, (counts) => {
        counts.tokensIssued.access += 1;
      });
      return token;
    },

    refreshToken: (grant, parent) => {
      const { refresh, tokens } = profileOf(grant.userKey);
      const issuedAtMs = nowMs();
      const expiresAtMs = refreshEndMs(refresh, grant.consentedAtMs, issuedAtMs);
      const { clientId, scopes } = grant;
      const { sub } = userOf(grant.userKey);
      const token = writer.write(
        { type: 'refresh_token', clientId, sub, scopes, createdAtMs: issuedAtMs, expiresAtMs },
        tokens,
      );
      grants.addRefreshToken(token, { grant, parent, issuedAtMs, expiresAtMs });
      ledger.count(grant.userKey, (counts) => {
        counts.tokensIssued.refresh += 1;
      });
      return token;
    },

    idToken: (grant, nonce) => {
      const { idToken } = profileOf(grant.userKey);
      const issuedAtSeconds = Math.floor(nowMs() / 1_000);
      const defect = idToken.defect;
      const shownNonce = defect === 'wrong-nonce' ? 'not-the-nonce-that-was-sent' : nonce;
      ledger.count(grant.userKey, (counts) => {
        counts.tokensIssued.id += 1;
      });
      return writer.writeIdToken(
        {
          iss: idToken.issuer === 'host' ? deps.baseUrl() : `${deps.baseUrl()}/ims`,
          aud: defect === 'wrong-audience' ? 'another-client' : grant.clientId,
          iat: issuedAtSeconds - (defect === 'expired' ? 7_200 : 0),
          exp: issuedAtSeconds + (defect === 'expired' ? -3_600 : 3_600),
          ...(shownNonce === null || defect === 'no-nonce' ? {} : { nonce: shownNonce }),
          ...claimsFor(userOf(grant.userKey), grant.scopes),
        },
        idToken,
      );
    },
  };
}
