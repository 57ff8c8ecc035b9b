import { type Connection, leaseEndsAtMs } from '../connection/connection.ts';
import { subjectKeyOf } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { marking } from '../connection/consent-under-way.ts';
import { retryConflicts } from '../connection/retry-conflicts.ts';
import { createDeadline, type Deadline, persist } from '../deadline.ts';
import { PlatformError } from '../platform-error.ts';
import type { ConnectionStore, SubjectIndex } from '../ports/connections.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import { SECOND_MS } from '../time-units.ts';
import { type AuthorizationTransaction, handleDigest } from './transaction.ts';

export interface MarkDeps {
  readonly connections: Pick<ConnectionStore, 'read' | 'update'>;
  readonly subjects: SubjectIndex;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly settings: MarkSettings;
}

export interface MarkSettings {
  readonly clientId: string;
  /** Whether revoking one token is known to leave the user's other grants alone. */
  readonly revocationScope: 'unknown' | 'token' | 'user';
}

const MAX_TRIES = 3;
/** One person may have connected under many ids. */
const AT_ONCE = 8;
/** A revocation that is under way is answered, or given up, by then. */
const LONGEST_REVOCATION_MS = 10 * SECOND_MS;
const PAUSE_MS = 400;
/** A call that fails is repeated for so long, then the consent goes on without the mark. */
const LONGEST_MARKING_MS = 5 * SECOND_MS;
/** The least that the exchange, and keeping its tokens, need. */
const LEFT_FOR_EXCHANGE_MS = 12 * SECOND_MS;

/**
 * Marks the connection of a consent session before its code is exchanged. Between the exchange and the redeem the new grant is
 * not a connection yet, and IMS may revoke per user: a pending revocation of an ended grant would end the new one as well. From
 * the mark on, no revocation is posted. One that was posted just before gets the time to be answered, because IMS must not
 * process it after the exchange.
 *
 * @returns whether it is marked
 */
export async function markConnection(
  deps: MarkDeps,
  { connectionId, stored }: { readonly connectionId: string; readonly stored?: Connection },
  transaction: AuthorizationTransaction,
  deadline: Deadline,
): Promise<boolean> {
  if (stored === undefined || deps.settings.revocationScope === 'token') return false;
  const limit = limitOf(deps, deadline.remainingMs() - LEFT_FOR_EXCHANGE_MS);
  const marked = await bestEffort(deps, limit, () => mark(deps, connectionId, digestOf(transaction)));
  if (marked && hasPendingRevocations(marked)) await waitForRevocation(deps, connectionId, deadline);
  return marked !== undefined;
}

/**
 * Marks the user's other connections after the exchange: only its answer says who the user is. They may have a pending
 * revocation, or get one before the redeem. A plain sign-in has no other mark. These marks expire by themselves. They
 * cannot be removed at the redeem: the index lags, and a revocation must first be able to see the new connection there.
 */
export async function markConnectionsOf(
  deps: MarkDeps,
  subject: string,
  own: { readonly connectionId: string; readonly isMarked: boolean },
  transaction: AuthorizationTransaction,
  deadline: Deadline,
): Promise<void> {
  const { clientId, revocationScope } = deps.settings;
  if (revocationScope === 'token') return;
  const subjectKey = subjectKeyOf(clientId, subject);
  const limit = limitOf(deps, deadline.remainingMs());
  const found = (await bestEffort(deps, limit, () => deps.subjects.connectionIdsOf(subjectKey))) ?? [];
  const ids = found.filter((id) => !own.isMarked || id !== own.connectionId);
  // A connection that is alive keeps its own revocations from being posted.
  const isExempt = ({ connectionId, state }: Connection) =>
    connectionId === own.connectionId && STATE_RULES[state].live;
  const markOne = (id: string) =>
    bestEffort(deps, limit, () => mark(deps, id, digestOf(transaction), isExempt));
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    await Promise.all(ids.slice(from, from + AT_ONCE).map(markOne));
  }
}

/**
 * The only condition is the identity of the item. Only the write of a new generation checks the mark, because only it
 * removes a mark early: a due time that was planned with the mark would come too late.
 */
async function mark(
  { connections, clock }: MarkDeps,
  connectionId: string,
  codeDigest: string,
  isExempt: (stored: Connection) => boolean = () => false,
): Promise<Connection | undefined> {
  const read = () => connections.read(connectionId);
  const marked = await retryConflicts({ read, maxTries: MAX_TRIES }, async (stored) => {
    if (stored === undefined || isExempt(stored)) return undefined;
    const consentUnderWay = marking(stored, codeDigest, clock.nowMs());
    const written = await connections.update({ expected: stored, changes: { consentUnderWay } });
    return written === 'conflict' ? 'conflict' : stored;
  });
  return marked === 'contended' ? undefined : marked;
}

function hasPendingRevocations({ state, revocations }: Connection): boolean {
  return state === 'disconnecting' || revocations.length > 0;
}

/** Waits until no process revokes. Such a process holds the lease, and reads the mark before each post. */
async function waitForRevocation(deps: MarkDeps, connectionId: string, deadline: Deadline): Promise<void> {
  const { connections, clock } = deps;
  const longestMs = Math.min(LONGEST_REVOCATION_MS, deadline.remainingMs() - LEFT_FOR_EXCHANGE_MS);
  const giveUpAt = clock.monotonicMs() + longestMs;
  const limit = createDeadline(clock, longestMs);
  for (;;) {
    const stored = await bestEffort(deps, limit, () => connections.read(connectionId));
    if (stored === undefined || leaseEndsAtMs(stored) <= clock.nowMs()) return;
    if (clock.monotonicMs() + PAUSE_MS > giveUpAt) return;
    await clock.sleep(PAUSE_MS);
  }
}

function digestOf({ connectionCode }: AuthorizationTransaction): string {
  return handleDigest(connectionCode.reveal());
}

function limitOf({ clock }: MarkDeps, remainingMs: number): Deadline {
  return createDeadline(clock, Math.min(LONGEST_MARKING_MS, remainingMs));
}

/**
 * A call of the store that fails is repeated: one lost write must not cost a grant. `undefined` when the store does not
 * answer for longer. The consent then goes on without the mark, and is lost only where a revocation happens to be due.
 */
async function bestEffort<Value>(
  { clock, telemetry }: Pick<MarkDeps, 'clock' | 'telemetry'>,
  limit: Deadline,
  run: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await persist(clock, limit, run);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    telemetry.error('A connection could not be marked for a consent under way.', error);
    return undefined;
  }
}
