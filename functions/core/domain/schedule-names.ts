import { createHash } from 'node:crypto';
import type { TokenIdentity } from './connection.ts';
import { MINUTE_MS } from './durations.ts';

/** Scheduler allows 64 characters of `[0-9a-zA-Z-_.]`. */
const DIGEST_LENGTH = 43;

/** The one-time schedule of a wake: the same wake of the same token always has the same name, so arming twice is harmless. */
export function alarmName(token: TokenIdentity, wakeAtMs: number): string {
  return `alarm-${digestOf([...identityOf(token), Math.floor(wakeAtMs / MINUTE_MS)])}`;
}

/** The recurring schedule that keeps a successor of this token: computable, so that the next claimer can look for it. */
export function parkingName(replaced: TokenIdentity): string {
  return `parked-${digestOf(identityOf(replaced))}`;
}

function identityOf(token: TokenIdentity): readonly (string | number)[] {
  return [token.connectionId, token.generation, token.version];
}

function digestOf(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, DIGEST_LENGTH);
}
