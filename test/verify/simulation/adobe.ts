import { DAY_MS } from '../../../functions/core/durations.ts';
import type { ProviderMode } from '../../support/fakes/ims-token-book.ts';
import { readRefreshToken, type TokenFacts, writeRefreshToken } from './refresh-token-text.ts';

/** How a grant's tokens tell, or do not tell, when they end. */
export type GrantKind =
  /** A new refresh token each time, good for fourteen days; its end is readable. */
  | 'sliding-readable'
  | 'sliding-opaque'
  /** A new refresh token each time, but the end of the first one stays; readable. */
  | 'fixed-readable'
  /** The answer repeats the refresh token, or leaves it out. */
  | 'fixed-same'
  | 'fixed-omitted';

export interface AdobeOptions {
  readonly mode: ProviderMode;
  readonly nowMs: () => number;
  /** `grace`: how long a used token stays good; absent = until its successor is used. */
  readonly graceMs?: number;
}

/** What a refresh brought, and what was used up for it. */
export interface Renewal {
  readonly grant: number;
  readonly expiresAtMs: number;
  readonly readable: boolean;
  readonly refreshToken?: string;
  readonly accessToken: string;
  /** The successor of a token that was used up. Absent when nothing was. */
  readonly successor?: number;
}

/** The simulated Adobe's books: which refresh token of a grant is good, and which successor never arrived. */
export interface Adobe {
  consent(user: number, kind: GrantKind): Renewal;
  refresh(token: string): Renewal | 'refused';
  /** The answer with this successor reached nobody, or somebody who died before it was stored. */
  notDelivered(grant: number, successor: number): void;
  revokeUser(user: number): void;
  /** Whether a refresh with this token would succeed now. Changes nothing. */
  honours(token: string): boolean;
  /** Whether these of one grant were all used up while whoever got the successors still could use one. */
  areSpent(tokens: readonly string[]): boolean;
  grantOf(token: string): number;
  userOf(grant: number): number;
  isSliding(grant: number): boolean;
  isRevoked(grant: number): boolean;
  /** Grants whose present refresh token nobody holds, while the one before it is dead. */
  isStranded(grant: number): boolean;
  /** When the grant's present refresh token ends. */
  endOf(grant: number): number;
  /**
   * Grants that cannot slide and whose last days had begun by now, unless the user, a new consent or a lost answer
   * ended them before.
   */
  fixedGrantsInTheirLast(durationMs: number): readonly number[];
  tally(): AdobeTally;
}

export interface AdobeTally {
  readonly grants: number;
  readonly consumed: number;
  readonly refused: number;
  readonly undelivered: number;
  readonly consumedButUndelivered: number;
}

const REFRESH_LIFE_MS = 14 * DAY_MS;
const NOBODY_WAITS = 0;

interface Grant {
  readonly user: number;
  readonly kind: GrantKind;
  /** The user's grant before this one. */
  readonly before: number | undefined;
  readonly firstEndMs: number;
  /** The youngest refresh token. */
  sequence: number;
  expiresAtMs: number;
  /** The refresh token that was used for the youngest, and when it was used first. */
  parent: number;
  spentAtMs: number;
  /** The successor that never arrived; 0 = none. */
  missing: number;
  revoked: boolean;
  /** When the user consented again. */
  replacedAtMs: number;
  /** `family`: an old token came back. */
  givenAway: boolean;
}

export function createAdobe({ mode, nowMs, graceMs = Number.POSITIVE_INFINITY }: AdobeOptions): Adobe {
  const grants: Grant[] = [];
  const ofUser = new Map<number, number>();
  const counts = { consumed: 0, refused: 0, undelivered: 0 };

  const grantAt = (index: number): Grant => {
    const grant = grants[index];
    if (grant === undefined) throw new RangeError(`There is no grant ${index}.`);
    return grant;
  };

  const isGood = (grant: Grant, { sequence, expiresAtMs }: Omit<TokenFacts, 'grant'>): boolean => {
    if (grant.revoked || grant.givenAway || expiresAtMs <= nowMs()) return false;
    if (sequence === grant.sequence || mode === 'reuse') return true;
    return mode === 'grace' && sequence === grant.parent && nowMs() < grant.spentAtMs + graceMs;
  };

  const answer = (index: number, grant: Grant, text: string | undefined): Renewal => ({
    grant: index,
    expiresAtMs: grant.expiresAtMs,
    readable: grant.kind === 'sliding-readable' || grant.kind === 'fixed-readable',
    accessToken: `a.${index.toString(36)}.${nowMs().toString(36)}`,
    ...(text !== undefined && { refreshToken: text }),
  });

  const issue = (index: number, grant: Grant): Renewal => {
    grant.expiresAtMs = isSliding(grant) ? nowMs() + REFRESH_LIFE_MS : grant.firstEndMs;
    const { sequence, expiresAtMs } = grant;
    return answer(index, grant, writeRefreshToken({ grant: index, sequence, expiresAtMs }));
  };

  const honours = (token: string): boolean => {
    const facts = readRefreshToken(token);
    const grant = facts && grants[facts.grant];
    return facts !== undefined && grant !== undefined && isGood(grant, facts);
  };

  const isStranded = (grant: Grant): boolean => {
    if (grant.missing === NOBODY_WAITS || grant.missing !== grant.sequence || mode === 'reuse') return false;
    return mode !== 'grace' || nowMs() >= grant.spentAtMs + graceMs;
  };

  return {
    consent(user, kind) {
      const index = grants.length;
      const before = ofUser.get(user);
      if (before !== undefined) grantAt(before).replacedAtMs = nowMs();
      const firstEndMs = nowMs() + REFRESH_LIFE_MS;
      const grant: Grant = {
        user,
        kind,
        before,
        firstEndMs,
        sequence: 1,
        expiresAtMs: firstEndMs,
        parent: 0,
        spentAtMs: 0,
        missing: NOBODY_WAITS,
        revoked: false,
        replacedAtMs: Number.POSITIVE_INFINITY,
        givenAway: false,
      };
      grants.push(grant);
      ofUser.set(user, index);
      return issue(index, grant);
    },

    refresh(token) {
      const facts = readRefreshToken(token);
      const grant = facts && grants[facts.grant];
      if (!facts || !grant || !isGood(grant, facts)) {
        // RFC 9700 §4.14.2: a token that comes back after its use gives the whole family away.
        if (mode === 'family' && grant && facts.sequence < grant.sequence) grant.givenAway = true;
        counts.refused += 1;
        return 'refused';
      }
      if (grant.kind === 'fixed-omitted') return answer(facts.grant, grant, undefined);
      if (grant.kind === 'fixed-same') return answer(facts.grant, grant, token);
      counts.consumed += 1;
      if (grant.parent !== facts.sequence) grant.spentAtMs = nowMs();
      grant.parent = facts.sequence;
      grant.sequence += 1;
      grant.missing = NOBODY_WAITS;
      return { ...issue(facts.grant, grant), successor: grant.sequence };
    },

    notDelivered(index, successor) {
      counts.undelivered += 1;
      const grant = grantAt(index);
      if (grant.sequence === successor) grant.missing = successor;
    },

    revokeUser(user) {
      // Taking an app's access away ends every grant it was given.
      let index = ofUser.get(user);
      while (index !== undefined) {
        const grant = grantAt(index);
        grant.revoked = true;
        index = grant.before;
      }
    },

    honours,
    areSpent(tokens) {
      const grant = grants[readRefreshToken(tokens[0] ?? '')?.grant ?? -1];
      if (grant === undefined || isStranded(grant) || tokens.some(honours)) return false;
      return isGood(grant, grant);
    },
    grantOf: (token) => readRefreshToken(token)?.grant ?? -1,
    userOf: (index) => grantAt(index).user,
    isSliding: (index) => isSliding(grantAt(index)),
    isRevoked: (index) => grantAt(index).revoked,
    isStranded: (index) => isStranded(grantAt(index)),
    endOf: (index) => grantAt(index).expiresAtMs,
    fixedGrantsInTheirLast: (durationMs) =>
      [...grants.keys()].filter((index) => {
        const grant = grantAt(index);
        const lastDaysFromMs = grant.firstEndMs - durationMs;
        const wasReplaced = grant.replacedAtMs <= lastDaysFromMs;
        const hasCome = lastDaysFromMs <= nowMs() && !wasReplaced;
        return hasCome && !isSliding(grant) && !grant.revoked && !isStranded(grant);
      }),
    tally: () => ({
      ...counts,
      grants: grants.length,
      consumedButUndelivered: grants.filter(isStranded).length,
    }),
  };
}

const isSliding = ({ kind }: Grant): boolean => kind === 'sliding-readable' || kind === 'sliding-opaque';
