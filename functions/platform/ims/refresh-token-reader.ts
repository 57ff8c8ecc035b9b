import type { RefreshTokenReader } from '../../core/ports/refresh-token-reader.ts';
import { textField } from './answer-fields.ts';
import { claimedScopes, readHints, readTokenClaims } from './token-claims.ts';

const LONGEST_SUBJECT = 255;

/** IMS tokens are JWTs of three parts, whose claims nobody but IMS can verify. */
export function createRefreshTokenReader(): RefreshTokenReader {
  return {
    read(token) {
      const claims = readTokenClaims(token.reveal());
      const type = textField(claims, 'type');
      const clientId = textField(claims, 'client_id');
      const subject = textField(claims, 'user_id');
      const scopes = claimedScopes(claims);
      const { refreshTokenExpiresAtMs: expiresAtMs } = readHints({}, claims);
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
