import type { AuthorizationEndpoint } from '../../core/ports/authorization-endpoint.ts';
import { buildAuthorizationUrl } from './authorization-request.ts';
import { readAuthorizationResponse } from './authorization-response.ts';
import { imsEndpoints } from './ims-endpoints.ts';
import { createPkce } from './pkce.ts';

export interface AuthorizationEndpointOptions {
  readonly imsBaseUrl: string;
  readonly clientId: string;
  /** Exactly the value that the code exchange will repeat. */
  readonly redirectUri: string;
  /** Acceptable values of `iss`; absent = both forms Adobe documents. */
  readonly issuers?: readonly string[];
}

export function createAuthorizationEndpoint(options: AuthorizationEndpointOptions): AuthorizationEndpoint {
  const { issuers = imsEndpoints(options.imsBaseUrl).issuers, ...credential } = options;
  return {
    createPkce,
    urlFor: (request) => buildAuthorizationUrl({ ...credential, ...request }),
    readResponse: (parameters, expectedState) =>
      readAuthorizationResponse(parameters, { state: expectedState, issuers }),
  };
}
