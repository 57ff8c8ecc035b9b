import { invalidateAccessTokens } from '../access-tokens/invalidate-access-tokens.ts';
import { type Connection, LEASE_MARGIN_MS, leaseEndsAtMs } from '../connection/connection.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { canRotate } from '../connection/due.ts';
import type { PendingRevocation } from '../connection/sealed-token.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../durations.ts';
import { consentAwaited, type Revoked, revokeAtIms } from './revoke-at-ims.ts';
import type { ParkedSuccessor } from './rotate-request.ts';
import {
  claimLease,
  createStoredSchedule,
  pauseBeforeTry,
  type Run,
  randomId,
  randomShare,
  type StepResult,
  updateAsRead,
  updateWithSchedule,
} from './run.ts';

/** A tombstone outlives every schedule, retry and cached answer of what it ended. */
const TOMBSTONE_MS = 7 * DAY_MS;
const STORE_TRIES = 5;

/**
 * Tells IMS about tokens that have ended (RFC 7009), in their order, under the lease. What IMS has not confirmed stays for
 * the next due time; what has expired by itself is dropped. A disconnecting connection with nothing left becomes a tombstone.
 */
export async function revoke(run: Run, read: Connection): Promise<StepResult> {
  const connection = await withoutAccessTokens(run, read);
  if (connection === 'unsettled') return { outcome: pendingOutcome(read, SECOND_MS), connection: read };
  const nowMs = run.deps.clock.nowMs();
  const consent = await consentAwaited(run, connection, []);
  if (consent !== undefined) {
    const updated = await updateAsRead(run, connection, {});
    return {
      outcome: pendingOutcome(connection, consent.untilMs - nowMs),
      connection: updated.connection,
    };
  }
  if (isTaken(connection, nowMs) || !(await claimLease(run, connection, [connection.state]))) {
    const updated = await updateAsRead(run, connection, {});
    return { outcome: pendingOutcome(connection, LEASE_MARGIN_MS), connection: updated.connection };
  }
  const parked = await findParkedWithEnded(run, connection);
  const settled: Revoked[] = [];
  const open: PendingRevocation[] = [];
  for (const revocation of [...connection.revocations, ...parked.map(({ revocation }) => revocation)]) {
    const result = await revokeAtIms(run, connection, revocation);
    if (result === 'retry') open.push(revocation);
    else settled.push(result);
  }
  if (open.length === 0) {
    const finished = await finish(run, connection, settled);
    await removeParked(run, parked);
    return finished;
  }
  const { stored, ...later } = await tryAgainLater(run, connection, open);
  // Else it is nowhere but there: its own schedule hands it over once more.
  if (stored) await removeParked(run, parked);
  return later;
}

/** Behind a living connection's lease a successor may be parked, also when it ran out: a rotation looks for it, and takes it over. */
function isTaken(connection: Connection, nowMs: number): boolean {
  return canRotate(connection) ? connection.lease !== undefined : nowMs < leaseEndsAtMs(connection);
}

/** Whoever ended the generation before may have died before its tombstones were written: nothing of it may be vended any more. */
async function withoutAccessTokens(run: Run, connection: Connection): Promise<Connection | 'unsettled'> {
  const { deps } = run;
  const ended = await invalidateAccessTokens({ ...deps, scopeSets: deps.settings.scopeSets }, connection);
  if (ended === 'unsettled') return ended;
  return (await deps.connections.read(connection.connectionId)) ?? connection;
}

async function tryAgainLater(
  run: Run,
  connection: Connection,
  open: readonly PendingRevocation[],
): Promise<StepResult & { readonly stored: boolean }> {
  const consent = await consentAwaited(run, connection, open);
  if (consent !== undefined) return waitFor(run, { ...connection, consentUnderWay: consent }, open);
  const failures = connection.failures + 1;
  const capMs = Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.min(failures, 10));
  const pauseMs = Math.round(Math.max(MINUTE_MS, capMs * randomShare(run.deps)));
  const { result, connection: after } = await (connection.state === 'disconnecting'
    ? updateWithSchedule(
        run,
        connection,
        {
          version: connection.version + 1,
          revocations: open,
          lease: null,
          failures,
          nextAttemptAtMs: run.deps.clock.nowMs() + pauseMs,
        },
        { onlyIfLeasedBy: run.runId },
      )
    : leaveOpen(run, connection, open));
  return { outcome: pendingOutcome(connection, pauseMs), connection: after, stored: result === 'written' };
}

/** The user came back after the lease was taken. The due time is at the end of the wait, and nothing is called a failure. */
async function waitFor(
  run: Run,
  connection: Connection,
  open: readonly PendingRevocation[],
): Promise<StepResult & { readonly stored: boolean }> {
  const { result, connection: after } = await (connection.state === 'disconnecting'
    ? updateWithSchedule(
        run,
        connection,
        { version: connection.version + 1, revocations: open, lease: null },
        { onlyIfLeasedBy: run.runId },
      )
    : leaveOpen(run, connection, open));
  const waitMs = (connection.consentUnderWay?.untilMs ?? 0) - run.deps.clock.nowMs();
  return { outcome: pendingOutcome(connection, waitMs), connection: after, stored: result === 'written' };
}

async function finish(run: Run, connection: Connection, settled: readonly Revoked[]): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  if (connection.state !== 'disconnecting') {
    const left = await leaveOpen(run, connection, []);
    // Not stored: the tokens are still owed, and the end of the lease is its next due time.
    return left.result === 'written'
      ? { outcome: { outcome: 'idle' }, connection: left.connection }
      : { outcome: { outcome: 'busy', retryAfterMs: LEASE_MARGIN_MS }, connection: left.connection };
  }
  const updated = await updateWithSchedule(
    run,
    connection,
    {
      state: 'disconnected',
      version: connection.version + 1,
      revocations: [],
      lease: null,
      failures: 0,
      nextAttemptAtMs: null,
      subject: null,
      subjectKey: null,
      tombstoneUntilMs: nowMs + TOMBSTONE_MS,
      newEvents: [
        {
          id: randomId(run.deps),
          type: 'Disconnected',
          atMs: nowMs,
          generation: connection.generation,
          detail: receiptOf(settled),
        },
      ],
    },
    { onlyIfLeasedBy: run.runId },
  );
  const ended = updated.result === 'written' ? updated.connection : await endedAfterAll(run, connection);
  // Not ended: somebody handed over one more token meanwhile, and sees to it that the next run comes.
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

/**
 * A living connection keeps its version and its own back-off, which belongs to its rotation; what others appended
 * meanwhile stays.
 */
async function leaveOpen(run: Run, connection: Connection, open: readonly PendingRevocation[]) {
  const { consentUnderWay } = connection;
  const handled = connection.revocations.length;
  for (let latest = connection, tries = 1; ; tries += 1) {
    const { revocations } = latest;
    const awaiting = { ...latest, ...(consentUnderWay && { consentUnderWay }) };
    const changes = { revocations: [...open, ...revocations.slice(handled)], lease: null };
    const only = { onlyIfLeasedBy: run.runId, onlyIfRevocationsAre: revocations.length };
    const updated = await updateWithSchedule(run, awaiting, changes, only);
    if (updated.result === 'written' || tries === STORE_TRIES) return updated;
    await pauseBeforeTry(run, tries);
    latest = (await run.deps.connections.read(connection.connectionId)) ?? latest;
  }
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

function pendingOutcome(connection: Connection, retryAfterMs: number): StepResult['outcome'] {
  return STATE_RULES[connection.state].live
    ? { outcome: 'busy', retryAfterMs }
    : { outcome: 'disconnecting', retryAfterMs };
}

/** A successor that waits for a token which is to be revoked: it is revoked with it. */
export interface ParkedWithEnded {
  readonly successor: ParkedSuccessor;
  readonly revocation: PendingRevocation;
}

export async function findParkedWithEnded(
  run: Run,
  connection: Connection,
): Promise<readonly ParkedWithEnded[]> {
  const found: ParkedWithEnded[] = [];
  for (const { kind, token, subjectKey } of connection.revocations) {
    if (kind !== 'refresh') continue;
    const successor = await run.deps.parking.find({ ...token, connectionId: connection.connectionId });
    if (!successor) continue;
    const sealed = { ...token, version: successor.version + 1, sealed: successor.sealed };
    found.push({
      successor,
      revocation: { kind, token: sealed, ...(subjectKey !== undefined && { subjectKey }) },
    });
  }
  return found;
}

export async function removeParked(run: Run, parked: readonly ParkedWithEnded[]): Promise<void> {
  for (const { successor } of parked) await run.deps.parking.remove(successor);
}
