/** What `rotate` is asked. A schedule sends the id alone; a parked schedule adds the sealed successor. */
export interface RotateRequest {
  readonly connectionId: string;
  readonly trigger: RotateTrigger;
  /** Present for `vend`: the access token the caller holds is not good enough. */
  readonly requirement?: AccessTokenRequirement;
  /** Present for `parked`. */
  readonly parked?: ParkedSuccessor;
}

export type RotateTrigger =
  | 'schedule'
  | 'vend'
  | 'disconnect'
  | 'parked'
  /** Rotates now, and skips the back-off. */
  | 'operator'
  /** Rotates now, and heeds the back-off: nobody is watching. */
  | 'canary'
  | 'revoke-access';

export interface AccessTokenRequirement {
  readonly scopeSet: string;
  /** The least remaining life the caller accepts. */
  readonly minTtlSeconds: number;
  /** Adobe rejected the access token of this generation and version. */
  readonly rejected?: { readonly generation: string; readonly version: number };
}

/** A successor that could not be committed, kept in a recurring schedule until it is recovered or proved superseded. */
export interface ParkedSuccessor {
  readonly connectionId: string;
  readonly generation: string;
  /** The version the successor replaces; it was sealed as `version + 1`. */
  readonly version: number;
  readonly sealed: Uint8Array;
  readonly commitId: string;
  readonly parkedAtMs: number;
  readonly refreshExpiresAtMs: number;
  readonly sliding: 'yes' | 'no' | 'unknown';
  /** Whose token it is, where known. */
  readonly subjectKey?: string;
  /** Binds `subjectKey`, present or not, to the token. Without a right one the owner is unknown. */
  readonly ownerProof?: string;
}

/** How one run of `rotate` ended. Never a token. */
export type RotateOutcome =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'already-fresh' }
  /** Somebody else holds the lease, or committed moments ago. */
  | { readonly outcome: 'busy'; readonly retryAfterMs: number }
  | { readonly outcome: 'waiting'; readonly reason: WaitingReason; readonly retryAfterMs: number }
  | { readonly outcome: 'unknown'; readonly retryAfterMs: number }
  | { readonly outcome: 'suspect'; readonly retryAfterMs: number }
  | { readonly outcome: 'reauthorization-required' }
  | { readonly outcome: 'user-action-required'; readonly jumpUrl?: string }
  | { readonly outcome: 'not-renewable' }
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'degraded'; readonly code: string }
  /** Adobe refused the narrower scopes asked for; the grant itself is well. */
  | { readonly outcome: 'scopes-refused'; readonly code: string; readonly retryAfterMs: number }
  | { readonly outcome: 'parked' }
  | { readonly outcome: 'recovered' }
  | { readonly outcome: 'superseded' }
  | { readonly outcome: 'disconnecting'; readonly retryAfterMs: number }
  | { readonly outcome: 'disconnected' }
  | {
      readonly outcome: 'access-tokens-revoked';
      /** Number of cached tokens that are no longer vended. */
      readonly invalidated: number;
      /** IMS says of each of them that it has ended. */
      readonly revokedAtAdobe: boolean;
      /** IMS did not answer and is asked again. */
      readonly pending: boolean;
    }
  /** Nothing was due; the next due time is created. */
  | { readonly outcome: 'idle' };

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
