import { DAY_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import {
  AFTER_EXCHANGE,
  isSpent,
  type ProviderMode,
  type RefreshTokenHistory,
  type RefreshTokenStanding,
  type RotationRules,
  refreshEndMs,
  replayEndsGrant,
  standingOf,
} from '../../../local/ims/refresh-token-rules.ts';

/** Whether a grant's tokens can be renewed, and whether the vault can read when they end. */
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

/** What a refresh returned, and whether it used the posted token. */
export interface Renewal {
  readonly grant: number;
  readonly expiresAtMs: number;
  readonly readable: boolean;
  readonly refreshToken?: string;
  readonly accessToken: string;
  /** The successor of the used token. Absent when no token was used. */
  readonly successor?: number;
}

/** The simulated Adobe's books: which refresh token of a grant is good, and which successor never arrived. */
export interface Adobe {
  consent(user: number, kind: GrantKind): Renewal;
  refresh(token: string): Renewal | 'refused';
  /** The answer with this successor was lost, or the process that received it died before it stored it. */
  notDelivered(grant: number, successor: number): void;
  revokeUser(user: number): void;
  /** Whether a refresh with this token would succeed now. A look: nothing changes. */
  honours(token: string): boolean;
  /** Whether these tokens of one grant are all used while a newer one is still good. */
  areSpent(tokens: readonly string[]): boolean;
  grantOf(token: string): number;
  userOf(grant: number): number;
  isSliding(grant: number): boolean;
  isRevoked(grant: number): boolean;
  /** Whether the youngest refresh token was never stored, while the one it replaced is dead. */
  isStranded(grant: number): boolean;
  /** When the grant's present refresh token ends. */
  endOf(grant: number): number;
  /**
   * Grants that cannot slide and whose last days have begun by now. Left out: those that ended earlier by the user, a new
   * consent or a lost answer.
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

const LIFE_SECONDS = (14 * DAY_MS) / SECOND_MS;
const NONE = 0;

interface Grant {
  readonly user: number;
  readonly kind: GrantKind;
  /** The user's grant before this one. */
  readonly before: number | undefined;
  readonly consentedAtMs: number;
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
  /** `family`: a used token was posted again. */
  revokedByReplay: boolean;
}

export function createAdobe({ mode, nowMs, graceMs }: AdobeOptions): Adobe {
  const rotation: RotationRules = {
    mode,
    graceSeconds: graceMs === undefined ? 'until-successor-used' : graceMs / 1_000,
    graceEndsOnUse: true,
  };
  const grants: Grant[] = [];
  const ofUser = new Map<number, number>();
  const counts = { consumed: 0, refused: 0, undelivered: 0 };

  const grantAt = (index: number): Grant => {
    const grant = grants[index];
    if (grant === undefined) throw new RangeError(`There is no grant ${index}.`);
    return grant;
  };

  const standing = (grant: Grant, facts: Omit<TokenFacts, 'grant'>): RefreshTokenStanding =>
    standingOf(historyOf(grant, facts, mode), rotation, nowMs());
  const isGood = (grant: Grant, facts: Omit<TokenFacts, 'grant'>): boolean =>
    standing(grant, facts) === 'good';

  const answer = (index: number, grant: Grant, text: string | undefined): Renewal => ({
    grant: index,
    expiresAtMs: grant.expiresAtMs,
    readable: grant.kind === 'sliding-readable' || grant.kind === 'fixed-readable',
    accessToken: `a.${index.toString(36)}.${nowMs().toString(36)}`,
    ...(text !== undefined && { refreshToken: text }),
  });

  const issue = (index: number, grant: Grant): Renewal => {
    const lifetime = isSliding(grant) ? 'sliding' : 'absolute';
    grant.expiresAtMs = refreshEndMs(
      { lifetime, lifetimeSeconds: LIFE_SECONDS },
      grant.consentedAtMs,
      nowMs(),
    );
    const { sequence, expiresAtMs } = grant;
    return answer(index, grant, writeRefreshToken({ grant: index, sequence, expiresAtMs }));
  };

  const honours = (token: string): boolean => {
    const facts = readRefreshToken(token);
    const grant = facts && grants[facts.grant];
    return facts !== undefined && grant !== undefined && isGood(grant, facts);
  };

  const isStranded = (grant: Grant): boolean => {
    if (grant.missing === NONE || grant.missing !== grant.sequence) return false;
    const parent = historyOf(grant, { sequence: grant.parent, expiresAtMs: grant.expiresAtMs }, mode);
    return isSpent(parent, rotation, nowMs());
  };

  return {
    consent(user, kind) {
      const index = grants.length;
      const before = ofUser.get(user);
      if (before !== undefined) grantAt(before).replacedAtMs = nowMs();
      const grant: Grant = {
        user,
        kind,
        before,
        consentedAtMs: nowMs(),
        sequence: 1,
        expiresAtMs: 0,
        parent: 0,
        spentAtMs: 0,
        missing: NONE,
        revoked: false,
        replacedAtMs: Number.POSITIVE_INFINITY,
        revokedByReplay: false,
      };
      grants.push(grant);
      ofUser.set(user, index);
      return issue(index, grant);
    },

    refresh(token) {
      const facts = readRefreshToken(token);
      const grant = facts && grants[facts.grant];
      if (!facts || !grant || !isGood(grant, facts)) {
        if (grant && replayEndsGrant(mode) && standing(grant, facts) === 'spent')
          grant.revokedByReplay = true;
        counts.refused += 1;
        return 'refused';
      }
      if (grant.kind === 'fixed-omitted') return answer(facts.grant, grant, undefined);
      if (grant.kind === 'fixed-same') return answer(facts.grant, grant, token);
      counts.consumed += 1;
      if (grant.parent !== facts.sequence) grant.spentAtMs = nowMs();
      grant.parent = facts.sequence;
      grant.sequence += 1;
      grant.missing = NONE;
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
        const lastDaysFromMs = grant.consentedAtMs + LIFE_SECONDS * SECOND_MS - durationMs;
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

function isSliding({ kind }: Grant): boolean {
  return kind === 'sliding-readable' || kind === 'sliding-opaque';
}

/**
 * What the few numbers that are kept of a grant say about one of its tokens. Of several successors of one token, the one issued
 * last ends the others, except where every token stays good.
 */
function historyOf(
  grant: Grant,
  { sequence, expiresAtMs }: Omit<TokenFacts, 'grant'>,
  mode: ProviderMode,
): RefreshTokenHistory {
  const isYoungest = sequence === grant.sequence;
  const isReplaced = !isYoungest && sequence > grant.parent && AFTER_EXCHANGE[mode] !== 'lives';
  return {
    expiresAtMs,
    consumedAtMs: isYoungest || isReplaced ? null : grant.spentAtMs,
    successorUsedAtMs: sequence < grant.parent ? grant.spentAtMs : null,
    revokedAtMs: grant.revoked || grant.revokedByReplay || isReplaced ? 0 : null,
  };
}

/** What the simulated Adobe writes into its tokens, so that it need not keep a record of each. */
export interface TokenFacts {
  readonly grant: number;
  /** Counts the refresh tokens of a grant, from 1. */
  readonly sequence: number;
  readonly expiresAtMs: number;
}

const RADIX = 36;

function writeRefreshToken({ grant, sequence, expiresAtMs }: TokenFacts): string {
  return `r.${grant.toString(RADIX)}.${sequence.toString(RADIX)}.${expiresAtMs.toString(RADIX)}`;
}

function readRefreshToken(text: string): TokenFacts | undefined {
  const [kind, grant = '', sequence = '', expiresAtMs = ''] = text.split('.');
  if (kind !== 'r') return undefined;
  return {
    grant: Number.parseInt(grant, RADIX),
    sequence: Number.parseInt(sequence, RADIX),
    expiresAtMs: Number.parseInt(expiresAtMs, RADIX),
  };
}
