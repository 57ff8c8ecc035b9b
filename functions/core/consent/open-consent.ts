import { isReservedConnectionId } from '../connection/connection-id.ts';
import type { ConsentStore } from '../ports/consents.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import { Secret } from '../secret.ts';
import type { ConsentSession } from './consent.ts';
import { handleDigest, returnUrlKey } from './consent-parameters.ts';
import { randomHandle } from './random-handle.ts';
import { linkExpiresAtMs, SESSION_LIFE_MS } from './transaction.ts';

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
  | { readonly result: 'opened'; readonly sessionId: Secret; readonly linkExpiresAtMs: number }
  | { readonly result: 'connection-id-reserved' }
  | { readonly result: 'return-url-unknown' };

export type OpenConsent = (input: OpenConsentInput) => Promise<OpenConsentResult>;

/** Opens a consent session for a user the app knows. Its id is the only way in, and is stored as a digest. */
export function createOpenConsent(deps: OpenConsentDeps): OpenConsent {
  return async ({ connectionId, returnTo, appState, scopes, replace }) => {
    if (isReservedConnectionId(connectionId)) return { result: 'connection-id-reserved' };
    if (!deps.settings.returnUrls.includes(returnTo)) return { result: 'return-url-unknown' };
    const sessionId = randomHandle(deps.random);
    const session: ConsentSession = {
      sessionDigest: handleDigest(sessionId),
      connectionId,
      returnUrlKey: returnUrlKey(returnTo),
      ...(appState !== undefined && { appState }),
      ...(scopes !== undefined && { scopes }),
      replace,
      expiresAtMs: deps.clock.nowMs() + SESSION_LIFE_MS,
    };
    await deps.consents.openSession(session);
    deps.telemetry.measure('ConsentSessionsOpened', 1, 'Count');
    return {
      result: 'opened',
      sessionId: new Secret(sessionId),
      linkExpiresAtMs: linkExpiresAtMs(session),
    };
  };
}
