import type { ConnectionState, NoNewTokensReason } from '../../../client/contract.ts';
import { defined } from '../defined.ts';
import type {
  ConnectionDirectory,
  ConnectionStore,
  DuePosition,
  ListedConnection,
} from '../ports/connections.ts';
import type { Clock } from '../ports/platform.ts';
import { isHeldByBreaker } from '../rotation/pauses.ts';
import type { Connection } from './connection.ts';
import { type Failure, failureOf, lateSinceMs, noNewTokens, plannedTryAtMs } from './prospect.ts';

/** What the status of a connection shows: no token material, sealed or not, and nothing internal. */
export interface ConnectionStatus
  extends Pick<
    Connection,
    | 'connectionId'
    | 'state'
    | 'subject'
    | 'profile'
    | 'grantedScopes'
    | 'renewable'
    | 'sliding'
    | 'degraded'
    | 'connectedAtMs'
    | 'rotatedAtMs'
    | 'rotateAtMs'
    | 'refreshExpiresAtMs'
    | 'statedExpiresAtMs'
  > {
  readonly userActionUrl?: string;
  readonly failure?: Failure;
  readonly nextTryAtMs?: number;
  readonly lateSinceMs?: number;
  readonly noNewTokens?: NoNewTokensReason;
  /** An open breaker set the time of the next try. */
  readonly heldByBreaker?: true;
}

export type DescribeResult =
  | { readonly outcome: 'found'; readonly status: ConnectionStatus }
  | { readonly outcome: 'not-found' };

export interface DescribeDeps {
  readonly connections: ConnectionStore;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export function createDescribeConnection({ connections, clock }: DescribeDeps) {
  return async function describeConnection(connectionId: string): Promise<DescribeResult> {
    const stored = await connections.read(connectionId);
    if (stored === undefined || stored.state === 'disconnected') return { outcome: 'not-found' };
    return { outcome: 'found', status: statusOf(stored, clock.nowMs()) };
  };
}

/** Picks attributes one by one: an attribute added to a connection later stays private until it is named here. */
function statusOf(connection: Connection, nowMs: number): ConnectionStatus {
  const { connectionId, state, grantedScopes, renewable, sliding, connectedAtMs } = connection;
  const { subject, profile, degraded, rotatedAtMs, rotateAtMs, refreshExpiresAtMs, statedExpiresAtMs } =
    connection;
  const userActionUrl = connection.userAction?.jumpUrl;
  return {
    connectionId,
    state,
    grantedScopes,
    renewable,
    sliding,
    connectedAtMs,
    ...defined({
      subject,
      profile,
      degraded,
      rotatedAtMs,
      rotateAtMs,
      refreshExpiresAtMs,
      statedExpiresAtMs,
      userActionUrl,
      ...prospectOf(connection, nowMs),
    }),
  };
}

/** How the connection does, and what comes next. */
function prospectOf(connection: Connection, nowMs: number) {
  const isHeld = isHeldByBreaker(connection) && (connection.nextAttemptAtMs ?? 0) > nowMs;
  return {
    failure: failureOf(connection),
    nextTryAtMs: plannedTryAtMs(connection, nowMs),
    lateSinceMs: lateSinceMs(connection, nowMs),
    noNewTokens: noNewTokens(connection, nowMs),
    heldByBreaker: isHeld ? (true as const) : undefined,
  };
}

export interface ListDeps {
  readonly directory: ConnectionDirectory;
  readonly clock: Clock;
}

export interface ListRequest {
  /** The maximum of one page. A page may hold fewer, or none, and still not be the last. */
  readonly limit: number;
  readonly state?: ConnectionState;
  readonly from?: ListPosition;
  /** Only connections whose refresh token expires within this time. */
  readonly atRiskWithinMs?: number;
}

/** Where a list continues. */
export type ListPosition =
  | { readonly list: 'all'; readonly after: string }
  /** `expiresByMs` comes from the first page, so that all pages answer the same question. */
  | {
      readonly list: 'expiring';
      readonly expiresByMs: number;
      readonly shard: number;
      readonly after?: DuePosition;
    };

export interface ListResult {
  readonly outcome: 'listed';
  readonly connections: readonly JudgedConnection[];
  readonly next?: ListPosition;
}

export type JudgedConnection = ListedConnection & Pick<ConnectionStatus, 'lateSinceMs' | 'noNewTokens'>;

export type ListConnections = (request: ListRequest) => Promise<ListResult>;

/** Bounds how long one page takes: its caller waits. */
const MAX_READS = 20;

/** Lists connections page by page. Tombstones are shown only where their state is asked for. */
export function createListConnections({ directory, clock }: ListDeps): ListConnections {
  return async ({ limit, state, from, atRiskWithinMs }) => {
    const nowMs = clock.nowMs();
    const found: JudgedConnection[] = [];
    let next = from ?? firstPosition(atRiskWithinMs, nowMs);
    for (let reads = 0; reads < MAX_READS && found.length < limit; reads += 1) {
      const page = await readPage(directory, next, limit - found.length);
      const asked = page.connections.filter((one) => isAskedFor(one, state));
      found.push(...asked.map((one) => judged(one, nowMs)));
      if (page.next === undefined) return { outcome: 'listed', connections: found };
      next = page.next;
    }
    return { outcome: 'listed', connections: found, ...(next !== 'start' && { next }) };
  };
}

function firstPosition(atRiskWithinMs: number | undefined, nowMs: number): ListPosition | 'start' {
  if (atRiskWithinMs === undefined) return 'start';
  return { list: 'expiring', expiresByMs: nowMs + atRiskWithinMs, shard: 0 };
}

async function readPage(directory: ConnectionDirectory, from: ListPosition | 'start', limit: number) {
  if (from === 'start' || from.list === 'all') {
    const { connections, last } = await directory.all({
      limit,
      ...(from !== 'start' && { after: from.after }),
    });
    return { connections, next: last === undefined ? undefined : ({ list: 'all', after: last } as const) };
  }
  const { after: _, ...place } = from;
  const { connections, last } = await directory.expiring({ ...from, limit });
  if (last) return { connections, next: { ...place, after: last } };
  const shard = from.shard + 1;
  return { connections, next: shard < directory.shardCount ? { ...place, shard } : undefined };
}

/** An index shows too little to know both. */
function judged(listed: ListedConnection, nowMs: number): JudgedConnection {
  const { connectedAtMs, renewable } = listed;
  return {
    ...listed,
    ...defined({
      lateSinceMs: connectedAtMs === undefined ? undefined : lateSinceMs({ ...listed, connectedAtMs }, nowMs),
      noNewTokens: noNewTokens({ ...listed, renewable: renewable ?? true }, nowMs),
    }),
  };
}

function isAskedFor({ state }: ListedConnection, asked: ConnectionState | undefined): boolean {
  return asked === undefined ? state !== 'disconnected' : state === asked;
}
