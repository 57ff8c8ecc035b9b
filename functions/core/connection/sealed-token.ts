/**
 * What a sealed token is bound to. The KMS encryption context is `{ connection, purpose, clientId }`; the AES-GCM
 * additional data is the canonical JSON of all of it, so that write access to a table or a schedule is not enough to swap,
 * roll back or relabel a token.
 */
export type SealBinding = RefreshSealBinding | AccessSealBinding;

export interface RefreshSealBinding {
  readonly purpose: 'refresh';
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly version: number;
}

export interface AccessSealBinding {
  readonly purpose: 'access';
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly version: number;
  readonly expiresAtMs: number;
  /** `*` = everything granted, else the space-delimited, sorted scope set. */
  readonly scopeSet: string;
}

export type SealPurpose = SealBinding['purpose'];

/** What KMS sees and CloudTrail records; never token material. */
export interface SealContext {
  readonly purpose: SealPurpose;
  readonly connectionId: string;
  readonly clientId: string;
}

/** A sealed refresh token with the generation and version it was sealed under (both are part of its additional data). */
export interface SealedRefreshToken {
  readonly generation: string;
  readonly version: number;
  readonly sealed: Uint8Array;
}

export const EVERYTHING_GRANTED = '*';

/** A sealed token of an ended generation that IMS must still be asked to revoke (RFC 7009). */
export type PendingRevocation = PendingRefreshRevocation | PendingAccessRevocation;

interface RevocationOwner {
  /** The owner's. IMS may revoke per user, so another live connection of the same person matters. */
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
 * token is pending already. Otherwise it belongs to the connection's own user.
 */
function ownerOf(
  generation: string,
  connection: { readonly subjectKey?: string; readonly revocations: readonly PendingRevocation[] },
): RevocationOwner {
  const pending = connection.revocations.find(
    ({ kind, token }) => kind === 'refresh' && token.generation === generation,
  );
  const { subjectKey } = pending ?? connection;
  return subjectKey === undefined ? {} : { subjectKey };
}

/** The pending revocation of an access token that was cached for a connection. */
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

/** What the refresh token of a connection is bound to. */
export function refreshBinding(
  { connectionId, clientId }: SealedFor,
  { generation, version }: Pick<SealedRefreshToken, 'generation' | 'version'>,
): RefreshSealBinding {
  return { purpose: 'refresh', connectionId, clientId, generation, version };
}

/** What a sealed token with a pending revocation is bound to. */
export function revocationBinding(connection: SealedFor, { kind, token }: PendingRevocation): SealBinding {
  if (kind === 'refresh') return refreshBinding(connection, token);
  const { connectionId, clientId } = connection;
  const { generation, version, scopeSet, expiresAtMs } = token;
  return { purpose: 'access', connectionId, clientId, generation, version, scopeSet, expiresAtMs };
}

type SealedFor = Pick<SealContext, 'connectionId' | 'clientId'>;
