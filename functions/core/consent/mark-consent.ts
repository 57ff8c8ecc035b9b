import { type Connection, leaseEndsAtMs } from '../connection/connection.ts';
import { subjectKeyOf } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import type { Deadline } from '../deadline.ts';
import { SECOND_MS } from '../durations.ts';
import { PlatformError } from '../platform-error.ts';
import type { Telemetry } from '../ports/events.ts';
import type { CompleteDeps } from './complete-deps.ts';
import { handleDigest } from './consent-parameters.ts';
import { marking } from './consent-under-way.ts';
import type { PreparedPlace } from './prepare-exchange.ts';
import type { AuthorizationTransaction } from './transaction.ts';

type MarkDeps = Pick<CompleteDeps, 'connections' | 'subjects' | 'clock' | 'telemetry' | 'settings'>;

const MARK_TRIES = 3;
/** A person may have connected under many ids. */
const AT_ONCE = 8;
/** One revocation that is under way is answered, or given up, by then. */
const LONGEST_REVOCATION_MS = 10 * SECOND_MS;
const PAUSE_MS = 400;
/** What the exchange and the keeping of what it brings need at least. */
const LEFT_FOR_EXCHANGE_MS = 12 * SECOND_MS;

/**
 * Between the exchange and its redeem the new grant is no connection yet, and IMS may revoke per user: what is owed for an ended
 * grant would end it as well. So the connection is marked before the code is exchanged, and no revocation is posted from then
 * on. One that was posted just before has the time to be answered: IMS must not come to it after the exchange.
 */
export async function markPlace(
  deps: MarkDeps,
  { connectionId, stored }: PreparedPlace,
  attempt: AuthorizationTransaction,
  deadline: Deadline,
): Promise<void> {
  if (stored === undefined || deps.settings.revocationScope === 'token') return;
  await quietly(deps, async () => {
    const marked = await mark(deps, connectionId, digestOf(attempt));
    if (marked && owesRevocations(marked)) await untilAtRest(deps, connectionId, deadline);
  });
}

/**
 * Only the answer says who the user is. Whatever else they have connected may owe a revocation, or come to owe one before the
 * redeem: it is marked now, and a plain sign-in has no other mark. These marks end by themselves, since the index that
 * shows a revocation the new connection lags behind.
 */
export async function markConnectionsOf(
  deps: MarkDeps,
  subject: string,
  own: { readonly connectionId: string; readonly isMarked: boolean },
  attempt: AuthorizationTransaction,
): Promise<void> {
  const { clientId, revocationScope } = deps.settings;
  if (revocationScope === 'token') return;
  await quietly(deps, async () => {
    const found = await deps.subjects.connectionIdsOf(subjectKeyOf(clientId, subject));
    const ids = found.filter((id) => !own.isMarked || id !== own.connectionId);
    // A connection that lives is itself what keeps its own revocations from being posted.
    const spares = ({ connectionId, state }: Connection) =>
      connectionId === own.connectionId && STATE_RULES[state].live;
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      await Promise.all(some.map((id) => mark(deps, id, digestOf(attempt), spares)));
    }
  });
}

/**
 * Nothing but the item's identity is a condition, and no condition looks at the mark but that of a new generation. Only that
 * takes a mark away before its time: a due time that was planned with it would else come too late.
 */
async function mark(
  { connections, clock }: MarkDeps,
  connectionId: string,
  codeDigest: string,
  spares: (stored: Connection) => boolean = () => false,
): Promise<Connection | undefined> {
  for (let tries = 0; tries < MARK_TRIES; tries += 1) {
    const stored = await connections.read(connectionId);
    if (stored === undefined || spares(stored)) return undefined;
    const consentUnderWay = marking(stored, codeDigest, clock.nowMs());
    const written = await connections.update({ token: stored, changes: { consentUnderWay } });
    if (written === 'written') return stored;
  }
  return undefined;
}

function owesRevocations({ state, revocations }: Connection): boolean {
  return state === 'disconnecting' || revocations.length > 0;
}

/** Whoever revokes holds the lease, and reads the mark before each post. */
async function untilAtRest(
  { connections, clock }: MarkDeps,
  connectionId: string,
  deadline: Deadline,
): Promise<void> {
  const longestMs = Math.min(LONGEST_REVOCATION_MS, deadline.remainingMs() - LEFT_FOR_EXCHANGE_MS);
  const patience = clock.monotonicMs() + longestMs;
  for (;;) {
    const stored = await connections.read(connectionId);
    if (stored === undefined || leaseEndsAtMs(stored) <= clock.nowMs()) return;
    if (clock.monotonicMs() + PAUSE_MS > patience) return;
    await clock.sleep(PAUSE_MS);
  }
}

function digestOf({ connectionCode }: AuthorizationTransaction): string {
  return handleDigest(connectionCode.reveal());
}

/** Without a mark a consent is lost only where a revocation happens to be due. */
async function quietly({ telemetry }: { readonly telemetry: Telemetry }, run: () => Promise<void>) {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    telemetry.error('A connection could not be marked for a consent under way.', error);
  }
}
