import { errorAnswer, type ImsAnswer } from './answer.ts';
import { endGrant, type Grant, type RefreshTokenRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import type { ImsProfile } from './profile.ts';
import { isSpent, refreshEndMs, rotatesNow, standingOf } from './rotation.ts';
import { parseScopes } from './scopes.ts';
import { tokenAnswer } from './token-answer.ts';
import type { TokenPost } from './token-post.ts';

/** Counts use after use, whatever else is wrong with the token, and lets `family` end the grant. */
const noteReuse = (ims: ImsContext, token: RefreshTokenRecord, profile: ImsProfile, nowMs: number): void => {
  const { consumedAtMs, grant } = token;
  if (consumedAtMs === null) return;
  if (!isSpent(token, profile.rotation, nowMs)) {
    ims.ledger.count(grant.userKey, (counts) => {
      counts.acceptedReuses += standingOf(token, profile.rotation, nowMs) === 'good' ? 1 : 0;
    });
    return;
  }
  ims.ledger.count(grant.userKey, (counts) => {
    counts.doubleSpends += 1;
  });
  ims.ledger.recordDoubleSpend(token, consumedAtMs, nowMs);
  if (profile.rotation.mode === 'family') endGrant(grant, nowMs);
};

const refuseToken = (
  token: RefreshTokenRecord,
  profile: ImsProfile,
  nowMs: number,
): ImsAnswer | undefined => {
  const { rotation, refresh, userAction } = profile;
  switch (standingOf(token, rotation, nowMs)) {
    case 'spent':
      return errorAnswer(400, rotation.staleError, 'invalid refresh_token');
    case 'expired':
    case 'revoked':
      return errorAnswer(400, refresh.deadError, 'invalid refresh_token');
    case 'good': {
      if (userAction.at !== 'refresh' && userAction.at !== 'both') return undefined;
      const jump = userAction.jump === null ? {} : { jump: userAction.jump };
      return errorAnswer(400, userAction.error, 'user action required', jump);
    }
  }
};

/** The scopes of the new access token, or `undefined` if more was asked than granted (RFC 6749 §6). */
const scopesFor = (
  grant: Grant,
  asked: string | undefined,
  profile: ImsProfile,
): readonly string[] | undefined => {
  if (asked === undefined || profile.refresh.scopeParameter === 'ignored') return grant.scopes;
  const scopes = parseScopes(asked);
  return scopes.every((scope) => grant.scopes.includes(scope)) ? scopes : undefined;
};

const rotate = (ims: ImsContext, token: RefreshTokenRecord, nowMs: number): string => {
  if (token.parent !== null) token.parent.successorUsedAtMs ??= nowMs;
  token.consumedAtMs ??= nowMs;
  return ims.issuer.refreshToken(token.grant, token);
};

/** No successor: the presented token stays, and under a sliding lifetime it lives on from now. */
const keep = (token: RefreshTokenRecord, presented: string, profile: ImsProfile, nowMs: number) => {
  if (token.parent !== null) token.parent.successorUsedAtMs ??= nowMs;
  token.expiresAtMs = refreshEndMs(profile.refresh, token.grant.consentedAtMs, nowMs);
  switch (profile.refresh.response) {
    case 'omit':
      return undefined;
    case 'empty':
      return '';
    case 'new':
    case 'same':
      return presented;
  }
};

export const exchangeRefreshToken = (ims: ImsContext, post: TokenPost): ImsAnswer => {
  const { refreshToken: token, presentedRefreshToken: presented } = post;
  if (presented === undefined || presented === '') {
    return errorAnswer(400, 'bad_request', 'missing refresh_token parameter');
  }
  if (token === undefined) return errorAnswer(400, 'access_denied', 'invalid refresh_token');

  const { grant } = token;
  const nowMs = ims.nowMs();
  const profile = ims.profileOf(grant.userKey);
  noteReuse(ims, token, profile, nowMs);
  const refusal = refuseToken(token, profile, nowMs);
  if (refusal !== undefined) return refusal;
  const scopes = scopesFor(grant, post.parameter('scope'), profile);
  if (scopes === undefined) return errorAnswer(400, 'invalid_scope', 'scope was not granted');
  if (profile.refresh.scopeParameter === 'shrinks-grant') grant.scopes = scopes;

  const rotates = rotatesNow(token, profile.rotation, profile.refresh, nowMs);
  const successor = rotates ? rotate(ims, token, nowMs) : keep(token, presented, profile, nowMs);
  const refreshExpiresAtMs = rotates ? grant.refreshTokens.at(-1)?.expiresAtMs : token.expiresAtMs;
  const accessToken = ims.issuer.accessToken(grant, scopes, refreshExpiresAtMs);
  return tokenAnswer(ims, { post, grant, accessToken, refreshToken: successor, idToken: undefined });
};
