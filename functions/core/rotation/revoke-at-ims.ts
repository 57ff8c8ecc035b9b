import type { Connection, ConsentUnderWay } from '../connection/connection.ts';
import { mayBeOnePerson } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { consentEndsAtMs } from '../connection/consent-under-way.ts';
import { ASSUMED_REFRESH_LIFE_MS } from '../connection/lifetime.ts';
import { type PendingRevocation, revocationBinding } from '../connection/sealed-token.ts';
import { PlatformError } from '../platform-error.ts';
import type { RevokeAnswer } from '../ports/ims.ts';
import type { Secret } from '../secret.ts';
import type { Run } from './run.ts';
import { ANSWER_TIMEOUT_MS } from './time-budget.ts';

/** How one token ended. `shared`: IMS may revoke per user, and another live connection is the same person's. */
export type Revoked = 'revoked' | 'already-gone' | 'expired' | 'unreadable' | 'shared';

/** A revocation is posted only if this much time is left for its answer. */
const NEEDED_MS = ANSWER_TIMEOUT_MS / 2;

/** Revokes one token at IMS, unless that could end another grant. */
export async function revokeAtIms(
  run: Run,
  connection: Connection,
  revocation: PendingRevocation,
): Promise<Revoked | 'retry'> {
  if (hasExpired(run, connection, revocation)) return 'expired';
  if (run.deadline.remainingMs() < NEEDED_MS) return 'retry';
  const secrets = await run.deps.clientSecret.read();
  if (secrets === 'not-configured') return 'retry';
  const token = await openRevoked(run, connection, revocation);
  if (token === 'unreadable' || token === 'retry') return token;
  // Last of all, right before the post: the user may be at the browser again.
  const mayEnd = await mayEndAnotherGrant(run, connection, revocation);
  if (mayEnd !== 'none') return mayEnd === 'living' ? 'shared' : 'retry';
  for (const clientSecret of [secrets.current, secrets.previous]) {
    if (!clientSecret) continue;
    const answer = await run.deps.ims.revoke({ token, clientSecret, timeoutMs: NEEDED_MS });
    if (answer.kind !== 'misconfigured') return endingOf(run, answer);
  }
  run.deps.telemetry.error('IMS refused our credential when revoking.');
  return 'retry';
}

function endingOf({ deps }: Run, answer: RevokeAnswer): Revoked | 'retry' {
  if (answer.kind === 'revoked' || answer.kind === 'already-gone') return answer.kind;
  if (answer.kind === 'retry' && answer.error !== undefined) {
    deps.telemetry.warn('IMS refused a revocation; it is tried again.', { error: answer.error });
    deps.telemetry.measure('RevocationsRefused', 1, 'Count');
  }
  return 'retry';
}

function hasExpired(run: Run, connection: Connection, revocation: PendingRevocation): boolean {
  const endsAtMs = revocation.kind === 'access' ? revocation.token.expiresAtMs : refreshEndsAtMs(connection);
  return endsAtMs !== undefined && run.deps.clock.nowMs() >= endsAtMs;
}

/**
 * A connection that lives on knows the end of its own token. The tokens of an earlier consent were last rotated before
 * this one.
 */
function refreshEndsAtMs({ state, connectedAtMs, refreshExpiresAtMs }: Connection): number | undefined {
  return STATE_RULES[state].live ? connectedAtMs + ASSUMED_REFRESH_LIFE_MS : refreshExpiresAtMs;
}

/**
 * `living` decides: the token is not revoked. A consent under way, exchanged and not redeemed yet, only puts the
 * revocation off. The index lags, so the connection itself is read too: a new consent may have taken its place since
 * this run began. Under the same id it may be the same user's, even where the user is not known.
 */
async function mayEndAnotherGrant(
  run: Run,
  connection: Connection,
  revocation: PendingRevocation,
): Promise<'living' | ConsentUnderWay | 'none'> {
  let awaited: ConsentUnderWay | undefined;
  for await (const other of otherConnections(run, connection, revocation)) {
    const { connectionId, state, subjectKey } = other;
    const isItself = connectionId === connection.connectionId;
    const isSameUser = isItself
      ? mayBeOnePerson(subjectKey, revocation.subjectKey)
      : subjectKey === revocation.subjectKey;
    if (STATE_RULES[state].live && isSameUser) return 'living';
    // Whose a consent under the same id is, is not known yet.
    if (isItself || isSameUser) awaited = later(awaited, consentAt(run, other));
  }
  return awaited ?? 'none';
}

/**
 * What a revocation may end besides its own grant: the user's other connections, and whatever has the same id by now.
 */
async function* otherConnections(
  run: Run,
  { connectionId }: Connection,
  { subjectKey }: PendingRevocation,
): AsyncGenerator<Connection> {
  const { connections, settings, subjects } = run.deps;
  if (settings.revocationScope === 'token') return;
  const others = subjectKey === undefined ? [] : await subjects.connectionIdsOf(subjectKey);
  for (const id of new Set([...others, connectionId])) {
    const other = await connections.read(id);
    if (other !== undefined) yield other;
  }
}

/** The consent that the pending revocations have to wait for, if there is one. */
export async function consentAwaited(
  run: Run,
  connection: Connection,
  pending: readonly PendingRevocation[],
): Promise<ConsentUnderWay | undefined> {
  let awaited = consentAt(run, connection);
  const onePerUser = new Map(pending.map((revocation) => [revocation.subjectKey, revocation]));
  for (const revocation of onePerUser.values()) {
    const mayEnd = await mayEndAnotherGrant(run, connection, revocation);
    if (typeof mayEnd === 'object') awaited = later(awaited, mayEnd);
  }
  return awaited;
}

function consentAt({ deps }: Run, connection: Connection): ConsentUnderWay | undefined {
  const endsAtMs = consentEndsAtMs(connection, deps.clock.nowMs());
  const isAwaited = endsAtMs !== undefined && deps.settings.revocationScope !== 'token';
  return isAwaited ? connection.consentUnderWay : undefined;
}

function later(one: ConsentUnderWay | undefined, other: ConsentUnderWay | undefined) {
  return one === undefined || (other !== undefined && other.untilMs > one.untilMs) ? other : one;
}

async function openRevoked(
  run: Run,
  connection: Connection,
  revocation: PendingRevocation,
): Promise<Secret | 'unreadable' | 'retry'> {
  const { connectionId } = connection;
  try {
    return await run.deps.opener.open(revocation.token.sealed, revocationBinding(connection, revocation));
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    run.deps.telemetry.error('A token that should be revoked cannot be opened.', error, { connectionId });
    if (error.code === 'SEAL_BROKEN') return 'unreadable';
    // A key is missing or does not answer: later, and with the lease given back.
    run.deps.telemetry.measure('RotationWaits', 1, 'Count', { reason: 'key-unavailable' });
    return 'retry';
  }
}
