import type { Connection } from '../connection/connection.ts';
import { isFarAhead } from '../connection/generation.ts';
import { createDeadline, type Deadline } from '../deadline.ts';
import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';
import type { ConsentStore } from '../ports/consents.ts';
import type { EventPublisher, Telemetry } from '../ports/events.ts';
import type { Clock, Random } from '../ports/platform.ts';
import type { RotationSchedules } from '../ports/schedules.ts';
import { activateConnection } from './activate-connection.ts';
import { announceConnection } from './announce-connection.ts';
import type { PendingConsent } from './consent.ts';
import { isSameSubject } from './consent-connection.ts';
import { handleDigest, isRandomHandle } from './consent-parameters.ts';
import { persist } from './persist.ts';
import { publishConsent } from './publish-consent.ts';
import { REDEEMED_CODE_LIFE_MS } from './transaction.ts';

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

/** Who redeems: the user of an id, from the path, which IAM has judged, or the browser session that began a plain sign-in. */
export type Redeemer = { readonly connectionId: string } | { readonly appState: string };

interface RedeemInput {
  readonly connectionCode: string;
  readonly redeemer: Redeemer;
  /** How long this process may still run. */
  readonly remainingMs: number;
}

export type RedeemResult =
  | {
      readonly result: 'redeemed';
      readonly connection: Connection;
      readonly keptPrevious: boolean;
      readonly claims?: Readonly<Record<string, string | boolean>>;
    }
  /** Unknown, expired, of another id, app state or kind: the caller is not told which. */
  | { readonly result: 'code-not-valid' }
  /** A newer consent or a disconnect came first. */
  | { readonly result: 'superseded' };

export type RedeemCode = (input: RedeemInput) => Promise<RedeemResult>;

/**
 * Redeems the one-time code the browser came back with. Connections first, then the access token, then the code is marked:
 * a redeem that was cut off is repeated with the same code and ends the same way. Opens nothing; sealed bytes are moved.
 */
export function createRedeemCode(deps: RedeemDeps): RedeemCode {
  return async ({ connectionCode, redeemer, remainingMs }) => {
    const deadline = createDeadline(deps.clock, remainingMs);
    const pending = await readPending(deps, connectionCode, deadline);
    if (pending === undefined || !isFor(pending, redeemer)) return { result: 'code-not-valid' };
    if (pending.kind === 'consent-session') return redeemConsent(deps, pending, deadline);
    await mark(deps, pending, deadline);
    return redeemed(pending, pending.connection, pending.keptPrevious);
  };
}

/** Nothing later could end such a connection. No clock of ours is wrong by a day, so somebody else made it. */
function refuseFarAhead({ telemetry }: RedeemDeps): RedeemResult {
  telemetry.error('A pending consent has a generation far ahead and is refused.');
  telemetry.measure('ConsentRecordRefused', 1, 'Count');
  return { result: 'code-not-valid' };
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
 * A code alone is good for nothing: else whoever gets hold of one could plant it in a session of their own.
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
  if (activation.result === 'superseded') return { result: 'superseded' };
  if (activation.result === 'activated') {
    await publishConsent(deps, consent, accessToken, deadline);
    await announceConnection(deps, activation.connection, activation.newSchedule);
  }
  await mark(deps, pending, deadline);
  deps.telemetry.measure('ConsentsRedeemed', 1, 'Count', { result: activation.result });
  return activation.result === 'activated'
    ? redeemed(pending, consent, false)
    : redeemed(pending, activation.connection, true);
}

/** A consent that was redeemed and is newer than what is stored had been declined in favour of what is stored. */
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

/** Best effort: without the mark the code ends sooner, and redeeming it again ends the same way. */
async function mark(
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

/** Claims are told beside the connection of that person alone: of what is kept nobody may know whose it is. */
function redeemed(pending: PendingConsent, connection: Connection, keptPrevious: boolean): RedeemResult {
  const { claims } = pending;
  return {
    result: 'redeemed',
    connection,
    keptPrevious,
    ...(claims && isSameSubject(pending.connection, connection) && { claims }),
  };
}
