import { emptyAnswer, type ImsAnswer } from './answer.ts';
import { refuseClient } from './client-authentication.ts';
import { endGrant } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { effectiveRedirectUri } from './redirect-uri.ts';
import { type ImsRequest, parametersOf } from './request.ts';
import { findToken } from './revocation-endpoint.ts';

const endSession = (ims: ImsContext, accessToken: string | undefined): void => {
  const record = findToken(ims, accessToken);
  if (record !== undefined) endGrant(record.grant, ims.nowMs());
};

/** Front channel: ends the tokens of the access token's grant and sends the browser on. */
export const answerLogout = (ims: ImsContext, request: ImsRequest): ImsAnswer => {
  endSession(ims, request.query.get('access_token') ?? undefined);
  const asked = request.query.get('redirect_uri');
  if (asked === null) return emptyAnswer(200);
  return emptyAnswer(302, { location: effectiveRedirectUri(asked, ims.profile().credential) });
};

/** Back channel: the client authenticates and is answered 200. */
export const answerBackChannelLogout = (ims: ImsContext, request: ImsRequest): ImsAnswer => {
  const parameter = parametersOf(request, ims.profile());
  const refusal = refuseClient(request, parameter, ims.profile());
  if (refusal !== undefined) return refusal;
  endSession(ims, parameter('access_token'));
  return emptyAnswer(200);
};
