import type {
  ConnectionStatusResponse,
  DisconnectResponse,
  OpenConsentRequest,
  OpenConsentResponse,
  RedeemConsentRequest,
  RedeemResponse,
  RedeemSignInRequest,
} from './contract.ts';
import { assertConnectionId } from './token-request.ts';
import { processAnswer, type VaultAnswer } from './vault-answer.ts';
import { InvalidRequestError, UnexpectedAnswerError } from './vault-error.ts';
import type { CallVault, VaultRequest } from './vault-http.ts';

/** Options of every call to the vault. */
export interface CallOptions {
  /**
   * Aborts the call. The call then throws the signal's reason.
   * @default only the client's own time limits
   */
  readonly signal?: AbortSignal;
}

/** What an app's backend does with its users' connections. Every call throws `VaultError`, or the reason of `signal`. */
export interface ConnectionCalls {
  /**
   * The state of a connection. Never a token.
   * @throws {ConnectionNotFoundError} when there is no such connection
   */
  status(connectionId: string, options?: CallOptions): Promise<ConnectionStatusResponse>;
  /**
   * Makes a connection unusable at once. The vault then revokes its tokens at Adobe.
   * @throws {ConnectionNotFoundError} when there is no such connection
   */
  disconnect(connectionId: string, options?: CallOptions): Promise<DisconnectResponse>;
  /**
   * Opens a consent session for a user whom the app knows. Send the browser to `authorizeUrl`.
   * @throws {InvalidRequestError} when the id is reserved or `returnTo` is not in the vault's settings
   */
  openConsent(
    connectionId: string,
    request: OpenConsentRequest,
    options?: CallOptions,
  ): Promise<OpenConsentResponse>;
  /**
   * Makes a connection active with the code that its browser came back with. Pass the id of the user who is logged in.
   * @throws {CodeNotValidError} when the code is unknown, expired, or another connection's
   * @throws {ConsentSupersededError} when a newer consent or a disconnect came first
   */
  redeemConsent(
    connectionId: string,
    request: RedeemConsentRequest,
    options?: CallOptions,
  ): Promise<RedeemResponse>;
  /**
   * Redeems the code of a plain sign-in. The answer names the connection. Pass the `appState` of your user's session.
   * @throws {CodeNotValidError} when the code is unknown, expired, or of another session
   * @throws {ConsentSupersededError} when a newer consent or a disconnect came first
   */
  redeemSignIn(request: RedeemSignInRequest, options?: CallOptions): Promise<RedeemResponse>;
}

/** @param forget drops the access tokens of a connection that is about to get others, or none */
export function createConnectionCalls(
  callVault: CallVault,
  forget: (connectionId: string) => void,
): ConnectionCalls {
  const ask = <Answer>(request: VaultRequest, member: keyof Answer & string, options: CallOptions = {}) =>
    callVault(
      request,
      (answer, sentAtMs) => documentWith<Answer>(answer, member, sentAtMs),
      options.signal ?? new AbortController().signal,
    );

  return {
    async status(connectionId, options) {
      const path = pathOf(connectionId);
      return ask<ConnectionStatusResponse>({ method: 'GET', path }, 'state', options);
    },
    async disconnect(connectionId, options) {
      const path = pathOf(connectionId);
      forget(connectionId);
      const answer = await ask<DisconnectResponse>({ method: 'DELETE', path }, 'state', options);
      // Again, for a token that another caller got in the meantime.
      forget(connectionId);
      return answer;
    },
    async openConsent(connectionId, body, options) {
      const path = `${pathOf(connectionId)}/consents`;
      return ask<OpenConsentResponse>({ method: 'POST', path, body }, 'authorizeUrl', options);
    },
    async redeemConsent(connectionId, { connectionCode }, options) {
      const path = `${pathOf(connectionId)}/consents/redeem`;
      const body = { connectionCode: checkedText('connectionCode', connectionCode) };
      const answer = await ask<RedeemResponse>({ method: 'POST', path, body }, 'connectionId', options);
      forget(connectionId);
      return answer;
    },
    async redeemSignIn({ connectionCode, appState }, options) {
      const body = {
        connectionCode: checkedText('connectionCode', connectionCode),
        appState: checkedText('appState', appState),
      };
      const request = { method: 'POST', path: '/sign-ins/redeem', body } as const;
      const answer = await ask<RedeemResponse>(request, 'connectionId', options);
      forget(answer.connectionId);
      return answer;
    },
  };
}

function pathOf(connectionId: string): string {
  assertConnectionId(connectionId);
  return `/connections/${connectionId}`;
}

/** What comes from a browser's query string or session may be missing there. */
function checkedText(name: keyof RedeemSignInRequest, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidRequestError(`${name} must be a text that is not empty.`);
}

function documentWith<Answer>(answer: VaultAnswer, member: keyof Answer & string, sentAtMs: number): Answer {
  const body = processAnswer(answer, sentAtMs);
  if (typeof body[member] !== 'string') {
    throw new UnexpectedAnswerError(`The answer has no ${member}: it does not come from a vault.`);
  }
  return body as Answer;
}
