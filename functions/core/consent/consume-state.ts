import type { Deadline } from '../deadline.ts';
import type { ConsentStore, ConsumeResult } from '../ports/consents.ts';
import type { Telemetry } from '../ports/events.ts';
import type { Clock } from '../ports/platform.ts';
import { SECOND_MS } from '../time-units.ts';
import type { ConsentOutcomeKind } from './consent-outcome.ts';
import { handleDigest, TRANSACTION_LIFE_MS } from './transaction.ts';

export interface ConsumeDeps {
  readonly consents: Pick<ConsentStore, 'consume' | 'recordOutcome'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** This request is the first one with the state. */
export interface ConsumedState {
  readonly kind: 'consumed';
  readonly stateDigest: string;
  readonly expiresAtMs: number;
}

/** An earlier request had the state. */
export interface Reload {
  readonly kind: 'reload';
  readonly outcome: ConsentOutcomeKind;
}

const PAUSE_MS = 400;
const LONGEST_WAIT_MS = 12 * SECOND_MS;

/**
 * Whether the state belongs to this browser was checked before (`recognize` in complete-transaction.ts, with
 * `readAuthorizationResponse` in adapters/ims/authorization.ts).
 * A state works once. A reload gets the outcome of the first request. While that request is still running, because the user
 * reloaded at once or the browser sent the request twice, the reload waits for it.
 */
export async function consumeState(
  { consents, clock }: ConsumeDeps,
  state: string,
  deadline: Deadline,
): Promise<ConsumedState | Reload> {
  const stateDigest = handleDigest(state);
  const expiresAtMs = clock.nowMs() + TRANSACTION_LIFE_MS;
  const consume = (): Promise<ConsumeResult> => consents.consume(stateDigest, expiresAtMs);
  let latest = await consume();
  if (latest.kind === 'consumed') return { kind: 'consumed', stateDigest, expiresAtMs };
  const giveUpAt = clock.monotonicMs() + Math.min(LONGEST_WAIT_MS, deadline.remainingMs());
  while (latest.kind === 'already' && latest.outcome === undefined && clock.monotonicMs() < giveUpAt) {
    await clock.sleep(PAUSE_MS);
    latest = await consume();
  }
  const recorded = latest.kind === 'already' ? latest.outcome?.kind : undefined;
  return { kind: 'reload', outcome: recorded ?? 'already_used' };
}

/** Best effort: without the record a reload says "already used", but the consent itself has not failed. */
export async function recordOutcome(
  { consents, telemetry }: ConsumeDeps,
  { stateDigest, expiresAtMs }: ConsumedState,
  kind: ConsentOutcomeKind,
  appState: string | undefined,
): Promise<void> {
  try {
    await consents.recordOutcome(stateDigest, { kind, ...(appState && { appState }) }, expiresAtMs);
  } catch (error) {
    telemetry.error('The outcome of a transaction could not be recorded.', error);
  }
}
