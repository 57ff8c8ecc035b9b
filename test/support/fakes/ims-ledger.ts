import type { ReceivedTokens, RevokeAnswer, TokenAnswer } from '../../../functions/core/ports/ims.ts';
import type { Clock } from '../../../functions/core/ports/platform.ts';
import { Secret } from '../../../functions/core/secret.ts';
import {
  type AccessTokenRecord,
  createGrantStore,
  endGrant,
  type Grant,
  type GrantStore,
  type RefreshTokenRecord,
  type RevocationReach,
  revokeAsFarAs,
  standingOnPost,
} from '../../../local/ims/grant-store.ts';
import {
  consume,
  type LifeRules,
  type ProviderMode,
  type RotationRules,
  refreshEndMs,
  standingOf,
} from '../../../local/ims/refresh-token-rules.ts';

export interface LedgerOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly mode: ProviderMode;
  /** `grace`: how long a used token stays valid, unless its successor is used earlier. */
  readonly graceMs?: number;
  /** What a refresh brings: a new refresh token, the same value again, or none. */
  readonly successor?: 'new' | 'same' | 'none';
  readonly accessLifeSeconds?: number;
  readonly refreshLifeMs?: number;
  /** A successor lives for the whole life again, or only to the end of the first one. */
  readonly sliding?: boolean;
  /** Access tokens carry the readable end of the refresh token's life. */
  readonly rtea?: boolean;
  /** What else is revoked with a token. */
  readonly revocationScope?: RevocationReach;
  readonly refusal?: 'access_denied' | 'invalid_grant';
}

export interface Consent {
  readonly subject: string;
  readonly scopes?: readonly string[];
  /** Without `offline_access` there is no refresh token. */
  readonly offline?: boolean;
  readonly idTokenClaims?: Readonly<Record<string, string | boolean>>;
}

export interface Post {
  readonly token: string;
  readonly atMs: number;
  readonly result: TokenAnswer['kind'];
  /** The successor this post brought. */
  readonly successor?: string;
}

export interface ImsLedger extends TokenEndpoint {
  /** A code as the browser brings it back, valid for one exchange. */
  authorize(consent: Consent): Secret;
  /** A completed consent: the tokens a connection starts with. */
  grant(consent: Consent): { readonly refreshToken: Secret; readonly accessToken: Secret };
  /** The user removes the app at Adobe: all their grants and tokens are revoked. */
  revokeUser(subject: string): void;
  /** Refreshes of this user get this answer, until it is set to `undefined`. */
  requireUserAction(subject: string, action: RequiredUserAction | undefined): void;
  /** Notes that a post of this token is under way; posts of one token at the same time are counted. */
  postArrives(token: string): { isAnswered(): void };

  isLive(token: string): boolean;
  liveRefreshTokens(subject?: string): readonly string[];
  /** Every refresh and access token ever issued, for a search for leaks. */
  issued(): readonly string[];
  readonly posts: readonly Post[];
  /** Posts of a refresh token whose successor had been issued already. */
  doubleSpends(): readonly Post[];
  readonly revocations: readonly { readonly token: string; readonly answer: RevokeAnswer['kind'] }[];
  /** The most posts of one token that were under way at the same time. */
  readonly mostAtOnce: number;
}

interface TokenEndpoint {
  exchange(code: string): TokenAnswer;
  refresh(token: string, scopes?: readonly string[]): TokenAnswer;
  revoke(token: string): RevokeAnswer;
}

interface RequiredUserAction {
  readonly error: string;
  readonly jumpUrl?: string;
}

const DAY_MS = 86_400_000;

/** The provider's record: which tokens exist, which are valid, and every post. */
export function createImsLedger(options: LedgerOptions): ImsLedger {
  const { clock, mode, graceMs = 60_000, revocationScope = 'grant', refusal = 'access_denied' } = options;
  const rotation: RotationRules = { mode, graceSeconds: graceMs / 1_000, graceEndsOnUse: true };
  const grants = createGrantStore((token) => token);
  const { issued, firstTokens, renewed } = createIssuer(options, grants);
  const codes = new Map<string, Consent>();
  const posts: Post[] = [];
  const revocations: { token: string; answer: RevokeAnswer['kind'] }[] = [];
  const userActions = new Map<string, RequiredUserAction>();
  const refused: TokenAnswer = { kind: 'refused', error: refusal };

  const find = (value: string) => grants.findRefreshToken(value) ?? grants.findAccessToken(value);
  const isGood = (token: RefreshTokenRecord | AccessTokenRecord | undefined): boolean => {
    if (token?.kind === 'refresh') return standingOf(token, rotation, clock.nowMs()) === 'good';
    return token?.revokedAtMs === null && clock.nowMs() < token.expiresAtMs;
  };

  const decide = (value: string, scopes?: readonly string[]): Renewal => {
    const token = grants.findRefreshToken(value);
    if (token === undefined) return { answer: refused };
    const userAction = userActions.get(token.grant.userKey);
    if (userAction !== undefined) return { answer: { kind: 'user-action', ...userAction } };
    const standing = standingOnPost(token, rotation, clock.nowMs());
    return standing === 'good' ? renewed(token, value, scopes) : { answer: refused };
  };

  const counter = countPostsAtOnce();

  return {
    postArrives: counter.postArrives,
    get mostAtOnce() {
      return counter.mostAtOnce;
    },
    authorize(consent) {
      const code = `code-${String(codes.size + 1).padStart(4, '0')}-of-${consent.subject}`;
      codes.set(code, consent);
      return new Secret(code);
    },
    grant(consent) {
      const { accessToken, refreshToken = accessToken.token } = firstTokens({ ...consent, offline: true });
      return { accessToken: accessToken.token, refreshToken };
    },
    exchange(code) {
      const consent = codes.get(code);
      if (consent === undefined || consent === SPENT) return refused;
      codes.set(code, SPENT);
      const { subject, idTokenClaims } = consent;
      const claims = idTokenClaims === undefined ? {} : { idTokenClaims };
      return { kind: 'tokens', tokens: { ...firstTokens(consent), subject, ...claims } };
    },
    refresh(value, scopes) {
      const { answer, successor } = decide(value, scopes);
      const brought = successor === undefined ? {} : { successor };
      posts.push({ token: value, atMs: clock.nowMs(), result: answer.kind, ...brought });
      return answer;
    },
    revoke(value) {
      const token = find(value);
      const kind = isGood(token) ? 'revoked' : 'already-gone';
      if (token !== undefined) revokeAsFarAs(revocationScope, token, grants, clock.nowMs());
      revocations.push({ token: value, answer: kind });
      return { kind };
    },
    revokeUser(subject) {
      for (const grant of grants.grantsOf(subject)) endGrant(grant, clock.nowMs());
    },
    requireUserAction(subject, action) {
      if (action === undefined) userActions.delete(subject);
      else userActions.set(subject, action);
    },
    isLive: (value) => isGood(find(value)),
    liveRefreshTokens: (subject) =>
      issued.filter((value) => {
        const token = grants.findRefreshToken(value);
        return isGood(token) && (subject === undefined || token?.grant.userKey === subject);
      }),
    issued: () => [...issued],
    posts,
    doubleSpends: () => posts.filter((post, at) => broughtSuccessor(posts.slice(0, at), post.token)),
    revocations,
  };
}

const SPENT: Consent = { subject: '' };

interface Renewal {
  readonly answer: TokenAnswer;
  readonly successor?: string;
}

/** Issues tokens and writes the answers that carry them. */
function createIssuer(options: LedgerOptions, grants: GrantStore) {
  const { clock, successor: brings = 'new', sliding = true, rtea = true } = options;
  const { accessLifeSeconds = 86_399, refreshLifeMs = 14 * DAY_MS } = options;
  const life: LifeRules = {
    lifetime: sliding ? 'sliding' : 'absolute',
    lifetimeSeconds: refreshLifeMs / 1_000,
  };
  const issued: string[] = [];
  const mint = (kind: 'access' | 'refresh', { userKey }: Grant): string => {
    const value = `${kind}-token-${String(issued.length + 1).padStart(4, '0')}-of-${userKey}`;
    issued.push(value);
    return value;
  };

  const accessFor = (grant: Grant): Secret => {
    const value = mint('access', grant);
    const expiresAtMs = clock.nowMs() + accessLifeSeconds * 1_000;
    grants.addAccessToken(value, { grant, scopes: grant.scopes, expiresAtMs });
    return new Secret(value);
  };
  const refreshFor = (grant: Grant, parent: RefreshTokenRecord | null): string => {
    const value = mint('refresh', grant);
    const issuedAtMs = clock.nowMs();
    const expiresAtMs = refreshEndMs(life, grant.consentedAtMs, issuedAtMs);
    grants.addRefreshToken(value, { grant, parent, issuedAtMs, expiresAtMs });
    return value;
  };
  const received = (
    access: Secret,
    scopes: readonly string[],
    refresh: string | undefined,
    present = refresh,
  ) => {
    const token = grants.findRefreshToken(present ?? '');
    return {
      accessToken: { token: access, expiresInSeconds: accessLifeSeconds, scopes },
      ...(refresh === undefined ? {} : { refreshToken: new Secret(refresh) }),
      hints: rtea && token !== undefined ? { rteaMs: token.expiresAtMs } : {},
      anomalies: [],
    } satisfies ReceivedTokens;
  };

  return {
    issued,
    firstTokens({ subject, scopes = ['openid', 'offline_access'], offline = true }: Consent) {
      const consentedAtMs = clock.nowMs();
      const grant = grants.openGrant({ userKey: subject, clientId: '', scopes, consentedAtMs });
      const access = accessFor(grant);
      return received(access, scopes, offline ? refreshFor(grant, null) : undefined);
    },

    renewed(token: RefreshTokenRecord, value: string, scopes = token.grant.scopes): Renewal {
      const { grant } = token;
      const access = accessFor(grant);
      if (brings !== 'new') {
        const tokens = received(access, scopes, brings === 'same' ? value : undefined, value);
        return { answer: { kind: 'tokens', tokens } };
      }
      consume(token, clock.nowMs());
      const successor = refreshFor(grant, token);
      return { answer: { kind: 'tokens', tokens: received(access, scopes, successor) }, successor };
    },
  };
}

function countPostsAtOnce(): Pick<ImsLedger, 'postArrives' | 'mostAtOnce'> {
  const underWay = new Map<string, number>();
  const count = (token: string, change: number) => {
    const atOnce = (underWay.get(token) ?? 0) + change;
    underWay.set(token, atOnce);
    return atOnce;
  };
  const counter = {
    mostAtOnce: 0,
    postArrives(token: string) {
      counter.mostAtOnce = Math.max(counter.mostAtOnce, count(token, 1));
      return { isAnswered: () => void count(token, -1) };
    },
  };
  return counter;
}

function broughtSuccessor(earlier: readonly Post[], token: string): boolean {
  return earlier.some((post) => post.token === token && post.successor !== undefined);
}
