import type { SealedRefreshToken } from './sealed-token.ts';

/** A sealed token of an ended generation that IMS must still be told to revoke (RFC 7009). */
export type PendingRevocation = PendingRefreshRevocation | PendingAccessRevocation;

interface RevocationOwner {
  /** Whose token it is: IMS may revoke per user, so another live connection of the same person matters. */
  readonly subjectKey?: string;
}

export interface PendingRefreshRevocation extends RevocationOwner {
  readonly kind: 'refresh';
  readonly token: SealedRefreshToken;
}

export interface PendingAccessRevocation extends RevocationOwner {
  readonly kind: 'access';
  readonly token: SealedAccessMaterial;
}

/** What is needed to open a sealed access token outside its own table. */
export interface SealedAccessMaterial {
  readonly generation: string;
  readonly version: number;
  readonly scopeSet: string;
  readonly expiresAtMs: number;
  readonly sealed: Uint8Array;
}

/**
 * Whose an access token of that generation is: the cache may still hold one of the user before the last, whose refresh
 * token is owed already. Else it is of the connection's own user.
 */
export function ownerOf(
  generation: string,
  connection: { readonly subjectKey?: string; readonly revocations: readonly PendingRevocation[] },
): RevocationOwner {
  const owed = connection.revocations.find(
    ({ kind, token }) => kind === 'refresh' && token.generation === generation,
  );
  const { subjectKey } = owed ?? connection;
  return subjectKey === undefined ? {} : { subjectKey };
}

/** What is owed for an access token that was cached for a connection. */
export function accessRevocation(
  { generation, version, scopeSet, expiresAtMs, sealed }: SealedAccessMaterial,
  connection: Parameters<typeof ownerOf>[1],
): PendingAccessRevocation {
  return {
    kind: 'access',
    token: { generation, version, scopeSet, expiresAtMs, sealed },
    ...ownerOf(generation, connection),
  };
}
