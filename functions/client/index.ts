export { AccessToken } from './access-token.ts';
export { parseAdobeJson } from './adobe-json.ts';
export { ADOBE_API_HOSTS } from './allowed-hosts.ts';
export type {
  AccessTokenResponse,
  ConnectionStatusResponse,
  DisconnectResponse,
  OpenConsentRequest,
  OpenConsentResponse,
  ProblemCode,
  ProblemDocument,
  RedeemRequest,
  RedeemResponse,
} from './contract.ts';
export { REJECTED_TOKEN_HEADER } from './contract.ts';
export type { AwsCredentials } from './sign-request.ts';
export type {
  AccessTokenOptions,
  AccessTokenResult,
  TokenClient,
  TokenClientOptions,
} from './token-client.ts';
export { createTokenClient } from './token-client.ts';
export type { AnyVaultError, VaultErrorCode } from './vault-error.ts';
export {
  AccessDeniedError,
  ClientSettingsError,
  ConnectionNotFoundError,
  HostNotAllowedError,
  InvalidRequestError,
  isVaultError,
  NotRenewableError,
  ReauthorizationRequiredError,
  TemporarilyUnavailableError,
  UnexpectedAnswerError,
  UserActionRequiredError,
  VaultError,
  VaultUnreachableError,
} from './vault-error.ts';
