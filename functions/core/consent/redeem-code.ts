import type { Connection } from '../connection/connection.ts';
import type { DueSchedule } from '../connection/due.ts';
import { isFarAhead } from '../connection/generation.ts';
import { createDeadline, type Deadline, persist } from '../deadline.ts';
import { reasonInLog } from '../platform-error.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { ConsentStore } from '../ports/consents.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/scheduling.ts';
import { emptyOutbox } from '../rotation/publish.ts';
import { createDueSchedule } from '../rotation/run.ts';
import { activateConnection, publishConsent } from './activate-connection.ts';
import type { PendingConsent } from './consent.ts';
import { isSameSubject } from './consent-connection.ts';
import { handleDigest, isRandomHandle, REDEEMED_CODE_LIFE_MS } from './transaction.ts';

export interface RedeemDeps {
  readonly consents: Pick<ConsentStore, 'pending'>;
  readonly connections: ConnectionStore;
  readonly accessTokens: AccessTokenStore;
  readonly schedules: RotationSchedules;
  readonly events: EventPublisher;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** `*` and the narrower ones. */
  readonly scopeSets: readonly string[];
}

/** The user of an id from the path, which IAM has authorized, or the browser session that began a plain sign-in. */
export type Redeemer = { readonly connectionId: string } | { readonly appState: string };

interface RedeemInput {
  readonly connectionCode: string;
  readonly redeemer: Redeemer;
  /** How long this process may still run. */
  readonly remainingMs: number;
}

export type RedeemResult =
  | {
      readonly outcome: 'redeemed';
      readonly connection: Connection;
      readonly keptPrevious: boolean;
      readonly claims?: Readonly<Record<string, string | boolean>>;
    }
  /** Unknown, expired, or of another id, app state or kind. The caller does not learn which. */
  | { readonly outcome: 'code-not-valid' }
  /** A newer consent or a disconnect came first. */
  | { readonly outcome: 'superseded' };

export type RedeemCode = (input: RedeemInput) => Promise<RedeemResult>;

/**
 * Redeems the one-time code that the browser came back with. The connection is written first, then the access token, then the
 * code is marked: an interrupted redeem can be repeated with the same code and ends the same way. Sealed bytes are moved
 * unopened.
 */
export function createRedeemCode(deps: RedeemDeps): RedeemCode {
  return async ({ connectionCode, redeemer, remainingMs }) => {
    const deadline = createDeadline(deps.clock, remainingMs);
    const pending = await readPending(deps, connectionCode, deadline);
    if (pending === undefined || !isFor(pending, redeemer)) return { outcome: 'code-not-valid' };
    if (pending.kind === 'consent-session') return redeemConsent(deps, pending, deadline);
    await markRedeemed(deps, pending, deadline);
    return redeemed(pending, pending.connection, pending.keptPrevious);
  };
}

/** Nothing later could end such a connection. The vault's clocks are not wrong by a day, so the vault did not make it. */
function refuseFarAhead({ telemetry }: RedeemDeps): RedeemResult {
  telemetry.error('A pending consent has a generation far ahead and is refused.');
  telemetry.measure('ConsentRecordRefused', 1, 'Count');
  return { outcome: 'code-not-valid' };
}

async function readPending(
  { consents, clock }: RedeemDeps,
  connectionCode: string,
  deadline: Deadline,
): Promise<PendingConsent | undefined> {
  if (!isRandomHandle(connectionCode)) return undefined;
  const codeDigest = handleDigest(connectionCode);
  return persist(clock, deadline, () => consents.pending.read(codeDigest, clock.nowMs()));
}

/**
 * A code alone is worth nothing. Otherwise an attacker who has one could plant it in another session.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.5
 */
function isFor({ kind, appStateDigest, connection }: PendingConsent, redeemer: Redeemer): boolean {
  if (kind === 'sign-in') {
    return 'appState' in redeemer && handleDigest(redeemer.appState) === appStateDigest;
  }
  return 'connectionId' in redeemer && redeemer.connectionId === connection.connectionId;
}

async function redeemConsent(
  deps: RedeemDeps,
  pending: PendingConsent,
  deadline: Deadline,
): Promise<RedeemResult> {
  if (isFarAhead(pending.connection.generation, deps.clock.nowMs())) return refuseFarAhead(deps);
  if (pending.redeemedAtMs !== undefined) return answerAgain(deps, pending, deadline);
  const { connection: consent, replace, accessToken, codeDigest } = pending;
  const activation = await activateConnection(deps, { consent, replace, codeDigest }, deadline);
  if (activation.outcome === 'superseded') return { outcome: 'superseded' };
  if (activation.outcome === 'activated') {
    await publishConsent(deps, consent, accessToken, deadline);
    await announceConnection(deps, activation.connection, activation.newSchedule);
  }
  await markRedeemed(deps, pending, deadline);
  deps.telemetry.measure('ConsentsRedeemed', 1, 'Count', { result: activation.outcome });
  return activation.outcome === 'activated'
    ? redeemed(pending, consent, false)
    : redeemed(pending, activation.connection, true);
}

/** If a redeemed consent is newer than what is stored, the redeem kept what is stored. */
async function answerAgain(
  { connections, clock }: RedeemDeps,
  pending: PendingConsent,
  deadline: Deadline,
): Promise<RedeemResult> {
  const { connection: consent } = pending;
  const stored = await persist(clock, deadline, () => connections.read(consent.connectionId));
  return stored !== undefined && stored.generation < consent.generation
    ? redeemed(pending, stored, true)
    : redeemed(pending, consent, false);
}

/** Best effort: without the mark the code expires sooner, and redeeming it again ends the same way. */
async function markRedeemed(
  { consents, clock, telemetry }: RedeemDeps,
  { codeDigest, redeemedAtMs }: PendingConsent,
  deadline: Deadline,
): Promise<void> {
  if (redeemedAtMs !== undefined) return;
  const expiresAtMs = clock.nowMs() + REDEEMED_CODE_LIFE_MS;
  try {
    await persist(clock, deadline, () => consents.pending.markRedeemed(codeDigest, expiresAtMs));
  } catch (error) {
    telemetry.error('A redeemed code could not be marked.', error);
  }
}

/** Claims are returned only with a connection of that person. A connection that was kept may be another person's. */
function redeemed(pending: PendingConsent, connection: Connection, keptPrevious: boolean): RedeemResult {
  const { claims } = pending;
  return {
    outcome: 'redeemed',
    connection,
    keptPrevious,
    ...(claims && isSameSubject(pending.connection, connection) && { claims }),
  };
}

export interface AnnounceDeps {
  readonly connections: Pick<ConnectionStore, 'update'>;
  readonly events: EventPublisher;
  readonly schedules: RotationSchedules;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Publishes the outbox of a connection that was just written, and creates the schedule of its next due time. If publishing or
 * clearing fails, it creates the first schedule instead, and `rotate` publishes within minutes. An event may come twice, but it
 * comes.
 */
export async function announceConnection(
  deps: AnnounceDeps,
  connection: Connection,
  newSchedule: DueSchedule | undefined,
): Promise<void> {
  // Its schedule is not created yet.
  const { schedule: _, ...unscheduled } = connection;
  const { emptied, notPublished, notRemoved } = await emptyOutbox(deps, unscheduled);
  if (emptied) return;
  const failure = notPublished ?? notRemoved;
  if (failure) {
    const { connectionId } = connection;
    deps.telemetry.warn('Events wait for the next due time.', {
      connectionId,
      reason: reasonInLog(failure.error),
    });
  }
  await createDueSchedule(deps, newSchedule);
}
