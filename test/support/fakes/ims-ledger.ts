import type {
  ReceivedTokens,
  RevokeAnswer,
  TokenAnswer,
  TokenHints,
} from '../../../functions/core/ports/ims.ts';
import { Secret } from '../../../functions/core/secret.ts';
import {
  createTokenBook,
  type Grant,
  type IssuedToken,
  type TokenBook,
  type TokenBookOptions,
} from './ims-token-book.ts';

export interface LedgerOptions extends TokenBookOptions {
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
  /** A code as the browser brings it back; good for one exchange. */
  authorize(consent: Consent): Secret;
  /** A finished consent: the tokens a connection starts with. */
  grant(consent: Consent): { readonly refreshToken: Secret; readonly accessToken: Secret };
  /** The user removes the app at Adobe: everything of theirs is dead. */
  revokeUser(subject: string): void;
  /** Refreshes of this user answer so until told otherwise with `undefined`. */
  requireUserAction(subject: string, action: UserActionDemand | undefined): void;
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

interface TokenEndpoint {
  exchange(code: string): TokenAnswer;
  refresh(token: string, scopes?: readonly string[]): TokenAnswer;
  revoke(token: string): RevokeAnswer;
}

interface UserActionDemand {
  readonly error: string;
  readonly jumpUrl?: string;
}

const DAY_MS = 86_400_000;

/** The provider's own books: which tokens there are, which are good, and who posted what. */
export function createImsLedger(options: LedgerOptions): ImsLedger {
  const { clock, mode, revocationScope = 'grant', refusal = 'access_denied' } = options;
  const book = createTokenBook(options);
  const { firstTokens, renewed } = createIssuer(options, book);
  const codes = new Map<string, Consent>();
  const posts: Post[] = [];
  const revocations: { token: string; answer: RevokeAnswer['kind'] }[] = [];
  const demands = new Map<string, UserActionDemand>();
  const refused: TokenAnswer = { kind: 'refused', error: refusal };

  const decide = (value: string, scopes?: readonly string[]): Renewal => {
    const token = book.find(value);
    if (token?.kind !== 'refresh') return { answer: refused };
    const demand = demands.get(token.grant.subject);
    if (demand !== undefined) return { answer: { kind: 'user-action', ...demand } };
    if (book.isLive(token)) return renewed(token, scopes);
    if (mode === 'family' && book.wasSpent(token)) book.revokeAll(({ grant }) => grant === token.grant);
    return { answer: refused };
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
      const { access, refresh = access } = firstTokens({ ...consent, offline: true });
      return { accessToken: new Secret(access.value), refreshToken: new Secret(refresh.value) };
    },
    exchange(code) {
      const consent = codes.get(code);
      if (consent === undefined || consent === SPENT) return refused;
      codes.set(code, SPENT);
      const { subject, idTokenClaims } = consent;
      const claims = idTokenClaims === undefined ? {} : { idTokenClaims };
      return { kind: 'tokens', tokens: { ...firstTokens(consent).received, subject, ...claims } };
    },
    refresh(value, scopes) {
      const { answer, successor } = decide(value, scopes);
      const brought = successor === undefined ? {} : { successor };
      posts.push({ token: value, atMs: clock.nowMs(), result: answer.kind, ...brought });
      return answer;
    },
    revoke(value) {
      const token = book.find(value);
      const kind = token !== undefined && book.isLive(token) ? 'revoked' : 'already-gone';
      if (token !== undefined) book.revokeAll((other) => diesWith(token, other, revocationScope));
      revocations.push({ token: value, answer: kind });
      return { kind };
    },
    revokeUser: (subject) => book.revokeAll(({ grant }) => grant.subject === subject),
    requireUserAction(subject, demand) {
      if (demand === undefined) demands.delete(subject);
      else demands.set(subject, demand);
    },
    isLive(value) {
      const token = book.find(value);
      return token !== undefined && book.isLive(token);
    },
    liveRefreshTokens: (subject) =>
      book
        .all()
        .filter((token) => token.kind === 'refresh' && book.isLive(token))
        .filter((token) => subject === undefined || token.grant.subject === subject)
        .map(({ value }) => value),
    issued: () => book.all().map(({ value }) => value),
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

/** Issues tokens and words the answers that carry them. */
function createIssuer(options: LedgerOptions, book: TokenBook) {
  const { clock, successor: brings = 'new', sliding = true, rtea = true } = options;
  const { accessLifeSeconds = 86_399, refreshLifeMs = 14 * DAY_MS } = options;

  const accessFor = (grant: Grant) =>
    book.issue({ kind: 'access', grant, lifeMs: accessLifeSeconds * 1_000 });
  const hintsOf = (refresh: IssuedToken | undefined): TokenHints =>
    rtea && refresh !== undefined ? { rteaMs: refresh.expiresAtMs } : {};
  const received = (
    access: IssuedToken,
    scopes: readonly string[],
    refresh: IssuedToken | undefined,
  ): ReceivedTokens => ({
    accessToken: { token: new Secret(access.value), expiresInSeconds: accessLifeSeconds, scopes },
    ...(refresh === undefined ? {} : { refreshToken: new Secret(refresh.value) }),
    hints: hintsOf(refresh),
    anomalies: [],
  });

  return {
    firstTokens({ subject, scopes = ['openid', 'offline_access'], offline = true }: Consent) {
      const grant: Grant = { subject, scopes, endsAtMs: clock.nowMs() + refreshLifeMs };
      const access = accessFor(grant);
      const refresh = offline ? book.issue({ kind: 'refresh', grant, lifeMs: refreshLifeMs }) : undefined;
      return { access, refresh, received: received(access, scopes, refresh) };
    },

    renewed(token: IssuedToken, scopes: readonly string[] = token.grant.scopes): Renewal {
      const { grant } = token;
      const access = accessFor(grant);
      if (brings !== 'new') {
        const tokens = received(access, scopes, brings === 'same' ? token : undefined);
        return { answer: { kind: 'tokens', tokens: { ...tokens, hints: hintsOf(token) } } };
      }
      book.spend(token);
      const lifeMs = sliding ? refreshLifeMs : grant.endsAtMs - clock.nowMs();
      const next = book.issue({ kind: 'refresh', grant, lifeMs, parent: token });
      return { answer: { kind: 'tokens', tokens: received(access, scopes, next) }, successor: next.value };
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

function diesWith(token: IssuedToken, other: IssuedToken, scope: 'token' | 'grant' | 'user'): boolean {
  if (scope === 'user') return other.grant.subject === token.grant.subject;
  return scope === 'grant' ? other.grant === token.grant : other === token;
}

function broughtSuccessor(earlier: readonly Post[], token: string): boolean {
  return earlier.some((post) => post.token === token && post.successor !== undefined);
}
