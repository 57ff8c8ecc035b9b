import type { Random } from '../ports/platform.ts';

/** Random bytes as base64url; 32 bytes make a session id or one-time code. */
export function randomHandle(random: Random, bytes = 32): string {
  return Buffer.from(random.bytes(bytes)).toString('base64url');
}
