/**
 * What a sealed token is bound to. The KMS encryption context is `{ connection, purpose, clientId }`; the AES-GCM
 * additional data is the canonical JSON of all of it, so that nobody who can write a table or a schedule can swap,
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
