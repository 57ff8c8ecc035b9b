import type { AuthorizationCodeRecord, RefreshTokenRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import type { LedgerGrantType } from './ledger.ts';
import { type ImsRequest, type ParameterReader, parametersOf } from './request.ts';

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

const grantTypeOf = (text: string | undefined): LedgerGrantType =>
  text === 'authorization_code' || text === 'refresh_token' ? text : 'other';

export const readTokenPost = (ims: ImsContext, request: ImsRequest, version: TokenVersion): TokenPost => {
  const parameter = parametersOf(request, ims.profile());
  const grantType = grantTypeOf(parameter('grant_type'));
  const presentedRefreshToken = grantType === 'refresh_token' ? parameter('refresh_token') : undefined;
  const refreshToken =
    presentedRefreshToken === undefined ? undefined : ims.grants.findRefreshToken(presentedRefreshToken);
  const code = grantType === 'authorization_code' ? ims.grants.findCode(parameter('code') ?? '') : undefined;
  const userKey = refreshToken?.grant.userKey ?? code?.userKey;
  return { version, grantType, parameter, code, refreshToken, presentedRefreshToken, userKey };
};
