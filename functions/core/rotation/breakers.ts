/**
 * Fleet-wide breakers, one small record. `credential`: Adobe refuses our credential. `outage`: answers are lost.
 * `burst`: so many refusals at once that they say more about Adobe than about users.
 * Written on change only: a healthy fleet writes nothing.
 */
export interface Breakers {
  /** Grows with every write; the condition of the next one. 0 = nothing stored yet. */
  readonly revision: number;
  readonly credential?: OpenBreaker;
  readonly outage?: OpenBreaker;
  /** The last attempts while any of them was bad, newest last, at most 20. */
  readonly recent: readonly Attempt[];
  /** Connections with a first odd answer since the last success, newest last, at most 8. */
  readonly odd?: readonly OddConnection[];
}

export interface OpenBreaker {
  readonly reason: string;
  readonly openedAtMs: number;
  /** After this moment one probe may pass. */
  readonly openUntilMs: number;
  /** How often it has been reopened: the pause grows from 1 to 30 minutes. */
  readonly reopened: number;
  /** Probes in a row that brought an answer. */
  readonly answers?: number;
  /** Of the credential: the version of the stored secret that Adobe refused last. */
  readonly secretVersion?: string;
}

export interface Attempt {
  /** A digest of the connection id. */
  readonly connection: string;
  readonly kind: AttemptKind;
  readonly atMs: number;
}

/** `throttled`: Adobe asks to wait. */
export type AttemptKind = 'success' | 'unknown' | 'throttled' | 'refused' | 'misconfigured';

export type OddConnection = Pick<Attempt, 'connection' | 'atMs'>;
