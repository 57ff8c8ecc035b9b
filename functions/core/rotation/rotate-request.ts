import type { ParkedSuccessor } from './parked-successor.ts';

/** What `rotate` is asked to do. A schedule sends the id alone; a parked schedule adds the sealed successor. */
export interface RotateRequest<Trigger extends RotateTrigger = RotateTrigger> {
  readonly connectionId: string;
  readonly trigger: Trigger;
  /** Present for `vend`: the access token that the caller holds is not good enough. */
  readonly requirement?: AccessTokenRequirement;
  /** Present for `parked`. */
  readonly parked?: ParkedSuccessor;
}

export type RotateTrigger = keyof OutcomesByTrigger;

export interface AccessTokenRequirement {
  readonly scopeSet: string;
  /** The least remaining life that the caller accepts. */
  readonly minTtlSeconds: number;
  /** Adobe rejected the access token of this generation and version. */
  readonly rejected?: { readonly generation: string; readonly version: number };
}

/** How a run of `rotate` can end, by what it was asked. */
export interface OutcomesByTrigger {
  /** A due time. */
  readonly schedule: DueOutcome;
  /** A caller needs an access token. */
  readonly vend: VendOutcome;
  readonly disconnect: DueOutcome;
  /** The schedule of a parked successor. */
  readonly parked: RecoveryOutcome;
  /** An operator's request: rotates now, also during a back-off. */
  readonly operator: DueOutcome;
  /** Rotates the canary connection now, but not during a back-off: no operator is watching. */
  readonly canary: DueOutcome;
  readonly 'revoke-access': RevokeAccessOutcome;
}

/** Never a token. */
export type RotateOutcome = OutcomesByTrigger[RotateTrigger];

/** How a try of the refresh token ended, for every trigger. */
export type RefreshOutcome =
  | { readonly outcome: 'rotated' }
  | Busy
  | Waiting
  | ({ readonly outcome: 'unknown' } & Postponed)
  | ({ readonly outcome: 'suspect' } & Postponed)
  | { readonly outcome: 'reauthorization-required' }
  | { readonly outcome: 'user-action-required'; readonly jumpUrl?: string }
  | { readonly outcome: 'not-renewable' }
  | { readonly outcome: 'degraded'; readonly code: string }
  /** The successor could not be committed, and waits in a schedule. */
  | { readonly outcome: 'parked' }
  /** A successor that was parked earlier is committed; nothing was posted. */
  | Recovered
  /** Another run's write came first. */
  | Superseded;

export type VendOutcome =
  | RefreshOutcome
  | { readonly outcome: 'already-fresh' }
  /** Adobe refused the narrower scopes asked for; the grant itself is well. */
  | { readonly outcome: 'scopes-refused'; readonly code: string; readonly retryAfterMs: number }
  | NotFound;

export type DueOutcome =
  | RefreshOutcome
  | NotFound
  | { readonly outcome: 'disconnecting'; readonly retryAfterMs: number }
  | { readonly outcome: 'disconnected' }
  /** Nothing was due; the schedule of the next due time is created. */
  | Idle;

export type RecoveryOutcome = Recovered | Superseded | Busy | Waiting | Idle;

export type RevokeAccessOutcome =
  | {
      readonly outcome: 'access-tokens-revoked';
      /** The number of cached tokens that are no longer vended. */
      readonly invalidated: number;
      /** IMS says that each of them has ended. */
      readonly revokedAtAdobe: boolean;
      /** IMS did not answer and is asked again. */
      readonly pending: boolean;
    }
  | Busy
  | NotFound;

/** Another run holds the lease, or committed moments ago. */
type Busy = { readonly outcome: 'busy'; readonly retryAfterMs: number };
type Waiting = Postponed & {
  readonly outcome: 'waiting';
  readonly reason: WaitingReason;
};

interface Postponed {
  readonly retryAfterMs: number;
  /** For a caller of a connection that is `suspect`. */
  readonly suspicion?: Suspicion;
}

/** Adobe refused the refresh token, and not yet often enough to be believed. */
export interface Suspicion {
  /** When Adobe refused it first. */
  readonly sinceMs: number;
  readonly nextTryAtMs: number;
}
type Recovered = { readonly outcome: 'recovered' };
type Superseded = { readonly outcome: 'superseded' };
type NotFound = { readonly outcome: 'not-found' };
type Idle = { readonly outcome: 'idle' };

export type WaitingReason =
  | 'backoff'
  | 'credential-breaker'
  | 'outage-breaker'
  | 'clock-skew'
  | 'out-of-time'
  | 'not-configured'
  | 'forced-refresh-limit'
  | 'store-unavailable'
  | 'key-unavailable';
