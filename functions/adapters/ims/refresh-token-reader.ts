import type { RefreshTokenReader } from '../../core/ports/ims.ts';
import { type AnswerFields, textField } from './answer-fields.ts';
import { claimedLifeMs, claimedScopes, readHints, readTokenClaims } from './token-claims.ts';

const LONGEST_SUBJECT = 255;
/** A refresh token that claims less counts in seconds, where Adobe counts in milliseconds. */
const SHORTEST_CREDIBLE_LIFE_MS = 3_600_000;

/** IMS tokens are JWTs of three parts, whose claims nobody but IMS can verify. */
export function createRefreshTokenReader(): RefreshTokenReader {
  return {
    read(token) {
      const claims = readTokenClaims(token.reveal());
      const type = textField(claims, 'type');
      const clientId = textField(claims, 'client_id');
      const subject = textField(claims, 'user_id');
      const scopes = claimedScopes(claims);
      const expiresAtMs = claimedEndMs(claims);
      return {
        ...(type !== undefined && { type }),
        ...(clientId !== undefined && { clientId }),
        ...(subject !== undefined && subject.length <= LONGEST_SUBJECT && { subject }),
        ...(scopes !== undefined && scopes.length > 0 && { scopes }),
        ...(expiresAtMs !== undefined && { expiresAtMs }),
      };
    },
  };
}

function claimedEndMs(claims: AnswerFields): number | undefined {
  const isCredible = (claimedLifeMs(claims) ?? 0) >= SHORTEST_CREDIBLE_LIFE_MS;
  return isCredible ? readHints({}, claims).refreshTokenExpiresAtMs : undefined;
}
