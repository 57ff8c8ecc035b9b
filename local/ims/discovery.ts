import { type ImsAnswer, jsonAnswer } from './answer.ts';
import type { ImsContext } from './ims-context.ts';

/** As documented of Adobe: far fewer scopes are advertised than can be used. */
export const answerDiscovery = (ims: ImsContext): ImsAnswer => {
  const base = ims.baseUrl();
  return jsonAnswer(200, {
    issuer: base,
    authorization_endpoint: `${base}/ims/authorize/v2`,
    token_endpoint: `${base}/ims/token/v3`,
    userinfo_endpoint: `${base}/ims/userinfo/v2`,
    revocation_endpoint: `${base}/ims/revoke`,
    jwks_uri: `${base}/ims/keys`,
    response_types_supported: ['code', 'token', 'id_token', 'id_token token', 'code id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    grant_types_supported: ['authorization_code', 'implicit_grant', 'refresh_token'],
    code_challenge_methods_supported: ['S256', 'plain'],
    claims_supported: ['sub', 'given_name', 'family_name', 'name', 'email', 'email_verified', 'address'],
  });
};
