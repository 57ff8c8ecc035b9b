import { type ImsAnswer, jsonAnswer } from './answer.ts';
import type { AuthorizationCodeRecord, Grant, RefreshTokenRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import type { LedgerGrantType } from './ledger.ts';
import { type ImsRequest, type ParameterReader, parametersOf } from './request.ts';
import { type CompleteImsUser, claimsFor } from './users.ts';

/** v1 counts `expires_in` in milliseconds, v2 adds `userId`, v3 is the documented one. */
export type TokenVersion = 1 | 2 | 3;

/** One POST to the token endpoint, looked up but not yet processed. */
export interface TokenPost {
  readonly version: TokenVersion;
  readonly grantType: LedgerGrantType;
  readonly parameter: ParameterReader;
  readonly code: AuthorizationCodeRecord | undefined;
  readonly refreshToken: RefreshTokenRecord | undefined;
  readonly presentedRefreshToken: string | undefined;
  readonly userKey: string | undefined;
}

function grantTypeOf(text: string | undefined): LedgerGrantType {
  return text === 'authorization_code' || text === 'refresh_token' ? text : 'other';
}

export function readTokenPost(ims: ImsContext, request: ImsRequest, version: TokenVersion): TokenPost {
  const parameter = parametersOf(request, ims.profile());
  const grantType = grantTypeOf(parameter('grant_type'));
  const presentedRefreshToken = grantType === 'refresh_token' ? parameter('refresh_token') : undefined;
  const refreshToken =
    presentedRefreshToken === undefined ? undefined : ims.grants.findRefreshToken(presentedRefreshToken);
  const code = grantType === 'authorization_code' ? ims.grants.findCode(parameter('code') ?? '') : undefined;
  const userKey = refreshToken?.grant.userKey ?? code?.userKey;
  return { version, grantType, parameter, code, refreshToken, presentedRefreshToken, userKey };
}

interface IssuedTokens {
  readonly post: TokenPost;
  readonly grant: Grant;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

/** v1 puts the profile into the answer, with `email_verified` as a string. */
function inlineProfile(user: CompleteImsUser, scopes: readonly string[]): Record<string, unknown> {
  const claims = claimsFor(user, scopes);
  return 'email_verified' in claims ? { ...claims, email_verified: String(claims.email_verified) } : claims;
}

function extrasOf(version: TokenPost['version'], user: CompleteImsUser, grant: Grant) {
  switch (version) {
    case 1:
      return inlineProfile(user, grant.scopes);
    case 2:
      return { userId: user.sub };
    case 3:
      return {};
  }
}

export function tokenAnswer(ims: ImsContext, issued: IssuedTokens): ImsAnswer {
  const { post, grant, accessToken, refreshToken, idToken } = issued;
  const user = ims.users.get(grant.userKey);
  const { access } = ims.profileOf(grant.userKey);
  const inMilliseconds = post.version === 1 || access.expiresInUnit === 'milliseconds';
  return jsonAnswer(200, {
    access_token: accessToken,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(post.grantType === 'authorization_code' && user !== undefined ? { sub: user.sub } : {}),
    token_type: 'bearer',
    expires_in: access.lifetimeSeconds * (inMilliseconds ? 1_000 : 1),
    ...(user === undefined ? {} : extrasOf(post.version, user, grant)),
  });
}
