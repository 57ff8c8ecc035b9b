import { createHash } from 'node:crypto';
import {
  type BookedRefreshToken,
  type RefreshTokenStanding,
  type RotationRules,
  replayEndsGrant,
  standingOf,
} from './refresh-token-rules.ts';

/** One consent of one user. Every code exchange opens its own. */
export interface Grant {
  readonly id: string;
  readonly userKey: string;
  readonly clientId: string;
  readonly consentedAtMs: number;
  readonly refreshTokens: RefreshTokenRecord[];
  readonly accessTokens: Set<AccessTokenRecord>;
  scopes: readonly string[];
}

export interface RefreshTokenRecord extends BookedRefreshToken {
  readonly kind: 'refresh';
  /** A running number, for people and reports; it says nothing about the token itself. */
  readonly id: string;
  readonly grant: Grant;
  readonly issuedAtMs: number;
  readonly parent: RefreshTokenRecord | null;
  revokedAtMs: number | null;
  /** How the answer that carried the first successor fared: `pending`, `delivered`, `lost`, or the fault that spoiled it. */
  successorAnswer: string | null;
}

export interface AccessTokenRecord {
  readonly kind: 'access';
  readonly hash: string;
  readonly grant: Grant;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
  revokedAtMs: number | null;
}

export interface AuthorizationCodeRecord {
  readonly userKey: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string | null;
  readonly codeChallenge: string | null;
  readonly codeChallengeMethod: string;
  readonly nonce: string | null;
  readonly expiresAtMs: number;
  usedAtMs: number | null;
}

export interface GrantStore {
  openGrant(grant: Pick<Grant, 'userKey' | 'clientId' | 'consentedAtMs' | 'scopes'>): Grant;
  addRefreshToken(
    token: string,
    record: Pick<RefreshTokenRecord, 'grant' | 'parent' | 'issuedAtMs' | 'expiresAtMs'>,
  ): void;
  addAccessToken(token: string, record: Pick<AccessTokenRecord, 'grant' | 'scopes' | 'expiresAtMs'>): void;
  addCode(code: string, record: Omit<AuthorizationCodeRecord, 'usedAtMs'>): void;
  findRefreshToken(token: string): RefreshTokenRecord | undefined;
  findAccessToken(token: string): AccessTokenRecord | undefined;
  findCode(code: string): AuthorizationCodeRecord | undefined;
  grantsOf(userKey: string): readonly Grant[];
  grants(): readonly Grant[];
  /** Drops access tokens that ended long ago, so that a simulation of months stays small. */
  forgetAccessTokensBefore(expiredBeforeMs: number): void;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

/** @param keyOf by default the store holds hashes only, so nothing that reads it can leak a token */
export function createGrantStore(keyOf: (token: string) => string = hashOf): GrantStore {
  const grantsByUser = new Map<string, Grant[]>();
  const refreshTokens = new Map<string, RefreshTokenRecord>();
  const accessTokens = new Map<string, AccessTokenRecord>();
  const codes = new Map<string, AuthorizationCodeRecord>();
  let grantCount = 0;
  let refreshTokenCount = 0;

  return {
    openGrant: (fields) => {
      grantCount += 1;
      const grant: Grant = {
        ...fields,
        id: `grant-${grantCount}`,
        refreshTokens: [],
        accessTokens: new Set(),
      };
      grantsByUser.set(grant.userKey, [...(grantsByUser.get(grant.userKey) ?? []), grant]);
      return grant;
    },

    addRefreshToken: (token, fields) => {
      refreshTokenCount += 1;
      const record: RefreshTokenRecord = {
        ...fields,
        kind: 'refresh',
        id: `refresh-${refreshTokenCount}`,
        consumedAtMs: null,
        successorUsedAtMs: null,
        revokedAtMs: null,
        successorAnswer: null,
      };
      refreshTokens.set(keyOf(token), record);
      record.grant.refreshTokens.push(record);
    },

    addAccessToken: (token, fields) => {
      const hash = keyOf(token);
      const record: AccessTokenRecord = { ...fields, kind: 'access', hash, revokedAtMs: null };
      accessTokens.set(hash, record);
      record.grant.accessTokens.add(record);
    },

    addCode: (code, fields) => {
      codes.set(keyOf(code), { ...fields, usedAtMs: null });
    },

    findRefreshToken: (token) => refreshTokens.get(keyOf(token)),
    findAccessToken: (token) => accessTokens.get(keyOf(token)),
    findCode: (code) => codes.get(keyOf(code)),
    grantsOf: (userKey) => grantsByUser.get(userKey) ?? [],
    grants: () => [...grantsByUser.values()].flat(),

    forgetAccessTokensBefore: (expiredBeforeMs) => {
      for (const record of accessTokens.values()) {
        if (record.expiresAtMs >= expiredBeforeMs) continue;
        accessTokens.delete(record.hash);
        record.grant.accessTokens.delete(record);
      }
    },
  };
}

function revokeToken(record: RefreshTokenRecord | AccessTokenRecord, nowMs: number): void {
  record.revokedAtMs ??= nowMs;
}

export function endGrant(grant: Grant, nowMs: number, accessTokens: 'end' | 'survive' = 'end'): void {
  for (const record of grant.refreshTokens) revokeToken(record, nowMs);
  if (accessTokens === 'survive') return;
  for (const record of grant.accessTokens) revokeToken(record, nowMs);
}

/** What a posted refresh token is worth. In `family`, posting a spent one ends its grant. */
export function standingOnPost(
  token: RefreshTokenRecord,
  rotation: RotationRules,
  nowMs: number,
): RefreshTokenStanding {
  const standing = standingOf(token, rotation, nowMs);
  if (standing === 'spent' && replayEndsGrant(rotation.mode)) endGrant(token.grant, nowMs);
  return standing;
}

/** How far a revocation reaches beyond the token named in it. */
export type RevocationReach = 'token' | 'grant' | 'user';

export function revokeAsFarAs(
  reach: RevocationReach,
  record: RefreshTokenRecord | AccessTokenRecord,
  grants: GrantStore,
  nowMs: number,
): void {
  if (reach === 'token') {
    revokeToken(record, nowMs);
    return;
  }
  const { grant } = record;
  for (const one of reach === 'user' ? grants.grantsOf(grant.userKey) : [grant]) endGrant(one, nowMs);
}
