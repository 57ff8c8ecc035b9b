import { createHash } from 'node:crypto';
import { errorAnswer, type ImsAnswer } from './answer.ts';
import { parseScopes } from './authorization-request.ts';
import {
  type AuthorizationCodeRecord,
  type Grant,
  type RefreshTokenRecord,
  standingOnPost,
} from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import { increment, unknownUser } from './ledger.ts';
import type { ImsProfile } from './profile.ts';
import { consume, type RefreshTokenStanding, renewInPlace } from './refresh-token-rules.ts';
import { type ImsRequest, refuseClient } from './request.ts';
import { type TokenPost, tokenAnswer } from './token-post.ts';

const DAY_MS = 86_400_000;

function exchange(ims: ImsContext, post: TokenPost): ImsAnswer {
  switch (post.grantType) {
    case 'authorization_code':
      return exchangeCode(ims, post);
    case 'refresh_token':
      return exchangeRefreshToken(ims, post);
    case 'other':
      return errorAnswer(400, 'unsupported_grant_type', 'invalid grant_type parameter');
  }
}

function errorNameOf(answer: ImsAnswer): string {
  const body: { error?: unknown } = JSON.parse(answer.body);
  return typeof body.error === 'string' ? body.error : `http_${answer.status}`;
}

export function answerTokenPost(ims: ImsContext, request: ImsRequest, post: TokenPost): ImsAnswer {
  const answer = refuseClient(request, post.parameter, ims.profile()) ?? exchange(ims, post);
  ims.ledger.count(post.userKey ?? unknownUser, (counts) => {
    if (answer.status === 200) counts.tokenSuccesses[post.grantType] += 1;
    else increment(counts.refusals, errorNameOf(answer));
  });
  return answer;
}

/** RFC 7636 §4.6. A challenge that was sent must be met. */
function meetsChallenge(code: AuthorizationCodeRecord, verifier: string | undefined): boolean {
  if (code.codeChallenge === null) return true;
  if (verifier === undefined) return false;
  const derived =
    code.codeChallengeMethod === 'S256'
      ? createHash('sha256').update(verifier, 'ascii').digest('base64url')
      : verifier;
  return derived === code.codeChallenge;
}

function isAcceptable(
  code: AuthorizationCodeRecord,
  post: TokenPost,
  profile: ImsProfile,
  nowMs: number,
): boolean {
  const redirectUriFits =
    profile.code.redirectUri === 'ignored' || (post.parameter('redirect_uri') ?? null) === code.redirectUri;
  return (
    code.usedAtMs === null &&
    nowMs < code.expiresAtMs &&
    code.clientId === profile.credential.clientId &&
    redirectUriFits &&
    meetsChallenge(code, post.parameter('code_verifier'))
  );
}

/** Public credentials never get a refresh token; the others only with `offline_access`. */
function getsRefreshToken(profile: ImsProfile, scopes: readonly string[]): boolean {
  return profile.credential.type === 'web-app' && scopes.includes('offline_access');
}

function exchangeCode(ims: ImsContext, post: TokenPost): ImsAnswer {
  const { code } = post;
  const nowMs = ims.nowMs();
  if (code === undefined || !isAcceptable(code, post, ims.profile(), nowMs)) {
    return errorAnswer(400, ims.profile().code.refusalError, 'invalid code');
  }
  code.usedAtMs = nowMs;

  const { userKey, clientId, scopes } = code;
  const profile = ims.profileOf(userKey);
  const grant = ims.grants.openGrant({ userKey, clientId, scopes, consentedAtMs: nowMs });
  const refreshToken = getsRefreshToken(profile, scopes) ? ims.issuer.refreshToken(grant, null) : undefined;
  const accessToken = ims.issuer.accessToken(grant, scopes, grant.refreshTokens.at(-1)?.expiresAtMs);
  const idToken = scopes.includes('openid') ? ims.issuer.idToken(grant, code.nonce) : undefined;
  return tokenAnswer(ims, { post, grant, accessToken, refreshToken, idToken });
}

/** Counts use after use, whatever else is wrong with the token. */
function noteReuse(
  ims: ImsContext,
  token: RefreshTokenRecord,
  standing: RefreshTokenStanding,
  nowMs: number,
): void {
  const { consumedAtMs, grant } = token;
  if (consumedAtMs === null) return;
  if (standing === 'spent') ims.ledger.recordDoubleSpend(token, consumedAtMs, nowMs);
  ims.ledger.count(grant.userKey, (counts) => {
    if (standing === 'spent') counts.doubleSpends += 1;
    if (standing === 'good') counts.acceptedReuses += 1;
  });
}

function refuseToken(
  standing: RefreshTokenStanding,
  { rotation, refresh, userAction }: ImsProfile,
): ImsAnswer | undefined {
  switch (standing) {
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
}

/** The scopes of the new access token, or `undefined` if more was requested than granted (RFC 6749 §6). */
function scopesFor(
  grant: Grant,
  requested: string | undefined,
  profile: ImsProfile,
): readonly string[] | undefined {
  if (requested === undefined || profile.refresh.scopeParameter === 'ignored') return grant.scopes;
  const scopes = parseScopes(requested);
  return scopes.every((scope) => grant.scopes.includes(scope)) ? scopes : undefined;
}

/** Whether this exchange brings a successor. */
export function rotatesNow(
  { issuedAtMs }: Pick<RefreshTokenRecord, 'issuedAtMs'>,
  { rotation, refresh }: Pick<ImsProfile, 'rotation' | 'refresh'>,
  nowMs: number,
): boolean {
  const isOldEnough = nowMs - issuedAtMs >= rotation.afterDays * DAY_MS;
  return rotation.mode !== 'never' && refresh.response === 'new' && isOldEnough;
}

/** How an answer without a successor names the token that stays. */
function namedAgain(presented: string, { refresh }: ImsProfile): string | undefined {
  switch (refresh.response) {
    case 'omit':
      return undefined;
    case 'empty':
      return '';
    case 'new':
    case 'same':
      return presented;
  }
}

function exchangeRefreshToken(ims: ImsContext, post: TokenPost): ImsAnswer {
  const { refreshToken: token, presentedRefreshToken: presented } = post;
  if (presented === undefined || presented === '') {
    return errorAnswer(400, 'bad_request', 'missing refresh_token parameter');
  }
  if (token === undefined) return errorAnswer(400, 'access_denied', 'invalid refresh_token');

  const { grant } = token;
  const nowMs = ims.nowMs();
  const profile = ims.profileOf(grant.userKey);
  const standing = standingOnPost(token, profile.rotation, nowMs);
  noteReuse(ims, token, standing, nowMs);
  const refusal = refuseToken(standing, profile);
  if (refusal !== undefined) return refusal;
  const scopes = scopesFor(grant, post.parameter('scope'), profile);
  if (scopes === undefined) return errorAnswer(400, 'invalid_scope', 'scope was not granted');
  if (profile.refresh.scopeParameter === 'shrinks-grant') grant.scopes = scopes;

  const rotates = rotatesNow(token, profile, nowMs);
  if (rotates) consume(token, nowMs);
  else renewInPlace(token, profile.refresh, grant.consentedAtMs, nowMs);
  const refreshToken = rotates ? ims.issuer.refreshToken(grant, token) : namedAgain(presented, profile);
  const refreshExpiresAtMs = rotates ? grant.refreshTokens.at(-1)?.expiresAtMs : token.expiresAtMs;
  const given = scopes.filter((scope) => !profile.refresh.withheldScopes.includes(scope));
  const accessToken = ims.issuer.accessToken(grant, given, refreshExpiresAtMs);
  return tokenAnswer(ims, { post, grant, accessToken, refreshToken, idToken: undefined });
}
