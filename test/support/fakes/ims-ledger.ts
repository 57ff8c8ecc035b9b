import { Secret } from '../../../functions/core/domain/secret.ts';
import type { Clock } from '../../../functions/core/ports/clock.ts';
import type {
  ReceivedTokens,
  RevokeAnswer,
  TokenAnswer,
  TokenHints,
} from '../../../functions/core/ports/ims.ts';

/** What IMS may do to a refresh token that was used: keep it, keep it for a while, drop it, or answer its reuse by dropping all. */
export type ProviderMode = 'reuse' | 'grace' | 'strict' | 'family';

export interface LedgerOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly mode: ProviderMode;
  /** `grace`: how long a used token stays good, unless its successor is used before. */
  readonly graceMs?: number;
  /** What a refresh brings: a new refresh token, the same value again, or none. */
  readonly successor?: 'new' | 'same' | 'none';
  readonly accessLifeSeconds?: number;
  readonly refreshLifeMs?: number;
  /** A successor lives for the whole life again, or only to the end of the first one. */
  readonly sliding?: boolean;
  /** Access tokens carry the readable end of the refresh token's life. */
  readonly rtea?: boolean;
  /** What else dies with a revoked token. */
  readonly revocationScope?: 'token' | 'grant' | 'user';
  readonly refusal?: 'access_denied' | 'invalid_grant';
}

export interface Post {
  readonly token: string;
  readonly atMs: number;
  readonly result: TokenAnswer['kind'];
  /** The successor this post brought. */
  readonly successor?: string;
}

export interface ImsLedger {
  /** A code as the browser brings it back; good for one exchange. */
  authorize(consent: Consent): Secret;
  /** A finished consent: the tokens a connection starts with. */
  grant(consent: Consent): { readonly refreshToken: Secret; readonly accessToken: Secret };
  exchange(code: string): TokenAnswer;
  refresh(token: string, scopes?: readonly string[]): TokenAnswer;
  revoke(token: string): RevokeAnswer;
  /** The user removes the app at Adobe: everything of theirs is dead. */
  revokeUser(subject: string): void;
  /** Refreshes of this user answer so until told otherwise with `undefined`. */
  requireUserAction(subject: string, action: { error: string; jumpUrl?: string } | undefined): void;
  /** Notes that a post of this token is under way; posts of one token at the same time are counted. */
  postArrives(token: string): { isAnswered(): void };

  isLive(token: string): boolean;
  liveRefreshTokens(subject?: string): readonly string[];
  /** Every refresh and access token ever issued: the canaries of a search for leaks. */
  issued(): readonly string[];
  readonly posts: readonly Post[];
  /** Posts of a refresh token whose successor had been issued already. */
  doubleSpends(): readonly Post[];
  readonly revocations: readonly { readonly token: string; readonly answer: RevokeAnswer['kind'] }[];
  /** The most posts of one token that were under way at the same time. */
  readonly mostAtOnce: number;
}

export interface Consent {
  readonly subject: string;
  readonly scopes?: readonly string[];
  /** Without `offline_access` there is no refresh token. */
  readonly offline?: boolean;
  readonly idTokenClaims?: Readonly<Record<string, string | boolean>>;
}

interface Grant {
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly endsAtMs: number;
}

interface IssuedToken {
  readonly value: string;
  readonly kind: 'refresh' | 'access';
  readonly grant: Grant;
  readonly expiresAtMs: number;
  readonly parent?: IssuedToken;
  spentAtMs?: number;
  revoked?: true;
}

const DAY_MS = 86_400_000;

/** The provider's own books: which tokens there are, which are good, and who posted what. */
export function createImsLedger(options: LedgerOptions): ImsLedger {
  const { clock, mode, graceMs = 60_000, successor: brings = 'new' } = options;
  const { accessLifeSeconds = 86_399, refreshLifeMs = 14 * DAY_MS, sliding = true, rtea = true } = options;
  const { revocationScope = 'grant', refusal = 'access_denied' } = options;
  const tokens = new Map<string, IssuedToken>();
  const codes = new Map<string, Consent>();
  const posts: Post[] = [];
  const revocations: { token: string; answer: RevokeAnswer['kind'] }[] = [];
  const userActions = new Map<string, { error: string; jumpUrl?: string }>();
  const underWay = new Map<string, number>();
  let mostAtOnce = 0;
  let serial = 0;

  const issue = (kind: IssuedToken['kind'], grant: Grant, lifeMs: number, parent?: IssuedToken) => {
    serial += 1;
    const token: IssuedToken = {
      value: `${kind}-token-${String(serial).padStart(4, '0')}-of-${grant.subject}`,
      kind,
      grant,
      expiresAtMs: clock.nowMs() + lifeMs,
      ...(parent === undefined ? {} : { parent }),
    };
    tokens.set(token.value, token);
    return token;
  };
  const childrenOf = (token: IssuedToken) => [...tokens.values()].filter(({ parent }) => parent === token);

  const isLive = (token: IssuedToken): boolean => {
    if (token.revoked || token.expiresAtMs <= clock.nowMs()) return false;
    if (token.spentAtMs === undefined || mode === 'reuse') return true;
    if (mode !== 'grace') return false;
    const successorUsed = childrenOf(token).some((child) => child.spentAtMs !== undefined);
    return !successorUsed && clock.nowMs() < token.spentAtMs + graceMs;
  };

  const answerOf = (grant: Grant, access: IssuedToken, refresh?: IssuedToken): ReceivedTokens => ({
    accessToken: {
      token: new Secret(access.value),
      expiresInSeconds: accessLifeSeconds,
      scopes: grant.scopes,
    },
    ...(refresh === undefined ? {} : { refreshToken: new Secret(refresh.value) }),
    hints: hintsOf(refresh),
    oddities: [],
  });
  const hintsOf = (refresh: IssuedToken | undefined): TokenHints =>
    rtea && refresh !== undefined ? { rteaMs: refresh.expiresAtMs } : {};

  const firstTokens = (consent: Consent) => {
    const endsAtMs = clock.nowMs() + refreshLifeMs;
    const scopes = consent.scopes ?? ['openid', 'offline_access'];
    const grant: Grant = { subject: consent.subject, scopes, endsAtMs };
    const access = issue('access', grant, accessLifeSeconds * 1_000);
    const refresh = consent.offline === false ? undefined : issue('refresh', grant, refreshLifeMs);
    return { grant, access, refresh };
  };

  const refused = (): TokenAnswer => ({ kind: 'refused', error: refusal });

  const renewed = (
    token: IssuedToken,
    scopes?: readonly string[],
  ): { answer: TokenAnswer; next?: string } => {
    const { grant } = token;
    const lifeMs = sliding ? refreshLifeMs : grant.endsAtMs - clock.nowMs();
    const rotates = brings === 'new';
    if (rotates) token.spentAtMs ??= clock.nowMs();
    const next = rotates ? issue('refresh', grant, lifeMs, token) : token;
    const narrowed = scopes === undefined ? grant : { ...grant, scopes };
    const access = issue('access', grant, accessLifeSeconds * 1_000);
    const received = answerOf(narrowed, access, brings === 'none' ? undefined : next);
    const kept = { ...received, hints: hintsOf(next) };
    return { answer: { kind: 'tokens', tokens: kept }, ...(rotates ? { next: next.value } : {}) };
  };

  const kill = (isHit: (token: IssuedToken) => boolean) => {
    for (const token of tokens.values()) if (isHit(token)) token.revoked = true;
  };

  const decide = (value: string, scopes?: readonly string[]): { answer: TokenAnswer; next?: string } => {
    const token = tokens.get(value);
    if (token?.kind !== 'refresh') return { answer: refused() };
    const action = userActions.get(token.grant.subject);
    if (action !== undefined) return { answer: { kind: 'user-action', ...action } };
    if (isLive(token)) return renewed(token, scopes);
    if (mode === 'family' && token.spentAtMs !== undefined) kill(({ grant }) => grant === token.grant);
    return { answer: refused() };
  };

  return {
    authorize(consent) {
      serial += 1;
      const code = `code-${String(serial).padStart(4, '0')}-of-${consent.subject}`;
      codes.set(code, consent);
      return new Secret(code);
    },
    grant(consent) {
      const { access, refresh } = firstTokens({ ...consent, offline: true });
      return { accessToken: new Secret(access.value), refreshToken: new Secret(refresh?.value ?? '') };
    },
    exchange(code) {
      const consent = codes.get(code);
      codes.delete(code);
      if (consent === undefined) return refused();
      const { grant, access, refresh } = firstTokens(consent);
      const { subject, idTokenClaims } = consent;
      const claims = idTokenClaims === undefined ? {} : { idTokenClaims };
      return { kind: 'tokens', tokens: { ...answerOf(grant, access, refresh), subject, ...claims } };
    },
    refresh(value, scopes) {
      const { answer, next } = decide(value, scopes);
      const successor = next === undefined ? {} : { successor: next };
      posts.push({ token: value, atMs: clock.nowMs(), result: answer.kind, ...successor });
      return answer;
    },
    revoke(value) {
      const token = tokens.get(value);
      const answer: RevokeAnswer =
        token === undefined || !isLive(token) ? { kind: 'already-gone' } : { kind: 'revoked' };
      if (token !== undefined) {
        kill((other) => {
          if (revocationScope === 'user') return other.grant.subject === token.grant.subject;
          return revocationScope === 'grant' ? other.grant === token.grant : other === token;
        });
      }
      revocations.push({ token: value, answer: answer.kind });
      return answer;
    },
    revokeUser: (subject) => kill(({ grant }) => grant.subject === subject),
    requireUserAction(subject, action) {
      if (action === undefined) userActions.delete(subject);
      else userActions.set(subject, action);
    },
    postArrives(value) {
      const atOnce = (underWay.get(value) ?? 0) + 1;
      underWay.set(value, atOnce);
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      return { isAnswered: () => void underWay.set(value, (underWay.get(value) ?? 1) - 1) };
    },
    isLive(value) {
      const token = tokens.get(value);
      return token !== undefined && isLive(token);
    },
    liveRefreshTokens: (subject) =>
      [...tokens.values()]
        .filter((token) => token.kind === 'refresh' && isLive(token))
        .filter((token) => subject === undefined || token.grant.subject === subject)
        .map(({ value }) => value),
    issued: () => [...tokens.keys()],
    posts,
    doubleSpends: () =>
      posts.filter((post, at) =>
        posts.slice(0, at).some((earlier) => earlier.token === post.token && earlier.successor !== undefined),
      ),
    revocations,
    get mostAtOnce() {
      return mostAtOnce;
    },
  };
}
