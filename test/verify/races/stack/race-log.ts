import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { Noted } from '../../model/replay/effect-collector.ts';
import type { RaceOperation } from './race-plan.ts';

/** Everything one run did, as the stand-ins and the callers saw it. All moments (`…At`) are places in one order. */
export interface RaceLog {
  readonly connectionWrites: SeenWrite<Connection>[];
  readonly accessTokenWrites: SeenWrite<AccessTokenRecord>[];
  readonly posts: SeenPost[];
  readonly codeExchanges: SeenIssue[];
  readonly calls: SeenCall[];
  /** Faults and kills that really met this run's calls. */
  readonly struck: string[];
  /** What took effect at the stand-ins, in that order, for the protocol model to follow. */
  readonly effects: Noted[];
  /** How long ago what is noted now is said to have taken effect: the scene tells of a time before the race. */
  setBackMs: number;
  /** Refresh tokens that IMS ended by itself or because it was asked. */
  readonly ended: string[];
  /** Rotators' own looks at the connection. */
  readonly looks: SeenLook[];
  /** Generations that came between a rotator's last look and its revocation: no look before a post can exclude it. */
  readonly crossings: string[];
}

export interface SeenLook {
  readonly generation: string;
  readonly atMonotonicMs: number;
}

export interface SeenWrite<Stored> {
  readonly at: number;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

/** One POST of a refresh token. */
export interface SeenPost {
  readonly arrivedAt: number;
  readonly refreshToken: string;
  /** By the test itself, setting the scene. */
  readonly byTest: boolean;
  answeredAt?: number;
  status?: number;
  issued?: IssuedTokens;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface SeenIssue extends IssuedTokens {
  readonly at: number;
}

/** One operation of the plan, from its first byte to its answer. */
export interface SeenCall {
  readonly operation: RaceOperation;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly answer: Record<string, unknown>;
  /** For a redeem: what IMS had issued for this consent. */
  readonly consent?: SeenIssue;
}

/** The tombstone over one token: the next of its generation takes its place. */
export function isWithdrawal({ before, after }: SeenWrite<AccessTokenRecord>): boolean {
  return before?.kind === 'token' && after?.kind === 'tombstone' && before.generation === after.generation;
}

export const emptyRaceLog = (): RaceLog => ({
  connectionWrites: [],
  accessTokenWrites: [],
  posts: [],
  codeExchanges: [],
  calls: [],
  struck: [],
  effects: [],
  setBackMs: 0,
  ended: [],
  looks: [],
  crossings: [],
});
