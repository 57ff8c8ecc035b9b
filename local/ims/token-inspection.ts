import { errorAnswer, type ImsAnswer, jsonAnswer } from './answer.ts';
import type { ImsContext } from './ims-context.ts';
import { standingOf } from './refresh-token-rules.ts';
import { bearerOf, type ImsRequest, parametersOf } from './request.ts';
import { findToken, type TokenRecord } from './revocation-endpoint.ts';
import { claimsFor } from './users.ts';

/** What IMS knows of an access token, for an API that must decide whether to serve its bearer. */
export type AccessTokenInspection =
  | { readonly standing: 'unknown' }
  | {
      readonly standing: 'live' | 'expired' | 'revoked';
      readonly user: string;
      /** The consent it goes back to, as the ledger numbers them. */
      readonly grant: string;
      readonly sub: string;
      readonly clientId: string;
      readonly scopes: readonly string[];
      readonly expiresAtMs: number;
    };

export function inspectAccessToken(ims: ImsContext, token: string): AccessTokenInspection {
  const record = ims.grants.findAccessToken(token);
  const user = ims.users.get(record?.grant.userKey ?? '');
  if (record === undefined || user === undefined) return { standing: 'unknown' };
  const isExpired = ims.nowMs() >= record.expiresAtMs;
  return {
    standing: record.revokedAtMs !== null ? 'revoked' : isExpired ? 'expired' : 'live',
    user: user.key,
    grant: record.grant.id,
    sub: user.sub,
    clientId: record.grant.clientId,
    scopes: record.scopes,
    expiresAtMs: record.expiresAtMs,
  };
}

/** `GET /ims/userinfo/v2`. */
export function answerUserinfo(ims: ImsContext, request: ImsRequest): ImsAnswer {
  const token = inspectAccessToken(ims, bearerOf(request) ?? '');
  const user = token.standing === 'live' ? ims.users.get(token.user) : undefined;
  if (token.standing !== 'live' || user === undefined) {
    return errorAnswer(401, 'invalid_token', 'the access token is missing, expired or revoked');
  }
  const claims = claimsFor(user, token.scopes);
  const asString = ims.profile().userinfo.emailVerified === 'string' && 'email_verified' in claims;
  return jsonAnswer(200, asString ? { ...claims, email_verified: String(claims.email_verified) } : claims);
}

function refusalReason(ims: ImsContext, record: TokenRecord | undefined): string | undefined {
  if (record === undefined) return 'unknown token';
  if (record.revokedAtMs !== null) return 'revoked';
  if (record.kind === 'access') return ims.nowMs() >= record.expiresAtMs ? 'expired' : undefined;
  const standing = standingOf(record, ims.profileOf(record.grant.userKey).rotation, ims.nowMs());
  return standing === 'good' ? undefined : standing;
}

/** `POST /ims/validate_token/v1`: the token as bearer or in the body. */
export function answerValidation(ims: ImsContext, request: ImsRequest): ImsAnswer {
  const parameter = parametersOf(request, ims.profile());
  if (parameter('client_id') !== ims.profile().credential.clientId) {
    return errorAnswer(400, 'invalid_client', 'invalid client_id parameter');
  }
  const record = findToken(ims, bearerOf(request) ?? parameter('token'));
  const type = parameter('type');
  const fits = type === undefined || record === undefined || type === `${record.kind}_token`;
  const reason = fits ? refusalReason(ims, record) : 'wrong type';
  if (record === undefined || reason !== undefined) return jsonAnswer(200, { valid: false, reason });
  return jsonAnswer(200, {
    valid: true,
    token: {
      type: `${record.kind}_token`,
      client_id: record.grant.clientId,
      user_id: ims.users.get(record.grant.userKey)?.sub,
      scope: (record.kind === 'access' ? record.scopes : record.grant.scopes).join(','),
    },
  });
}
