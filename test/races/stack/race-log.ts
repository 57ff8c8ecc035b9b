import type { AccessTokenRecord } from '../../../functions/core/domain/access-token-record.ts';
import type { Connection } from '../../../functions/core/domain/connection.ts';
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

export const emptyRaceLog = (): RaceLog => ({
  connectionWrites: [],
  accessTokenWrites: [],
  posts: [],
  codeExchanges: [],
  calls: [],
  struck: [],
});
