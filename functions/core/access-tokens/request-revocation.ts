import { PlatformError } from '../platform-error.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Rotator } from '../ports/rotation.ts';
import type { RotateOutcome } from '../rotation/rotate-request.ts';

export interface RevokeDeps {
  readonly rotator: Rotator;
  readonly telemetry: Telemetry;
}

export type RevokeResult =
  | {
      readonly result: 'revoked';
      readonly invalidated: number;
      readonly revokedAtAdobe: boolean;
      readonly pending: boolean;
    }
  | { readonly result: 'not-found' }
  | { readonly result: 'unavailable'; readonly retryAfterMs: number };

export type RevokeAccessTokens = (connectionId: string) => Promise<RevokeResult>;

/** The API answers within 30 s (not raisable). */
const WAIT_MS = 25_000;
const RETRY_AFTER_MS = 5_000;
const UNAVAILABLE: RevokeResult = { result: 'unavailable', retryAfterMs: RETRY_AFTER_MS };

/** Has `rotate` end the cached access tokens of a connection: it alone holds the client secret that Adobe asks for. */
export function createRevokeAccessTokens({ rotator, telemetry }: RevokeDeps): RevokeAccessTokens {
  return async (connectionId) => {
    try {
      const outcome = await rotator.rotate({ connectionId, trigger: 'revoke-access' }, WAIT_MS);
      return outcome === 'still-running' ? UNAVAILABLE : resultOf(outcome);
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error;
      telemetry.error('Access tokens could not be revoked.', error, { connectionId });
      return UNAVAILABLE;
    }
  };
}

function resultOf(outcome: RotateOutcome): RevokeResult {
  switch (outcome.outcome) {
    case 'access-tokens-revoked': {
      const { invalidated, revokedAtAdobe, pending } = outcome;
      return { result: 'revoked', invalidated, revokedAtAdobe, pending };
    }
    case 'not-found':
      return { result: 'not-found' };
    case 'busy':
      return { result: 'unavailable', retryAfterMs: outcome.retryAfterMs };
    default:
      return UNAVAILABLE;
  }
}
