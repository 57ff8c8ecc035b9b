import { randomBytes } from 'node:crypto';
import { accessTokenDigest } from './access-token.ts';
import { type ProblemCode, REJECTED_TOKEN_HEADER, type RedeemResponse } from './contract.ts';
import {
  CredentialsUnavailableError,
  InvalidRequestError,
  type VaultErrorCode,
  VaultUnreachableError,
} from './vault-error.ts';

/** A connection whose tokens the fake vault vends. */
export interface FakeGrant {
  /** The first access token. Each renewal appends its number: `token`, `token-2`, `token-3`. */
  readonly accessToken: string;
  /**
   * What the user granted.
   * @default ['openid', 'offline_access']
   */
  readonly scopes?: readonly string[];
  /**
   * How long each access token lives.
   * @default 86400
   */
  readonly expiresInSeconds?: number;
  /**
   * `false`: once the token has expired, the error is `not_renewable`.
   * @default true
   */
  readonly renewable?: boolean;
  /**
   * Adobe's id of the user.
   * @default `sub-of-` and the connection id
   */
  readonly sub?: string;
}

/** Codes of errors that a connection of the fake vault can have. Other codes follow from what you call. */
export type FakeErrorCode = Exclude<
  VaultErrorCode,
  | 'invalid_request'
  | 'scopes_not_available'
  | 'code_not_valid'
  | 'consent_superseded'
  | 'host_not_allowed'
  | 'client_settings'
  | 'client_environment'
>;

/** A connection whose calls fail. */
export interface FakeFailure {
  /** The code of the error. */
  readonly error: FakeErrorCode;
  /**
   * For `temporarily_unavailable`: when to try again.
   * @default none
   */
  readonly retryAfterSeconds?: number;
  /**
   * For `user_action_required`: where the user can act.
   * @default none
   */
  readonly userActionUrl?: string;
}

/** A connection of the fake vault. */
export type FakeConnection = FakeGrant | FakeFailure;

export interface FakeVaultRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
  /** Of the client that asks; absent when it acts for none. */
  readonly tenant: string | undefined;
}

interface Stored {
  readonly connection: FakeConnection;
  /** When it was set or consented to, in the sequence of changes. */
  readonly sequence: number;
  readonly connectedAtMs: number;
  issue: number;
  issuedAtMs: number;
}

interface Code {
  readonly connectionId: string;
  readonly grant: FakeGrant;
  readonly appState: string | undefined;
  readonly kind: 'consent' | 'sign-in';
  readonly sequence: number;
  readonly expiresAtMs: number;
  redeemed?: RedeemResponse;
}

const LINK_LIFE_MS = 600_000;
const CODE_LIFE_MS = 120_000;
const DEFAULT_MIN_TTL_SECONDS = 300;

/** What the vault answers for a connection that fails. */
const FAILURES: Readonly<Record<FakeErrorCode, (failure: FakeFailure) => Response>> = {
  connection_not_found: () => problem(404, 'connection_not_found'),
  reauthorization_required: () => problem(409, 'reauthorization_required'),
  user_action_required: ({ userActionUrl }) =>
    problem(409, 'user_action_required', { ...(userActionUrl !== undefined && { userActionUrl }) }),
  not_renewable: () => problem(409, 'not_renewable'),
  scopes_not_granted: () => problem(400, 'scopes_not_granted'),
  temporarily_unavailable: ({ retryAfterSeconds }) =>
    problem(503, 'temporarily_unavailable', {}, retryAfterSeconds),
  access_denied: forbidden,
  unexpected_answer: () => Response.json({}),
  vault_unreachable: () => {
    throw new VaultUnreachableError('The fake vault cannot be reached.');
  },
  credentials_unavailable: () => {
    throw new CredentialsUnavailableError('The fake vault was told that there are no AWS credentials.');
  },
};

/** Failures of the grant alone: the vault still answers what it knows of the connection. */
const STATES: Readonly<Partial<Record<FakeErrorCode, string>>> = {
  reauthorization_required: 'needs-reauthorization',
  user_action_required: 'needs-user-action',
  not_renewable: 'active',
  scopes_not_granted: 'active',
};

export type FakeVault = ReturnType<typeof createFakeVault>;

/** Answers the requests of the client as a vault would: what is stored is a map, and Adobe always answers. */
export function createFakeVault(nowMs: () => number) {
  const stored = new Map<string, Stored>();
  const sessions = new Map<string, { connectionId: string; returnTo: string; appState?: string }>();
  const codes = new Map<string, Code>();
  /** For each connection that was disconnected: when, in the sequence of changes. */
  const ended = new Map<string, number>();
  let sequence = 0;
  let handles = 0;
  const handle = (): string => {
    handles += 1;
    return `fake-${handles}-${randomBytes(6).toString('hex')}`;
  };

  const set = (connectionId: string, connection: FakeConnection, at = ++sequence): void => {
    const now = nowMs();
    stored.set(connectionId, { connection, sequence: at, connectedAtMs: now, issue: 1, issuedAtMs: now });
  };

  const vend = (connectionId: string, { url, headers }: FakeVaultRequest): Response => {
    const of = stored.get(connectionId);
    if (of === undefined) return problem(404, 'connection_not_found');
    if ('error' in of.connection) return FAILURES[of.connection.error](of.connection);
    const { accessToken, expiresInSeconds = 86_400, renewable = true } = of.connection;
    const granted = scopesOf(of.connection);
    const scopes = url.searchParams.get('scopes')?.split(' ') ?? granted;
    if (!scopes.every((scope) => granted.includes(scope))) {
      return problem(400, 'scopes_not_available', { availableScopes: [granted] });
    }
    const longest = Math.floor(expiresInSeconds / 2);
    const minTtl = Number(url.searchParams.get('min_ttl') ?? Math.min(DEFAULT_MIN_TTL_SECONDS, longest));
    if (minTtl > longest) {
      return problem(400, 'invalid_request', {
        detail: `min_ttl is at most ${longest} for this connection.`,
      });
    }
    const leftSeconds = () => Math.floor((of.issuedAtMs - nowMs()) / 1000) + expiresInSeconds;
    const value = () => (of.issue === 1 ? accessToken : `${accessToken}-${of.issue}`);
    const isRejected = headers.get(REJECTED_TOKEN_HEADER) === accessTokenDigest(value());
    if (isRejected || leftSeconds() < Math.max(1, minTtl)) {
      if (!renewable) return problem(409, 'not_renewable');
      of.issue += 1;
      of.issuedAtMs = nowMs();
    }
    return Response.json({
      accessToken: value(),
      tokenType: 'Bearer',
      expiresAt: iso(of.issuedAtMs + expiresInSeconds * 1000),
      expiresInSeconds: leftSeconds(),
      scopes: scopes.filter((scope) => scope !== 'offline_access'),
      connectionId,
    });
  };

  /** Status and disconnect. */
  const connection = (connectionId: string, { method }: FakeVaultRequest): Response => {
    const of = stored.get(connectionId);
    if (of === undefined) return problem(404, 'connection_not_found');
    const failure = 'error' in of.connection ? of.connection : undefined;
    const state = failure === undefined ? 'active' : STATES[failure.error];
    if (failure !== undefined && state === undefined) return FAILURES[failure.error](failure);
    if (method === 'DELETE') {
      sequence += 1;
      stored.delete(connectionId);
      ended.set(connectionId, sequence);
      return Response.json({ connectionId, state: 'disconnecting' }, { status: 202 });
    }
    const grant = 'error' in of.connection ? { accessToken: '' } : of.connection;
    return Response.json({
      connectionId,
      state,
      sub: grant.sub ?? `sub-of-${connectionId}`,
      scopes: scopesOf(grant),
      renewable: grant.renewable ?? failure?.error !== 'not_renewable',
      sliding: 'yes',
      connectedAt: iso(of.connectedAtMs),
      ...(failure?.userActionUrl !== undefined && { userActionUrl: failure.userActionUrl }),
    });
  };

  const openConsent = (connectionId: string, { body }: FakeVaultRequest): Response => {
    if (connectionId.startsWith('adobe-')) return problem(400, 'connection_id_reserved');
    const { returnTo, appState } = JSON.parse(body) as { returnTo?: unknown; appState?: unknown };
    if (typeof returnTo !== 'string' || !URL.canParse(returnTo)) {
      return problem(400, 'invalid_request', { detail: 'returnTo is not one of the return URLs.' });
    }
    const session = handle();
    sessions.set(session, { connectionId, returnTo, ...(typeof appState === 'string' && { appState }) });
    const expiresAt = iso(nowMs() + LINK_LIFE_MS);
    const authorizeUrl = `https://fake-vault.invalid/authorize?session=${session}`;
    return Response.json({ authorizeUrl, expiresAt }, { status: 201 });
  };

  const redeem = (code: Code | undefined): Response => {
    if (code === undefined || nowMs() >= code.expiresAtMs) return problem(400, 'code_not_valid');
    const { connectionId, grant } = code;
    if (code.redeemed === undefined) {
      const latest = Math.max(stored.get(connectionId)?.sequence ?? 0, ended.get(connectionId) ?? 0);
      if (latest > code.sequence) return problem(409, 'consent_superseded');
      set(connectionId, grant, code.sequence);
      const renewable = grant.renewable ?? true;
      const sub = grant.sub ?? `sub-of-${connectionId}`;
      code.redeemed = { connectionId, sub, scopes: scopesOf(grant), renewable, keptPrevious: false };
    }
    return Response.json(code.redeemed);
  };

  const redeemable = (kind: Code['kind'], body: string, fits: (code: Code, appState: unknown) => boolean) => {
    const { connectionCode, appState } = JSON.parse(body) as { connectionCode: string; appState?: unknown };
    const code = codes.get(connectionCode);
    return code?.kind === kind && fits(code, appState) ? code : undefined;
  };

  const newCode = (of: Omit<Code, 'sequence' | 'expiresAtMs'>): string => {
    const connectionCode = handle();
    sequence += 1;
    codes.set(connectionCode, { ...of, sequence, expiresAtMs: nowMs() + CODE_LIFE_MS });
    return connectionCode;
  };

  return {
    set: (connectionId: string, connection: FakeConnection) => set(connectionId, connection),

    answer(request: FakeVaultRequest): Response {
      const { pathname } = request.url;
      const [, area = '', id = '', below = ''] = /^\/([^/]+)\/([^/]+)(\/.*)?$/.exec(pathname) ?? [];
      if (request.tenant !== undefined && !id.startsWith(`${request.tenant}.`)) return forbidden();
      switch (`${request.method} ${area}${below}`) {
        case 'GET access-tokens':
          return vend(id, request);
        case 'GET connections':
        case 'DELETE connections':
          return connection(id, request);
        case 'POST connections/consents':
          return openConsent(id, request);
        case 'POST connections/consents/redeem':
          return redeem(redeemable('consent', request.body, ({ connectionId }) => connectionId === id));
        case 'POST sign-ins':
          return redeem(redeemable('sign-in', request.body, (code, state) => code.appState === state));
        default:
          return problem(404, 'not_found');
      }
    },

    /** The user consents, or Adobe returns an error. The link works once. */
    complete(authorizeUrl: string, result: FakeGrant | string): URL {
      const session = new URL(authorizeUrl).searchParams.get('session') ?? '';
      const opened = sessions.get(session);
      if (!sessions.delete(session) || opened === undefined) {
        throw new InvalidRequestError('This is not an authorizeUrl of this client, or it was used.');
      }
      const { connectionId, appState } = opened;
      const url = new URL(opened.returnTo);
      if (typeof result === 'string') url.searchParams.set('error', result);
      else {
        const code = newCode({ kind: 'consent', connectionId, grant: result, appState });
        url.searchParams.set('connection_code', code);
      }
      if (appState !== undefined) url.searchParams.set('app_state', appState);
      return url;
    },

    signIn: (connectionId: string, grant: FakeGrant, appState: string): string =>
      newCode({ kind: 'sign-in', connectionId, grant, appState }),
  };
}

const iso = (atMs: number): string => new Date(atMs).toISOString();

function scopesOf({ scopes = ['openid', 'offline_access'] }: FakeGrant): readonly string[] {
  return scopes;
}

function problem(status: number, code: ProblemCode, members: object = {}, retryAfter?: number): Response {
  const document = { type: `urn:adobe-token-vault:problem:${code}`, title: `The fake vault says ${code}.` };
  return new Response(JSON.stringify({ ...document, status, code, ...members }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    },
  });
}

/** As API Gateway answers for IAM. */
function forbidden(): Response {
  return Response.json({ message: 'Forbidden' }, { status: 403 });
}
