import { hash } from 'node:crypto';
import type { Secret } from '../secret.ts';

const DIGEST_LENGTH = 16;

/** The first 16 hex digits of a token's SHA-256: names a token without being one. */
export function tokenDigest(token: Secret): string {
  return hash('sha256', token.reveal(), 'hex').slice(0, DIGEST_LENGTH);
}
