import type { ConsentOutcomeKind } from '../../domain/consent.ts';
import { ATTEMPT_LIFE_MS, SESSION_LIFE_MS } from '../../domain/consent-attempt.ts';
import { outcomeOfAuthorizationError } from '../../domain/consent-outcome.ts';
import { handleDigest } from '../../domain/consent-parameters.ts';
import type { Deadline } from '../deadline.ts';
import { awaitOutcome } from './await-outcome.ts';
import { concludeExchange } from './conclude-exchange.ts';
import type { FinishDeps } from './finish-deps.ts';
import { type PreparedExchange, prepareExchange } from './prepare-exchange.ts';
import type { Recognised } from './recognise.ts';
import type { ResolvedTarget } from './resolve-target.ts';

export interface AttemptEnd {
  readonly outcome: ConsentOutcomeKind;
  /** A reload: this outcome was told before. */
  readonly again?: true;
}

/** Ends an attempt that cookie and state agree on. A fault of ours is an outcome too. */
export async function endAttempt(
  deps: FinishDeps,
  recognised: Recognised,
  target: ResolvedTarget,
  deadline: Deadline,
): Promise<AttemptEnd> {
  const { startedAtMs } = recognised.attempt;
  if (deps.clock.nowMs() >= startedAtMs + ATTEMPT_LIFE_MS) return { outcome: 'attempt_expired' };
  try {
    const prepared = await prepareFor(deps, recognised, target);
    if (prepared === 'not-configured') {
      deps.telemetry.error('The client secret is not filled in yet.');
      return { outcome: 'not_configured' };
    }
    return await burnAndConclude(deps, { recognised, target, prepared }, deadline);
  } catch (fault) {
    deps.telemetry.error('An attempt could not begin to end.', fault);
    return { outcome: 'vault_unavailable' };
  }
}

interface Ready {
  readonly recognised: Recognised;
  readonly target: ResolvedTarget;
  /** Absent when the answer is an error: there is nothing to exchange. */
  readonly prepared: PreparedExchange | undefined;
}

async function prepareFor(deps: FinishDeps, { response }: Recognised, { session }: ResolvedTarget) {
  return response.kind === 'code' ? prepareExchange(deps, session?.connectionId) : undefined;
}

async function burnAndConclude(deps: FinishDeps, ready: Ready, deadline: Deadline): Promise<AttemptEnd> {
  const stateDigest = handleDigest(ready.recognised.attempt.state);
  const expiresAtMs = deps.clock.nowMs() + ATTEMPT_LIFE_MS;
  const burnt = await deps.consents.burn(stateDigest, expiresAtMs);
  if (burnt.result === 'already') {
    const burnAgain = () => deps.consents.burn(stateDigest, expiresAtMs);
    return { outcome: await awaitOutcome(deps.clock, burnt, burnAgain, deadline), again: true };
  }
  const outcome = await concludeQuietly(deps, ready, deadline);
  await recordQuietly(deps, ready.target, { stateDigest, outcome, expiresAtMs });
  return { outcome };
}

async function concludeQuietly(
  deps: FinishDeps,
  ready: Ready,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  try {
    return await conclude(deps, ready, deadline);
  } catch (fault) {
    deps.telemetry.error('A consent could not be kept.', fault);
    deps.telemetry.measure('ConsentsNotKept', 1, 'Count');
    return 'vault_unavailable';
  }
}

async function conclude(
  deps: FinishDeps,
  { recognised: { attempt, response }, target, prepared }: Ready,
  deadline: Deadline,
): Promise<ConsentOutcomeKind> {
  if (target.session) {
    const expiresAtMs = deps.clock.nowMs() + SESSION_LIFE_MS;
    const { result } = await deps.consents.burn(target.session.sessionDigest, expiresAtMs);
    if (result === 'already') return 'already_used';
  }
  if (response.kind === 'code' && prepared) {
    return concludeExchange(deps, { code: response.code, attempt, target, prepared }, deadline);
  }
  const error = response.kind === 'error' ? response.error : 'no code';
  deps.telemetry.info('Adobe answered an authorization request with an error.', { error });
  return outcomeOfAuthorizationError(error);
}

/** Without the record a reload says "already used": no reason to tell the user that the consent failed. */
async function recordQuietly(
  { consents, telemetry }: FinishDeps,
  { destination }: ResolvedTarget,
  end: { readonly stateDigest: string; readonly outcome: ConsentOutcomeKind; readonly expiresAtMs: number },
): Promise<void> {
  const { stateDigest, outcome: kind, expiresAtMs } = end;
  const appState = destination?.appState;
  try {
    await consents.recordOutcome(stateDigest, { kind, ...(appState && { appState }) }, expiresAtMs);
  } catch (fault) {
    telemetry.error('The outcome of an attempt could not be recorded.', fault);
  }
}
