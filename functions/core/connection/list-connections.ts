import type { ConnectionDirectory, DuePosition, ListedConnection } from '../ports/connections.ts';
import type { Clock } from '../ports/platform.ts';
import type { ConnectionState } from './connection-states.ts';

export interface ListDeps {
  readonly directory: ConnectionDirectory;
  readonly clock: Clock;
}

export interface ListRequest {
  /** At most so many in one answer; an answer may hold fewer, or none, and still not be the last. */
  readonly limit: number;
  readonly state?: ConnectionState;
  readonly from?: ListPosition;
  /** Only whose refresh token expires within this time. */
  readonly atRiskWithinMs?: number;
}

/** Where a list goes on. */
export type ListPosition =
  | { readonly list: 'all'; readonly after: string }
  /** The moment is the first page's, so that all pages ask the same question. */
  | {
      readonly list: 'lapsing';
      readonly expiresByMs: number;
      readonly shard: number;
      readonly after?: DuePosition;
    };

export interface ListResult {
  readonly result: 'listed';
  readonly connections: readonly ListedConnection[];
  readonly next?: ListPosition;
}

export type ListConnections = (request: ListRequest) => Promise<ListResult>;

/** One answer must not take longer than its caller waits. */
const MAX_READS = 20;

/** Lists connections page by page. Tombstones are not shown, unless they are asked for by their state. */
export function createListConnections({ directory, clock }: ListDeps): ListConnections {
  return async ({ limit, state, from, atRiskWithinMs }) => {
    const found: ListedConnection[] = [];
    let next = from ?? firstPosition(atRiskWithinMs, clock.nowMs());
    for (let reads = 0; reads < MAX_READS && found.length < limit; reads += 1) {
      const page = await readPage(directory, next, limit - found.length);
      found.push(...page.connections.filter((one) => isAskedFor(one, state)));
      if (page.next === undefined) return { result: 'listed', connections: found };
      next = page.next;
    }
    return { result: 'listed', connections: found, ...(next !== 'start' && { next }) };
  };
}

function firstPosition(atRiskWithinMs: number | undefined, nowMs: number): ListPosition | 'start' {
  if (atRiskWithinMs === undefined) return 'start';
  return { list: 'lapsing', expiresByMs: nowMs + atRiskWithinMs, shard: 0 };
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
  const { connections, last } = await directory.lapsing({ ...from, limit });
  if (last) return { connections, next: { ...place, after: last } };
  const shard = from.shard + 1;
  return { connections, next: shard < directory.shardCount ? { ...place, shard } : undefined };
}

function isAskedFor({ state }: ListedConnection, asked: ConnectionState | undefined): boolean {
  return asked === undefined ? state !== 'disconnected' : state === asked;
}
