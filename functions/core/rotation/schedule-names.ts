import { hash } from 'node:crypto';
import type { TokenIdentity } from '../connection/connection.ts';

const MINUTE_MS = 60_000;
/** 36 base64url characters = 216 bits: with its prefix well below Scheduler's 64, and the alphabet is one it allows. */
const HASH_LENGTH = 36;

/**
 * The name of the one-time schedule for a due time. The same due time (to the minute, Scheduler's precision) always has the same
 * name, so creating twice makes one schedule.
 */
export function scheduleName(
  connectionId: string,
  generation: string,
  version: number,
  dueAtMs: number,
): string {
  return `due-${hashOf([connectionId, generation, version, Math.floor(dueAtMs / MINUTE_MS)])}`;
}

/** The name of the recurring schedule that holds the successor of this token, should there be one. */
export function parkingName(token: TokenIdentity): string {
  return `park-${hashOf([token.connectionId, token.generation, token.version])}`;
}

function hashOf(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url').slice(0, HASH_LENGTH);
}
