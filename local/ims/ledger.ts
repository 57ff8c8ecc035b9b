import type { Grant, GrantStore, RefreshTokenRecord } from './grant-store.ts';
import type { ImsProfile } from './profile.ts';
import { standingOf } from './refresh-token-rules.ts';

export type LedgerGrantType = 'authorization_code' | 'refresh_token' | 'other';

/** What IMS counted, for one user or for all. */
export interface LedgerCounts {
  readonly tokenPosts: Record<LedgerGrantType, number>;
  readonly tokenSuccesses: Record<LedgerGrantType, number>;
  /** By OAuth error name, or `http_<status>` for answers without one. */
  readonly refusals: Record<string, number>;
  /** By fault kind. */
  readonly faults: Record<string, number>;
  /** Refresh tokens posted after they had been used and, in the user's rotation mode, were no longer good. */
  doubleSpends: number;
  /** Refresh tokens posted again after use that the mode still accepted. */
  acceptedReuses: number;
  /** Posts of a refresh token while an earlier post of the same one was still unanswered. */
  overlappingPosts: number;
  /** Successful answers whose connection broke before they were delivered. */
  lostAnswers: number;
  readonly tokensIssued: { access: number; refresh: number; id: number };
  readonly revocationsConfirmed: { access: number; refresh: number };
  /** Consents by decision, as far as they reached IMS. */
  readonly consents: Record<string, number>;
}

export interface DoubleSpend {
  readonly user: string;
  readonly refreshToken: string;
  readonly atMs: number;
  readonly consumedAtMs: number;
  /** How the answer with the successor fared: `pending`, `delivered`, `lost`, or the fault that spoiled it. */
  readonly successorAnswer: string;
}

export interface RefreshTokenEntry {
  readonly id: string;
  readonly user: string;
  readonly grant: string;
  readonly parent: string | null;
  readonly standing: 'good' | 'spent' | 'expired' | 'revoked';
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly consumedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface UserLedger extends LedgerCounts {
  /** Grants with at least one refresh token that would be accepted now. */
  readonly liveGrants: number;
}

export interface LedgerSnapshot {
  readonly atMs: number;
  readonly total: UserLedger;
  readonly users: Record<string, UserLedger>;
  readonly doubleSpends: readonly DoubleSpend[];
  readonly refreshTokens: readonly RefreshTokenEntry[];
}

/** One moment in the life of a POST of a refresh token. */
export interface RefreshPostMoment {
  /**
   * `consumed`: a successor was issued for it. `answered`: the last byte was handed to the network. `undelivered`: the client was
   * gone by then, or the answer was spoiled on purpose.
   */
  readonly moment: 'arrived' | 'consumed' | 'answered' | 'undelivered';
  readonly user: string;
  readonly grant: string;
  /** The running number of the token, as in `RefreshTokenEntry`. */
  readonly refreshToken: string;
  /** Real milliseconds of the stand-in's own monotonic clock. */
  readonly atMonotonicMs: number;
}

/** The reading side: what IMS itself counted, independent of any client. Holds no token material. */
export interface ImsLedger {
  snapshot(): LedgerSnapshot;
  total(): UserLedger;
  user(userKey: string): UserLedger;
  doubleSpends(): readonly DoubleSpend[];
  /** What IMS knows of one refresh token, for the holder of the token. */
  refreshToken(token: string): RefreshTokenEntry | undefined;
  /** Calls the watcher at each step of every POST of a known refresh token. Returns a function that ends this. */
  watchRefreshPosts(watcher: (moment: RefreshPostMoment) => void): () => void;
}

export interface LedgerBook extends ImsLedger {
  /** Applies one count to the user and to the total. */
  count(userKey: string, change: (counts: LedgerCounts) => void): void;
  recordDoubleSpend(token: RefreshTokenRecord, consumedAtMs: number, atMs: number): void;
  noteRefreshPost(token: RefreshTokenRecord, moment: RefreshPostMoment['moment']): void;
}

export const unknownUser = 'unknown';

export function increment(counters: Record<string, number>, name: string): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

function emptyCounts(): LedgerCounts {
  return {
    tokenPosts: { authorization_code: 0, refresh_token: 0, other: 0 },
    tokenSuccesses: { authorization_code: 0, refresh_token: 0, other: 0 },
    refusals: {},
    faults: {},
    doubleSpends: 0,
    acceptedReuses: 0,
    overlappingPosts: 0,
    lostAnswers: 0,
    tokensIssued: { access: 0, refresh: 0, id: 0 },
    revocationsConfirmed: { access: 0, refresh: 0 },
    consents: {},
  };
}

interface LedgerDeps {
  readonly nowMs: () => number;
  readonly grants: GrantStore;
  readonly profileOf: (userKey: string) => ImsProfile;
}

export function createLedger({ nowMs, grants, profileOf }: LedgerDeps): LedgerBook {
  const total = emptyCounts();
  const users = new Map<string, LedgerCounts>();
  const doubleSpends: DoubleSpend[] = [];
  const watchers = new Set<(moment: RefreshPostMoment) => void>();

  const entryOf = (record: RefreshTokenRecord): RefreshTokenEntry => ({
    id: record.id,
    user: record.grant.userKey,
    grant: record.grant.id,
    parent: record.parent?.id ?? null,
    standing: standingOf(record, profileOf(record.grant.userKey).rotation, nowMs()),
    issuedAtMs: record.issuedAtMs,
    expiresAtMs: record.expiresAtMs,
    consumedAtMs: record.consumedAtMs,
    revokedAtMs: record.revokedAtMs,
  });

  const isLive = (grant: Grant): boolean => {
    const { rotation } = profileOf(grant.userKey);
    return grant.refreshTokens.some((token) => standingOf(token, rotation, nowMs()) === 'good');
  };

  const report = (counts: LedgerCounts, of: readonly Grant[]): UserLedger => ({
    ...structuredClone(counts),
    liveGrants: of.filter(isLive).length,
  });

  const user = (key: string): UserLedger => report(users.get(key) ?? emptyCounts(), grants.grantsOf(key));
  const totalNow = (): UserLedger => report(total, grants.grants());
  const userKeys = (): string[] => [...new Set([...users.keys(), ...grants.grants().map((g) => g.userKey)])];

  return {
    user,
    total: totalNow,
    doubleSpends: () => [...doubleSpends],

    snapshot: () => ({
      atMs: nowMs(),
      total: totalNow(),
      users: Object.fromEntries(userKeys().map((key) => [key, user(key)])),
      doubleSpends: [...doubleSpends],
      refreshTokens: grants.grants().flatMap((grant) => grant.refreshTokens.map(entryOf)),
    }),

    refreshToken: (token) => {
      const record = grants.findRefreshToken(token);
      return record === undefined ? undefined : entryOf(record);
    },

    watchRefreshPosts: (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },

    noteRefreshPost: ({ id, grant }, moment) => {
      const atMonotonicMs = performance.now();
      const noted = { moment, user: grant.userKey, grant: grant.id, refreshToken: id, atMonotonicMs };
      for (const watcher of watchers) watcher(noted);
    },

    count: (userKey, change) => {
      const counts = users.get(userKey) ?? emptyCounts();
      users.set(userKey, counts);
      change(counts);
      change(total);
    },

    recordDoubleSpend: (token, consumedAtMs, atMs) => {
      doubleSpends.push({
        user: token.grant.userKey,
        refreshToken: token.id,
        atMs,
        consumedAtMs,
        successorAnswer: token.successorAnswer ?? 'pending',
      });
    },
  };
}
