import * as oauth from 'oauth4webapi';
import type { CodeExchange, TokenRefresh, TokenRevocation } from '../../core/ports/ims.ts';
import type { ImsEndpoints } from './ims-endpoints.ts';
import { formatScopes } from './scope-list.ts';
import type { RequestOptions } from './send-and-read.ts';

/** Builds and sends one request; reading the answer is somebody else's. */
export type SendRequest = (options: RequestOptions) => Promise<Response>;

export interface TokenRequests {
  /** RFC 6749 §4.1.3 with RFC 7636 §4.5. */
  codeGrant(exchange: CodeExchange): SendRequest;
  /** RFC 6749 §6. */
  refreshGrant(refresh: TokenRefresh): SendRequest;
  /** RFC 7009 §2.1. */
  revocation(revocation: TokenRevocation): SendRequest;
}

/**
 * The client secret goes into the body (`client_secret_post`): by RFC 6749 §2.3.1 Basic percent-encodes the dashes of
 * Adobe's secrets, and Adobe documents Basic without that.
 */
export function createTokenRequests(endpoints: ImsEndpoints, clientId: string): TokenRequests {
  const server: oauth.AuthorizationServer = {
    issuer: new URL(endpoints.token).origin,
    token_endpoint: endpoints.token,
    revocation_endpoint: endpoints.revoke,
  };
  const client: oauth.Client = { client_id: clientId };
  const insecure = { [oauth.allowInsecureRequests]: endpoints.token.startsWith('http:') };

  return {
    codeGrant: (exchange) => (options) => {
      const secret = oauth.ClientSecretPost(exchange.clientSecret.reveal());
      // State was checked when the browser came back; the library wants to have seen the parameters all the same.
      const parameters = new URLSearchParams({ code: exchange.code.reveal() });
      const callback = oauth.validateAuthResponse(server, client, parameters, oauth.skipStateCheck);
      const verifier = exchange.codeVerifier.reveal();
      const sent = { ...options, ...insecure };
      return oauth.authorizationCodeGrantRequest(
        server,
        client,
        secret,
        callback,
        exchange.redirectUri,
        verifier,
        sent,
      );
    },

    refreshGrant: (refresh) => (options) => {
      const secret = oauth.ClientSecretPost(refresh.clientSecret.reveal());
      const sent = {
        ...options,
        ...insecure,
        ...(refresh.scopes && { additionalParameters: { scope: formatScopes(refresh.scopes) } }),
      };
      return oauth.refreshTokenGrantRequest(server, client, secret, refresh.refreshToken.reveal(), sent);
    },

    revocation: (revocation) => (options) => {
      const secret = oauth.ClientSecretPost(revocation.clientSecret.reveal());
      const sent = { ...options, ...insecure };
      return oauth.revocationRequest(server, client, secret, revocation.token.reveal(), sent);
    },
  };
}
