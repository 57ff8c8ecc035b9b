import { invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import {
  type Connection,
  type ConnectionChanges,
  LEASE_MARGIN_MS,
  leaseEndsAtMs,
} from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { canRotate } from '../connection/due.ts';
import { TOMBSTONE_LIFE_MS } from '../connection/lifetime.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import type { PendingRevocation } from '../connection/sealed-token.ts';
import { defined } from '../defined.ts';
import { HOUR_MS, SECOND_MS } from '../time-units.ts';
import type { ParkedSuccessor } from './parked-successor.ts';
import { fullJitterMs } from './pauses.ts';
import { consentAwaited, type Revoked, revokeAtIms } from './revoke-at-ims.ts';
import type { DueOutcome } from './rotate-request.ts';
import {
  claimLease,
  createStoredSchedule,
  type Run,
  randomId,
  randomShare,
  releaseLease,
  type StepResult,
  updateAsRead,
  type Written,
} from './run.ts';

const STORE_TRIES = 5;

/**
 * Asks IMS to revoke tokens that have ended (RFC 7009), in their order, under the lease. What IMS has not confirmed
 * stays for the next due time; what has expired by itself is dropped. A disconnecting connection with nothing left
 * becomes a tombstone.
 */
export async function revoke(run: Run, read: Connection): Promise<StepResult> {
  const connection = await withoutAccessTokens(run, read);
  if (connection === 'unsettled') return { outcome: pendingOutcome(read, SECOND_MS), connection: read };
  const consent = await consentAwaited(run, connection, []);
  if (consent !== undefined) return waitUnclaimed(run, connection, consent.untilMs - run.deps.clock.nowMs());
  if (
    isTaken(connection, run.deps.clock.nowMs()) ||
    !(await claimLease(run, connection, { states: [connection.state] }))
  )
    return waitUnclaimed(run, connection, LEASE_MARGIN_MS);

  const parked = await findParkedWithEnded(run, connection);
  const settled: Revoked[] = [];
  const open: PendingRevocation[] = [];
  for (const revocation of [...connection.revocations, ...parked.map(({ revocation }) => revocation)]) {
    const ending = await revokeAtIms(run, connection, revocation);
    if (ending === 'retry') open.push(revocation);
    else settled.push(ending);
  }
  if (open.length === 0) {
    const completed = await complete(run, connection, settled);
    await removeParked(run, parked);
    return completed;
  }
  const { isStored, result } = await tryAgainLater(run, connection, open);
  // Otherwise it is nowhere but there: its own schedule hands it over once more.
  if (isStored) await removeParked(run, parked);
  return result;
}

/**
 * The process that ended the generation may have died before it wrote the tombstones of its access tokens. None of
 * these may be vended any more.
 */
async function withoutAccessTokens(run: Run, connection: Connection): Promise<Connection | 'unsettled'> {
  const { deps } = run;
  const ended = await invalidateAccessTokens({ ...deps, scopeSets: deps.settings.scopeSets }, connection);
  if (ended === 'unsettled') return ended;
  return (await deps.connections.read(connection.connectionId)) ?? connection;
}

async function waitUnclaimed(run: Run, connection: Connection, retryAfterMs: number): Promise<StepResult> {
  const updated = await updateAsRead(run.deps, connection, {});
  return { outcome: pendingOutcome(connection, retryAfterMs), connection: updated.connection };
}

/**
 * Behind a living connection's lease a successor may be parked, also when the lease ran out: a rotation looks for it,
 * and takes the lease over.
 */
function isTaken(connection: Connection, nowMs: number): boolean {
  return canRotate(connection) ? connection.lease !== undefined : nowMs < leaseEndsAtMs(connection);
}

/** A successor that waits for a token which is to be revoked: it is revoked with it. */
interface ParkedWithEnded {
  readonly successor: ParkedSuccessor;
  readonly revocation: PendingRevocation;
}

async function findParkedWithEnded(run: Run, connection: Connection): Promise<readonly ParkedWithEnded[]> {
  const found: ParkedWithEnded[] = [];
  for (const { kind, token, subjectKey } of connection.revocations) {
    if (kind !== 'refresh') continue;
    const successor = await run.deps.parking.find({ ...token, connectionId: connection.connectionId });
    if (!successor) continue;
    const sealed = { ...token, version: successor.version + 1, sealed: successor.sealed };
    found.push({
      successor,
      revocation: { kind, token: sealed, ...defined({ subjectKey }) },
    });
  }
  return found;
}

async function removeParked(run: Run, parked: readonly ParkedWithEnded[]): Promise<void> {
  for (const { successor } of parked) await run.deps.parking.remove(successor);
}

interface TriedLater {
  readonly isStored: boolean;
  readonly result: StepResult;
}

async function tryAgainLater(
  run: Run,
  connection: Connection,
  open: readonly PendingRevocation[],
): Promise<TriedLater> {
  const consent = await consentAwaited(run, connection, open);
  if (consent !== undefined) {
    // The user came back after the lease was taken. The due time is at the end of the wait, and this counts as no
    // failure.
    const released = await release(run, { ...connection, consentUnderWay: consent }, open, {});
    return later(connection, released, consent.untilMs - run.deps.clock.nowMs());
  }
  const failures = connection.failures + 1;
  const pauseMs = fullJitterMs(failures, HOUR_MS, randomShare(run.deps));
  const nextAttemptAtMs = run.deps.clock.nowMs() + pauseMs;
  const released = await release(run, connection, open, { failures, nextAttemptAtMs });
  return later(connection, released, pauseMs);
}

function later(connection: Connection, released: Written, retryAfterMs: number): TriedLater {
  const outcome = pendingOutcome(connection, retryAfterMs);
  return {
    isStored: released.kind === 'written',
    result: { outcome, connection: released.connection },
  };
}

/** While disconnecting the version numbers the list of revocations, and the back-off is that of the revocation. */
function release(
  run: Run,
  connection: Connection,
  open: readonly PendingRevocation[],
  backOff: ConnectionChanges,
): Promise<Written> {
  if (connection.state !== 'disconnecting') return releaseLiving(run, connection, open);
  return releaseLease(run, connection, { version: connection.version + 1, revocations: open, ...backOff });
}

/**
 * A living connection keeps its version and its own back-off, which belongs to its rotation. What other writers
 * appended meanwhile stays.
 */
async function releaseLiving(
  run: Run,
  connection: Connection,
  open: readonly PendingRevocation[],
): Promise<Written> {
  const { consentUnderWay } = connection;
  const handled = connection.revocations.length;
  let awaiting = connection;
  const read = async () => (await run.deps.connections.read(connection.connectionId)) ?? awaiting;
  const retries = { read, firstRead: { stored: connection }, maxTries: STORE_TRIES, pauseWith: run.deps };
  const written = await retryConflicts(retries, async (stored) => {
    const { revocations } = stored;
    awaiting = { ...stored, ...defined({ consentUnderWay }) };
    const changes = { revocations: [...open, ...revocations.slice(handled)] };
    const released = await releaseLease(run, awaiting, changes, { onlyIfRevocationsAre: revocations.length });
    return released.kind === 'written' ? released : 'conflict';
  });
  return written === 'contended' ? { kind: 'conflict', connection: awaiting } : written;
}

async function complete(run: Run, connection: Connection, settled: readonly Revoked[]): Promise<StepResult> {
  return connection.state === 'disconnecting'
    ? completeDisconnect(run, connection, settled)
    : completeLiving(run, connection);
}

async function completeLiving(run: Run, connection: Connection): Promise<StepResult> {
  const released = await releaseLiving(run, connection, []);
  // Not stored: the revocations are still pending, and the end of the lease is the next due time.
  const outcome: DueOutcome =
    released.kind === 'written' ? { outcome: 'idle' } : { outcome: 'busy', retryAfterMs: LEASE_MARGIN_MS };
  return { outcome, connection: released.connection };
}

async function completeDisconnect(
  run: Run,
  connection: Connection,
  settled: readonly Revoked[],
): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  const released = await releaseLease(run, connection, {
    state: 'disconnected',
    version: connection.version + 1,
    revocations: [],
    failures: 0,
    nextAttemptAtMs: null,
    subject: null,
    subjectKey: null,
    tombstoneUntilMs: nowMs + TOMBSTONE_LIFE_MS,
    newEvents: [
      {
        id: randomId(run.deps),
        type: 'Disconnected',
        atMs: nowMs,
        generation: connection.generation,
        detail: receiptOf(settled),
      },
    ],
  });
  const ended = released.kind === 'written' ? released.connection : await endedAfterAll(run, connection);
  // Not ended: another run handed over one more token meanwhile, and sees to it that the next run comes.
  return ended === undefined
    ? { outcome: { outcome: 'busy', retryAfterMs: SECOND_MS }, connection }
    : { outcome: { outcome: 'disconnected' }, connection: ended };
}

/** The write was stored and its reply lost, so that its repetition found nothing left to do. */
async function endedAfterAll(
  run: Run,
  { connectionId, generation }: Connection,
): Promise<Connection | undefined> {
  const stored = await run.deps.connections.read(connectionId);
  if (stored?.generation !== generation || stored.state !== 'disconnected') return undefined;
  await createStoredSchedule(run, stored);
  return stored;
}

function receiptOf(settled: readonly Revoked[]): Record<string, number | boolean> {
  const count = (kind: Revoked) => settled.filter((one) => one === kind).length;
  return {
    revokedAtAdobe: count('revoked'),
    alreadyGone: count('already-gone'),
    expired: count('expired'),
    unreadable: count('unreadable'),
    keptForOtherConnections: count('shared'),
  };
}

function pendingOutcome(connection: Connection, retryAfterMs: number): DueOutcome {
  return STATE_RULES[connection.state].live
    ? { outcome: 'busy', retryAfterMs }
    : { outcome: 'disconnecting', retryAfterMs };
}
