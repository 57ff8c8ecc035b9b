import { defined } from '../defined.ts';
import type {
  ConnectionDirectory,
  ConnectionStore,
  DuePosition,
  ListedConnection,
} from '../ports/connections.ts';
import type { Clock } from '../ports/platform.ts';
import type { Connection } from './connection.ts';
import type { ConnectionState } from './connection-states.ts';

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
}

export type DescribeResult =
  | { readonly outcome: 'found'; readonly status: ConnectionStatus }
  | { readonly outcome: 'not-found' };

export interface DescribeDeps {
  readonly connections: ConnectionStore;
}

export function createDescribeConnection({ connections }: DescribeDeps) {
  return async function describeConnection(connectionId: string): Promise<DescribeResult> {
    const stored = await connections.read(connectionId);
    if (stored === undefined || stored.state === 'disconnected') return { outcome: 'not-found' };
    return { outcome: 'found', status: statusOf(stored) };
  };
}

/** Picks attributes one by one: an attribute added to a connection later stays private until it is named here. */
function statusOf(connection: Connection): ConnectionStatus {
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
    }),
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
  readonly connections: readonly ListedConnection[];
  readonly next?: ListPosition;
}

export type ListConnections = (request: ListRequest) => Promise<ListResult>;

/** Bounds how long one page takes: its caller waits. */
const MAX_READS = 20;

/** Lists connections page by page. Tombstones are shown only where their state is asked for. */
export function createListConnections({ directory, clock }: ListDeps): ListConnections {
  return async ({ limit, state, from, atRiskWithinMs }) => {
    const found: ListedConnection[] = [];
    let next = from ?? firstPosition(atRiskWithinMs, clock.nowMs());
    for (let reads = 0; reads < MAX_READS && found.length < limit; reads += 1) {
      const page = await readPage(directory, next, limit - found.length);
      found.push(...page.connections.filter((one) => isAskedFor(one, state)));
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

function isAskedFor({ state }: ListedConnection, asked: ConnectionState | undefined): boolean {
  return asked === undefined ? state !== 'disconnected' : state === asked;
}
