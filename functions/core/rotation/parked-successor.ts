import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Sliding } from '../connection/connection.ts';
import { isConnectionId } from '../connection/connection-id.ts';
import type { SealedRefreshToken } from '../connection/sealed-token.ts';
import type { Secret } from '../secret.ts';

/** A successor that could not be committed, kept in a recurring schedule until it is recovered or proved superseded. */
export interface ParkedSuccessor {
  readonly connectionId: string;
  readonly generation: string;
  /** The version the successor replaces; it was sealed as `version + 1`. */
  readonly version: number;
  readonly sealed: Uint8Array;
  readonly commitId: string;
  readonly parkedAtMs: number;
  readonly refreshExpiresAtMs: number;
  readonly sliding: Sliding;
  /** Whose token it is, where known. */
  readonly subjectKey?: string;
  /** Binds `subjectKey`, present or not, to the token. Without a right one the owner is unknown. */
  readonly ownerProof?: string;
}

export function successorOf({ generation, version, sealed }: ParkedSuccessor): SealedRefreshToken {
  return { generation, version: version + 1, sealed };
}

/** What a parked successor's schedule sends to `rotate`: JSON, the sealed bytes in base64. */
export function writeParkedInput(successor: ParkedSuccessor): string {
  const { connectionId, sealed, ...facts } = successor;
  return JSON.stringify({
    connectionId,
    parked: { ...facts, sealed: Buffer.from(sealed).toString('base64') },
  });
}

/**
 * Reads it back; `undefined` when it is not such an input. A caller that can write schedules can write this: what
 * counts is the sealed token, which is bound to its connection, generation and version, and an owner that is proven to
 * be its own.
 */
export function readParkedInput(input: unknown): ParkedSuccessor | undefined {
  if (!isRecord(input) || !isConnectionId(input.connectionId) || !isRecord(input.parked)) return undefined;
  const { generation, version, sealed, commitId, parkedAtMs, refreshExpiresAtMs, sliding } = input.parked;
  const { subjectKey, ownerProof } = input.parked;
  if (!isText(generation) || !isText(commitId) || !isBase64(sealed)) return undefined;
  if (!isCount(version) || !isCount(parkedAtMs) || !isCount(refreshExpiresAtMs)) return undefined;
  if (sliding !== 'yes' && sliding !== 'no' && sliding !== 'unknown') return undefined;
  return {
    connectionId: input.connectionId,
    generation,
    version,
    sealed: new Uint8Array(Buffer.from(sealed, 'base64')),
    commitId,
    parkedAtMs,
    refreshExpiresAtMs,
    sliding,
    ...(isText(subjectKey) && { subjectKey }),
    ...(isText(ownerProof) && { ownerProof }),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isBase64 = (value: unknown): value is string => isText(value) && /^[A-Za-z0-9+/]+={0,2}$/.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

type ParkedIdentity = Pick<ParkedSuccessor, 'connectionId' | 'generation' | 'version' | 'subjectKey'>;

const KEY_BYTES = 32;
const PURPOSE = 'adobe-token-vault/parked-owner';

/**
 * Binds a parked successor to its owner: an HMAC under a key derived (RFC 5869) from the token itself. The seal cannot
 * hold the owner, since the token is recovered under the seal that it has. Only a process that has opened the token can
 * make one.
 */
export function ownerProof(token: Secret, parked: ParkedIdentity): string {
  const key = hkdfSync('sha256', token.reveal(), '', PURPOSE, KEY_BYTES);
  const { connectionId, generation, version, subjectKey } = parked;
  const text = JSON.stringify([connectionId, generation, version, subjectKey ?? null]);
  return createHmac('sha256', Buffer.from(key)).update(text).digest('base64url');
}

export function isOwnerProven(token: Secret, parked: ParkedSuccessor): boolean {
  const expected = Buffer.from(ownerProof(token, parked));
  const given = Buffer.from(parked.ownerProof ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
