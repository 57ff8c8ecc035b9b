import type { Breakers } from '../rotation/breakers.ts';
import type { OutcomesByTrigger, RotateRequest, RotateTrigger } from '../rotation/rotate-request.ts';

/** Invokes `rotate`, the only Lambda that may open refresh tokens. */
export interface Rotator {
  /**
   * Waits at most `waitMs` for the outcome. `still-running`: the run continues after this call.
   * Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`.
   */
  rotate<Trigger extends RotateTrigger>(
    request: RotateRequest<Trigger>,
    waitMs: number,
  ): Promise<OutcomesByTrigger[Trigger] | 'still-running'>;
  /** Starts a run without waiting for it (asynchronous invocation). Throws as `rotate` does. */
  start(request: RotateRequest): Promise<void>;
}

/** Has `rotate` seal a connection's tokens under the current keys. */
export interface Resealer {
  /** Throws `PlatformError` `ROTATOR_UNAVAILABLE` or `ACCESS_DENIED`. */
  reseal(connectionId: string): Promise<ResealOutcome>;
}

/** The breakers of the whole vault: one item, stored without an expiry. Losing it closes every breaker. Throws `PlatformError` (`STORE_UNAVAILABLE`). */
export interface BreakerStore {
  /** Strongly consistent; `revision: 0` when nothing is stored. */
  read(): Promise<Breakers>;
  /** Stores `breakers` as revision + 1 if the stored revision is still `breakers.revision`. */
  write(breakers: Breakers): Promise<'written' | 'conflict'>;
}

/** What became of one connection's tokens when they were sealed again, after the KMS keys were replaced. Never a token. */
export type ResealOutcome =
  /** `tokens` were sealed under a former key and are now under the present one. */
  | { readonly outcome: 'resealed'; readonly tokens: number; readonly unreadable: number }
  /** `unreadable`: the number of tokens that no key opens. They stay as they are. */
  | { readonly outcome: 'unchanged'; readonly unreadable: number }
  /** Another process rotates the connection, or wrote first. It is read again later. */
  | { readonly outcome: 'busy' }
  /** KMS neither opens nor generates a key now. */
  | { readonly outcome: 'key-unavailable' }
  | { readonly outcome: 'not-found' };
