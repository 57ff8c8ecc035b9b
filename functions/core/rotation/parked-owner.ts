import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';
import type { ParkedSuccessor } from './rotate-request.ts';

type ParkedIdentity = Pick<ParkedSuccessor, 'connectionId' | 'generation' | 'version' | 'subjectKey'>;

const KEY_BYTES = 32;
const PURPOSE = 'adobe-token-vault/parked-owner';

/**
 * Binds a parked successor to its owner: an HMAC under a key derived (RFC 5869) from the token itself. The seal cannot hold
 * the owner, since the token is recovered under the seal that it has. Only a process that has opened the token can make one.
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
