import { emptyAnswer, errorAnswer, type ImsAnswer } from './answer.ts';
import { effectiveRedirectUri } from './authorization-request.ts';
import { type AccessTokenRecord, endGrant, type RefreshTokenRecord, revokeAsFarAs } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { type ImsRequest, parametersOf, refuseClient } from './request.ts';

export type TokenRecord = AccessTokenRecord | RefreshTokenRecord;

export function findToken(ims: ImsContext, token: string | undefined): TokenRecord | undefined {
  return token === undefined
    ? undefined
    : (ims.grants.findRefreshToken(token) ?? ims.grants.findAccessToken(token));
}

/** `POST /ims/revoke`: 200 with an empty body. */
export function answerRevocation(ims: ImsContext, request: ImsRequest): ImsAnswer {
  const profile = ims.profile();
  const parameter = parametersOf(request, profile);
  const refusal = refuseClient(request, parameter, profile);
  if (refusal !== undefined) return refusal;

  const record = findToken(ims, parameter('token'));
  if (record === undefined) {
    return profile.revocation.unknownToken === 200
      ? emptyAnswer(200)
      : errorAnswer(400, 'bad_request', 'invalid token parameter');
  }
  revokeAsFarAs(profile.revocation.reach, record, ims.grants, ims.nowMs());
  ims.ledger.count(record.grant.userKey, (counts) => {
    counts.revocationsConfirmed[record.kind] += 1;
  });
  return emptyAnswer(200);
}

function endSession(ims: ImsContext, accessToken: string | undefined): void {
  const record = findToken(ims, accessToken);
  if (record !== undefined) endGrant(record.grant, ims.nowMs());
}

/** Front channel: ends the tokens of the access token's grant and sends the browser on. */
export function answerLogout(ims: ImsContext, request: ImsRequest): ImsAnswer {
  endSession(ims, request.query.get('access_token') ?? undefined);
  const redirectUri = request.query.get('redirect_uri');
  if (redirectUri === null) return emptyAnswer(200);
  return emptyAnswer(302, { location: effectiveRedirectUri(redirectUri, ims.profile().credential) });
}

/** Back channel: the client authenticates and is answered 200. */
export function answerBackChannelLogout(ims: ImsContext, request: ImsRequest): ImsAnswer {
  const parameter = parametersOf(request, ims.profile());
  const refusal = refuseClient(request, parameter, ims.profile());
  if (refusal !== undefined) return refusal;
  endSession(ims, parameter('access_token'));
  return emptyAnswer(200);
}
