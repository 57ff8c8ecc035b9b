import type { Connection, ConnectionChanges, DisplacedToken } from '../connection/connection.ts';
import {
  ASSUMED_REFRESH_LIFE_MS,
  type ExpiryHints,
  nextRefreshLife,
  provenAgeMs,
  type RefreshLife,
  rotationDueAtMs,
} from '../connection/lifetime.ts';
import { refreshBinding, type SealedRefreshToken } from '../connection/sealed-token.ts';
import { defined } from '../defined.ts';
import type { PreparedSeal } from '../ports/sealing.ts';
import type { Secret } from '../secret.ts';
import { withoutScopePause } from './pauses.ts';

/** What a successful answer changes, ready to be committed. `refresh` is absent when IMS kept the present token. */
export interface Succession {
  readonly commitId: string;
  readonly refresh?: SealedRefreshToken;
  /** What `refresh` seals. */
  readonly newRefreshToken?: Secret;
  readonly changes: ConnectionChanges;
}

export interface ReceivedSuccession {
  /** A refresh token whose value differs from the one posted. */
  readonly newRefreshToken?: Secret;
  readonly hints: ExpiryHints;
  /** What the tokens were asked for. */
  readonly scopeSet: string;
  /** The scopes of everything granted, where they can be read from the answer. */
  readonly grantedScopes?: readonly string[];
}

/** Seals the successor as `version + 1` and says how the connection looks once it is stored. No network in here. */
export function succession(
  connection: Connection,
  posted: SealedRefreshToken,
  received: ReceivedSuccession,
  seal: PreparedSeal,
  ids: { readonly commitId: string; readonly eventId: string },
  nowMs: number,
): Succession {
  const { newRefreshToken } = received;
  const refresh = newRefreshToken && sealSuccessor(connection, newRefreshToken, seal);
  const proven = provenBy(connection, posted, nowMs);
  const life = nextRefreshLife(
    { ...connection, ...proven },
    { hints: received.hints, newToken: refresh !== undefined },
    nowMs,
  );
  const changes: ConnectionChanges = {
    ...successChanges(connection, ids, nowMs),
    ...proven,
    refreshExpiresAtMs: life.refreshExpiresAtMs,
    ...statedIn(connection, life),
    sliding: life.sliding,
    rotateAtMs: rotationDueAtMs(connection.connectionId, life, nowMs) ?? null,
    ...withoutScopePause(connection, received.scopeSet),
    ...(received.grantedScopes && { grantedScopes: received.grantedScopes }),
    ...(refresh
      ? { version: refresh.version, refresh, previous: posted, alternate: null }
      : { refresh: posted }),
  };
  const successor = refresh && newRefreshToken && { refresh, newRefreshToken };
  return { commitId: ids.commitId, changes, ...successor };
}

/** When a fallback token was issued is not known. */
function provenBy(
  connection: Connection,
  posted: SealedRefreshToken,
  nowMs: number,
): Pick<Connection, 'longestTokenAgeMs'> {
  if (posted.version !== connection.version || posted.generation !== connection.generation) return {};
  return defined({ longestTokenAgeMs: provenAgeMs(connection, nowMs) });
}

function statedIn(
  connection: Connection,
  { statedExpiresAtMs }: RefreshLife,
): Pick<ConnectionChanges, 'statedExpiresAtMs'> {
  if (statedExpiresAtMs !== undefined) return { statedExpiresAtMs };
  return connection.statedExpiresAtMs === undefined ? {} : { statedExpiresAtMs: null };
}

/** After any success the connection is active, all doubts and pauses are gone, and the lease is released. */
export function successChanges(
  connection: Connection,
  ids: { readonly commitId: string; readonly eventId: string },
  nowMs: number,
): ConnectionChanges {
  return {
    state: 'active',
    renewable: true,
    commitIds: [ids.commitId, ...connection.commitIds].slice(0, 2),
    lease: null,
    failures: 0,
    rotatedAtMs: nowMs,
    nextAttemptAtMs: null,
    heldUntilMs: null,
    evidence: null,
    userAction: null,
    lastAnswer: null,
    degraded: null,
    ...(wasBroken(connection) && {
      newEvents: [
        {
          id: ids.eventId,
          type: 'Recovered',
          atMs: nowMs,
          generation: connection.generation,
          detail: { from: connection.degraded ? 'degraded' : connection.state },
        },
      ],
    }),
  };
}

function sealSuccessor(connection: Connection, token: Secret, seal: PreparedSeal): SealedRefreshToken {
  const { generation } = connection;
  const version = connection.version + 1;
  return {
    generation,
    version,
    sealed: seal.seal(token, refreshBinding(connection, { generation, version })),
  };
}

function wasBroken(connection: Connection): boolean {
  return (
    connection.degraded !== undefined ||
    connection.state === 'needs-user-action' ||
    connection.state === 'needs-reauthorization'
  );
}

/** The number that daily rotations leave within one life. The item grows by about 1.3 KB for each. */
const MAX_DISPLACED = 12;

/** Whether revoking one token is known to leave the user's other grants alone. */
export type RevocationScope = 'unknown' | 'token' | 'user';

/**
 * What a commit changes about the tokens that it puts out of use. Where Adobe lets a used token live (`reuse`) and a
 * revocation ends one token alone, they would outlive a disconnect, so the disconnect revokes them. Not before: while
 * the connection lives, a wrong setting must not cost its grant. Tokens past their end are dropped, and the oldest of
 * too many.
 */
export function displacedChanges(
  connection: Connection,
  posted: SealedRefreshToken,
  revocationScope: RevocationScope,
  nowMs: number,
): ConnectionChanges {
  if (revocationScope !== 'token') {
    return connection.displaced ? { displaced: null, previousEndsAtMs: null } : {};
  }
  const ends = endsOf(connection);
  const displaced = (['refresh', 'alternate', 'previous'] as const).flatMap((name) => {
    const token = connection[name];
    return token === undefined || token === posted ? [] : [{ ...token, endsAtMs: ends[name] }];
  });
  const alive = aliveOf([...displaced, ...(connection.displaced ?? [])], nowMs).slice(0, MAX_DISPLACED);
  return {
    displaced: alive.length > 0 ? alive : null,
    previousEndsAtMs: posted === connection.previous ? ends.previous : ends.refresh,
  };
}

/** The displaced tokens that Adobe may still honour. */
export function displacedTokens(
  { displaced = [] }: Pick<Connection, 'displaced'>,
  nowMs: number,
): readonly SealedRefreshToken[] {
  return aliveOf(displaced, nowMs).map(({ endsAtMs: _, ...token }) => token);
}

function aliveOf(tokens: readonly DisplacedToken[], nowMs: number): readonly DisplacedToken[] {
  return tokens.filter(({ endsAtMs }) => endsAtMs > nowMs);
}

/** An alternate, and a previous token of unknown end, are at least as old as the present token. */
function endsOf({ rotatedAtMs, connectedAtMs, refreshExpiresAtMs, previousEndsAtMs }: Connection) {
  const latestMs = (rotatedAtMs ?? connectedAtMs) + ASSUMED_REFRESH_LIFE_MS;
  return {
    refresh: refreshExpiresAtMs ?? latestMs,
    alternate: latestMs,
    previous: previousEndsAtMs ?? latestMs,
  };
}
