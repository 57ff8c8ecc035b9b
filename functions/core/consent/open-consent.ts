import { isReservedConnectionId } from '../connection/connection-id.ts';
import { defined } from '../defined.ts';
import type { ConsentStore } from '../ports/consents.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import { Secret } from '../secret.ts';
import type { ConsentSession } from './consent.ts';
import {
  handleDigest,
  linkExpiresAtMs,
  randomHandle,
  refusedReturnUrl,
  returnUrlKey,
  SESSION_LIFE_MS,
} from './transaction.ts';

export interface OpenConsentDeps {
  readonly consents: Pick<ConsentStore, 'openSession'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly settings: { readonly returnUrls: readonly string[] };
}

interface OpenConsentInput {
  readonly connectionId: string;
  readonly returnTo: string;
  readonly appState?: string;
  readonly scopes?: readonly string[];
  readonly replace: boolean;
}

type OpenConsentResult =
  | { readonly outcome: 'opened'; readonly sessionId: Secret; readonly linkExpiresAtMs: number }
  | { readonly outcome: 'connection-id-reserved' }
  | { readonly outcome: 'return-url-unknown' };

export type OpenConsent = (input: OpenConsentInput) => Promise<OpenConsentResult>;

/** Opens a consent session for a user that the app knows. Its id is the only way in and is stored as a digest. */
export function createOpenConsent(deps: OpenConsentDeps): OpenConsent {
  return async ({ connectionId, returnTo, appState, scopes, replace }) => {
    if (isReservedConnectionId(connectionId)) return { outcome: 'connection-id-reserved' };
    const { returnUrls } = deps.settings;
    if (!returnUrls.includes(returnTo)) {
      deps.telemetry.warn('A consent was refused: returnTo is not one of the return URLs.', {
        connectionId,
        ...refusedReturnUrl(returnTo, returnUrls),
      });
      return { outcome: 'return-url-unknown' };
    }
    const sessionId = randomHandle(deps.random);
    const session: ConsentSession = defined({
      sessionDigest: handleDigest(sessionId),
      connectionId,
      returnUrlKey: returnUrlKey(returnTo),
      appState,
      scopes,
      replace,
      expiresAtMs: deps.clock.nowMs() + SESSION_LIFE_MS,
    });
    await deps.consents.openSession(session);
    deps.telemetry.measure('ConsentSessionsOpened', 1, 'Count');
    return {
      outcome: 'opened',
      sessionId: new Secret(sessionId),
      linkExpiresAtMs: linkExpiresAtMs(session),
    };
  };
}
