import { emptyAnswer, errorAnswer, type ImsAnswer } from './answer.ts';
import { refuseClient } from './client-authentication.ts';
import { type AccessTokenRecord, endGrant, type RefreshTokenRecord, revokeToken } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { type ImsRequest, parametersOf } from './request.ts';

export type TokenRecord = AccessTokenRecord | RefreshTokenRecord;

export const findToken = (ims: ImsContext, token: string | undefined): TokenRecord | undefined =>
  token === undefined ? undefined : (ims.grants.findRefreshToken(token) ?? ims.grants.findAccessToken(token));

const revoke = (ims: ImsContext, record: TokenRecord): void => {
  const nowMs = ims.nowMs();
  switch (ims.profile().revocation.reach) {
    case 'token':
      revokeToken(record, nowMs);
      return;
    case 'grant':
      endGrant(record.grant, nowMs);
      return;
    case 'user':
      for (const grant of ims.grants.grantsOf(record.grant.userKey)) endGrant(grant, nowMs);
  }
};

/** `POST /ims/revoke`: 200 with an empty body. */
export const answerRevocation = (ims: ImsContext, request: ImsRequest): ImsAnswer => {
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
  revoke(ims, record);
  ims.ledger.count(record.grant.userKey, (counts) => {
    counts.revocationsConfirmed[record.kind] += 1;
  });
  return emptyAnswer(200);
};
