import type { Deadline } from '../deadline.ts';
import { awaitOutcome } from './await-outcome.ts';
import type { CompleteDeps } from './complete-deps.ts';
import { completeExchange } from './complete-exchange.ts';
import type { ConsentOutcomeKind } from './consent.ts';
import { outcomeOfAuthorizationError } from './consent-outcome.ts';
import { handleDigest } from './consent-parameters.ts';
import { type PreparedExchange, prepareExchange } from './prepare-exchange.ts';
import type { Recognised } from './recognise.ts';
import type { ResolvedTarget } from './resolve-target.ts';
import { SESSION_LIFE_MS, TRANSACTION_LIFE_MS } from './transaction.ts';

export interface TransactionEnd {
  readonly outcome: ConsentOutcomeKind;
  /** A reload: this outcome was told before. */
  readonly again?: true;
}

/** Ends a transaction that cookie and state agree on. A fault of ours is an outcome too. */
export async function completeOnce(
  deps: CompleteDeps,
  recognised: Recognised,
  target: ResolvedTarget,
  deadline: Deadline,
): Promise<TransactionEnd> {
  const { startedAtMs } = recognised.attempt;
  if (deps.clock.nowMs() >= startedAtMs + TRANSACTION_LIFE_MS) return { outcome: 'transaction_expired' };
  try {
    const prepared = await prepareFor(deps, recognised, target);
    if (prepared === 'not-configured') {
      deps.telemetry.error('The client secret is not filled in yet.');
      return { outcome: 'not_configured' };
    }
    return await consumeAndConclude(deps, { recognised, target, prepared }, deadline);
  } catch (error) {
    deps.telemetry.error('A transaction could not begin to end.', error);
    return { outcome: 'vault_unavailable' };
  }
}

interface Ready {
  readonly recognised: Recognised;
  readonly target: ResolvedTarget;
  /** Absent when the answer is an error: there is nothing to exchange. */
  readonly prepared: PreparedExchange | undefined;
}

async function prepareFor(deps: CompleteDeps, { response }: Recognised, { session }: ResolvedTarget) {
  return response.kind === 'code' ? prepareExchange(deps, session?.connectionId) : undefined;
}

async function consumeAndConclude(
  deps: CompleteDeps,
  ready: Ready,
  deadline: Deadline,
): Promise<TransactionEnd> {
  const stateDigest = handleDigest(ready.recognised.attempt.state);
  const expiresAtMs = deps.clock.nowMs() + TRANSACTION_LIFE_MS;
  const consumed = await deps.consents.consume(stateDigest, expiresAtMs);
  if (consumed.result === 'already') {
    const consumeAgain = () => deps.consents.consume(stateDigest, expiresAtMs);
    return { outcome: await awaitOutcome(deps.clock, consumed, consumeAgain, deadline), again: true };
  }
  const outcome = await completeQuietly(deps, ready, deadline);
  await recordQuietly(deps, ready.target, { stateDigest, outcome, expiresAtMs });
  return { outcome };
}

async function completeQuietly(
  deps: CompleteDeps,
  ready: Ready,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  try {
    return await conclude(deps, ready, deadline);
  } catch (error) {
    deps.telemetry.error('A consent could not be kept.', error);
    deps.telemetry.measure('ConsentsNotKept', 1, 'Count');
    return 'vault_unavailable';
  }
}

async function conclude(
  deps: CompleteDeps,
  { recognised: { attempt, response }, target, prepared }: Ready,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  if (target.session) {
    const expiresAtMs = deps.clock.nowMs() + SESSION_LIFE_MS;
    const { result } = await deps.consents.consume(target.session.sessionDigest, expiresAtMs);
    if (result === 'already') return 'already_used';
  }
  if (response.kind === 'code' && prepared) {
    return completeExchange(deps, { code: response.code, attempt, target, prepared }, deadline);
  }
  const error = response.kind === 'error' ? response.error : 'no code';
  deps.telemetry.info('Adobe answered an authorization request with an error.', { error });
  return outcomeOfAuthorizationError(error);
}

/** Without the record a reload says "already used": no reason to tell the user that the consent failed. */
async function recordQuietly(
  { consents, telemetry }: CompleteDeps,
  { destination }: ResolvedTarget,
  end: { readonly stateDigest: string; readonly outcome: ConsentOutcomeKind; readonly expiresAtMs: number },
): Promise<void> {
  const { stateDigest, outcome: kind, expiresAtMs } = end;
  const appState = destination?.appState;
  try {
    await consents.recordOutcome(stateDigest, { kind, ...(appState && { appState }) }, expiresAtMs);
  } catch (error) {
    telemetry.error('The outcome of a transaction could not be recorded.', error);
  }
}
