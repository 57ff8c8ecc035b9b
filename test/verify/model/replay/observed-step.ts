import type { ConnectionState } from '../../../../client/contract.ts';
import type { Token, User } from '../protocol-state.ts';

/**
 * What really took effect: in a table, at Scheduler, at IMS. It mentions no ports or processes, so runs on fakes and runs over real
 * HTTP are logged in the same terms. `atMs` is when it took effect, and a log is in that order.
 */
export type ObservedStep = { readonly atMs: number } & ObservedEffect;

export type ObservedEffect =
  | {
      readonly kind: 'connection changed';
      readonly before: ObservedConnection | undefined;
      readonly after: ObservedConnection | undefined;
    }
  | {
      readonly kind: 'access token changed';
      readonly before: ObservedAccessItem | undefined;
      readonly after: ObservedAccessItem | undefined;
    }
  | { readonly kind: 'parked'; readonly parked: ObservedParked }
  | { readonly kind: 'unparked'; readonly parked: ObservedParked }
  /** IMS took a consent: a new grant, whose first refresh token is `<grant>.1`. */
  | { readonly kind: 'consented'; readonly grant: number; readonly user: User }
  | { readonly kind: 'posted'; readonly token: ObservedToken; readonly ended: PostEnd }
  /** IMS ended these refresh tokens: because the vault asked, or because the user did. */
  | { readonly kind: 'revoked'; readonly tokens: readonly Token[]; readonly by: 'vault' | 'user' };

/** How a post ended at IMS. Whether the answer arrived is not part of it. */
export type PostEnd =
  | { readonly kind: 'successor'; readonly successor: Token }
  /** An access token, and the posted refresh token stays the present one. */
  | { readonly kind: 'kept' }
  /** `spent`: it had brought a successor before. `ended`: revoked, or at the end of its life. */
  | { readonly kind: 'refused'; readonly because: 'spent' | 'ended' }
  /** IMS did nothing with the token: the user must act, it asks to wait, or it fails. */
  | { readonly kind: 'declined' };

/** A token as the provider knows it, or `unknown` where the observer cannot identify it. `unknown` matches any. */
export type ObservedToken = Token | 'unknown';

/** One item of Connections, as far as the protocol speaks of it. */
export interface ObservedConnection {
  readonly state: ConnectionState;
  readonly generation: string;
  readonly version: number;
  readonly refresh?: ObservedToken;
  readonly previous?: ObservedToken;
  readonly alternate?: ObservedToken;
  readonly lease?: { readonly runId: string; readonly untilMs: number };
  readonly commitIds: readonly string[];
  readonly refusals: number;
  readonly tried: readonly ('alternate' | 'previous')[];
  readonly owedRevocations: number;
  readonly endsOfLifeAtMs?: number;
}

/** The AccessTokens item of everything granted. */
export interface ObservedAccessItem {
  readonly kind: 'token' | 'tombstone';
  readonly generation: string;
  /** 0 for a tombstone. */
  readonly version: number;
}

export interface ObservedParked {
  readonly generation: string;
  /** The version the successor replaces. */
  readonly version: number;
  readonly successor: ObservedToken;
  readonly commitId: string;
}

/** What took effect on one connection, and on the grants it ever held, from the moment observation began. */
export interface EffectLog {
  readonly connectionId: string;
  readonly steps: readonly ObservedStep[];
}
