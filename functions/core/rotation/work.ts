import type { Connection } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import {
  canRotate,
  expiryWorkAtMs,
  isBeyondHope,
  recoveryAtMs,
  rotationAtMs,
  warningAtMs,
} from '../connection/due.ts';
import { hasUncleanLease } from '../connection/lease.ts';
import type { RotateRequest } from './rotate-request.ts';

/** What one run of `rotate` does first. */
export type Work =
  | 'recover'
  | 'revoke'
  | 'revoke-access-tokens'
  | 'drop-tombstone'
  | 'give-up'
  | 'redeem'
  | 'warn'
  | 'refuse-reauthorization'
  | 'refuse-not-renewable'
  | 'refuse-gone'
  | 'nothing';

/** Decides from the connection alone what its due time, or the caller, asks for. */
export function workFor(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (request.trigger === 'parked') return 'recover';
  if (connection.state === 'disconnected') return tombstoneWork(connection, request, nowMs);
  if (connection.state === 'disconnecting') return asksOfAccessTokens(request) ? 'refuse-gone' : 'revoke';
  if (request.trigger === 'vend') return vendWork(connection);
  if (request.trigger === 'revoke-access') return 'revoke-access-tokens';
  if (asksForRotation(request) && canRotate(connection)) return 'redeem';
  const due = dueWork(connection, nowMs);
  // The living grant first: IMS may never answer for what is to be revoked.
  const mayRevoke = connection.revocations.length > 0 && isPast(connection.nextAttemptAtMs ?? 0, nowMs);
  return due === 'nothing' && mayRevoke ? 'revoke' : due;
}

function dueWork(connection: Connection, nowMs: number): Work {
  if (isPast(expiryWorkAtMs(connection, nowMs), nowMs))
    return isBeyondHope(connection, nowMs) ? 'give-up' : 'redeem';
  if (isPast(rotationAtMs(connection), nowMs) || isPast(recoveryAtMs(connection), nowMs)) return 'redeem';
  // A lease that ran out says that a successor may be parked: nobody takes it over without looking.
  if (isPast(warningAtMs(connection), nowMs) && !hasUncleanLease(connection, nowMs)) return 'warn';
  return 'nothing';
}

function vendWork(connection: Connection): Work {
  if (!STATE_RULES[connection.state].mayVend) return 'refuse-reauthorization';
  return canRotate(connection) ? 'redeem' : 'refuse-not-renewable';
}

function tombstoneWork(connection: Connection, request: RotateRequest, nowMs: number): Work {
  if (asksOfAccessTokens(request)) return 'refuse-gone';
  return isPast(connection.tombstoneUntilMs, nowMs) ? 'drop-tombstone' : 'nothing';
}

function asksOfAccessTokens({ trigger }: RotateRequest): boolean {
  return trigger === 'vend' || trigger === 'revoke-access';
}

/** Whatever is due. */
function asksForRotation({ trigger }: RotateRequest): boolean {
  return trigger === 'operator' || trigger === 'canary';
}

function isPast(momentMs: number | undefined, nowMs: number): boolean {
  return momentMs !== undefined && momentMs <= nowMs;
}
