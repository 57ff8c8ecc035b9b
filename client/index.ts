export { AccessToken } from './access-token.ts';
export { ADOBE_API_HOSTS, AEM_HOSTS, COMMERCE_HOSTS, WORKFRONT_HOSTS } from './allowed-hosts.ts';
export { parseAdobeJson } from './authorized-fetch.ts';
export type { DirectReadSettings } from './client-environment.ts';
export type { CallOptions, ConnectionCalls } from './connection-calls.ts';
export type {
  AccessTokenResponse,
  ConnectionEventType,
  ConnectionState,
  ConnectionStatusResponse,
  DisconnectResponse,
  ForcedRotationOutcome,
  OpenConsentRequest,
  OpenConsentResponse,
  ProblemCode,
  ProblemDocument,
  RedeemConsentRequest,
  RedeemResponse,
  RedeemSignInRequest,
} from './contract.ts';
export { REJECTED_TOKEN_HEADER } from './contract.ts';
export type { AccessTokenResult } from './obtain-tokens.ts';
export type { AwsCredentialSource, AwsCredentials } from './sign-request.ts';
export type { FetchOptions, TenantClient, TokenClient, TokenClientOptions } from './token-client.ts';
export { createTokenClient } from './token-client.ts';
export type { AccessTokenOptions } from './token-request.ts';
export type { AnyVaultError, SuspectGrant, VaultErrorCode } from './vault-error.ts';
export {
  AccessDeniedError,
  ClientEnvironmentError,
  ClientSettingsError,
  CodeNotValidError,
  ConnectionNotFoundError,
  ConsentSupersededError,
  CredentialsUnavailableError,
  HostNotAllowedError,
  InvalidRequestError,
  isVaultError,
  NotRenewableError,
  ReauthorizationRequiredError,
  ScopesNotAvailableError,
  ScopesNotGrantedError,
  TemporarilyUnavailableError,
  UnexpectedAnswerError,
  UserActionRequiredError,
  VaultError,
  VaultUnreachableError,
} from './vault-error.ts';
