import { type ImsAnswer, jsonAnswer } from './answer.ts';
import type { Grant } from './grant-store.ts';
import type { ImsContext } from './ims-context.ts';
import type { TokenPost } from './token-post.ts';
import { type CompleteImsUser, claimsFor } from './users.ts';

interface IssuedTokens {
  readonly post: TokenPost;
  readonly grant: Grant;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

/** v1 puts the profile into the answer, with `email_verified` as a string. */
const inlineProfile = (user: CompleteImsUser, scopes: readonly string[]): Record<string, unknown> => {
  const claims = claimsFor(user, scopes);
  return 'email_verified' in claims ? { ...claims, email_verified: String(claims.email_verified) } : claims;
};

const extrasOf = (version: TokenPost['version'], user: CompleteImsUser, grant: Grant) => {
  switch (version) {
    case 1:
      return inlineProfile(user, grant.scopes);
    case 2:
      return { userId: user.sub };
    case 3:
      return {};
  }
};

export const tokenAnswer = (ims: ImsContext, issued: IssuedTokens): ImsAnswer => {
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
};
