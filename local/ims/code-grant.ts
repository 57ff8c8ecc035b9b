import { createHash } from 'node:crypto';
import { errorAnswer, type ImsAnswer } from './answer.ts';
import type { AuthorizationCodeRecord } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import type { ImsProfile } from './profile.ts';
import { tokenAnswer } from './token-answer.ts';
import type { TokenPost } from './token-post.ts';

/** RFC 7636 §4.6. A challenge that was sent must be met. */
const meetsChallenge = (code: AuthorizationCodeRecord, verifier: string | undefined): boolean => {
  if (code.codeChallenge === null) return true;
  if (verifier === undefined) return false;
  const derived =
    code.codeChallengeMethod === 'S256'
      ? createHash('sha256').update(verifier, 'ascii').digest('base64url')
      : verifier;
  return derived === code.codeChallenge;
};

const isAcceptable = (
  code: AuthorizationCodeRecord,
  post: TokenPost,
  profile: ImsProfile,
  nowMs: number,
): boolean => {
  const redirectUriFits =
    profile.code.redirectUri === 'ignored' || (post.parameter('redirect_uri') ?? null) === code.redirectUri;
  return (
    code.usedAtMs === null &&
    nowMs < code.expiresAtMs &&
    code.clientId === profile.credential.clientId &&
    redirectUriFits &&
    meetsChallenge(code, post.parameter('code_verifier'))
  );
};

/** Public credentials never get a refresh token; the others only with `offline_access`. */
const getsRefreshToken = (profile: ImsProfile, scopes: readonly string[]): boolean =>
  profile.credential.type === 'web-app' && scopes.includes('offline_access');

export const exchangeCode = (ims: ImsContext, post: TokenPost): ImsAnswer => {
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
};
