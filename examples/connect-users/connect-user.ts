import { randomBytes } from 'node:crypto';
import type { TokenClient } from 'adobe-token-vault/client';

/** The server-side session of the user who is logged in to your app. */
export interface UserSession {
  readonly userId: string;
  appState?: string | undefined;
}

/** One of the vault's `returnUrls`. */
const RETURN_TO = 'https://app.example.com/adobe/connected';

// #region connect
/** Opens a consent session. Redirect the browser to the URL that it returns. */
export async function startConsent(vault: Pick<TokenClient, 'openConsent'>, session: UserSession) {
  session.appState = randomBytes(24).toString('base64url');
  const { authorizeUrl } = await vault.openConsent(`acme.${session.userId}`, {
    returnTo: RETURN_TO,
    appState: session.appState,
  });
  return authorizeUrl;
}

/** Handles the browser's return. The id comes from the session, never from the URL. */
export async function completeConsent(
  vault: Pick<TokenClient, 'redeemConsent'>,
  session: UserSession,
  query: URLSearchParams,
) {
  const expected = session.appState;
  session.appState = undefined; // Valid once.
  if (expected === undefined || query.get('app_state') !== expected) return 'other_session';
  const error = query.get('error');
  if (error !== null) return error; // Such as `declined`: explain it and offer to start again.
  const connectionCode = query.get('connection_code') ?? '';
  await vault.redeemConsent(`acme.${session.userId}`, { connectionCode });
  return 'connected';
}
// #endregion
