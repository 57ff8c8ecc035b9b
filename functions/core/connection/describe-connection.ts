import type { ConnectionStore } from '../ports/connections.ts';
import type { Connection } from './connection.ts';

/** What may be told about a connection: no token material, sealed or not, and nothing internal. */
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
  | { readonly result: 'found'; readonly status: ConnectionStatus }
  | { readonly result: 'not-found' };

export interface DescribeDeps {
  readonly connections: ConnectionStore;
}

export function createDescribeConnection({ connections }: DescribeDeps) {
  return async function describeConnection(connectionId: string): Promise<DescribeResult> {
    const stored = await connections.read(connectionId);
    if (stored === undefined || stored.state === 'disconnected') return { result: 'not-found' };
    return { result: 'found', status: statusOf(stored) };
  };
}

/** Attributes are picked one by one: what is added to a connection later stays private until it is named here. */
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
    ...(subject !== undefined && { subject }),
    ...(profile !== undefined && { profile }),
    ...(degraded !== undefined && { degraded }),
    ...(rotatedAtMs !== undefined && { rotatedAtMs }),
    ...(rotateAtMs !== undefined && { rotateAtMs }),
    ...(refreshExpiresAtMs !== undefined && { refreshExpiresAtMs }),
    ...(statedExpiresAtMs !== undefined && { statedExpiresAtMs }),
    ...(userActionUrl !== undefined && { userActionUrl }),
  };
}
