import type { Connection } from '../connection/connection.ts';
import { defined } from '../defined.ts';
import { PlatformError, reasonInLog } from '../platform-error.ts';
import type { TokenAnswer } from '../ports/ims.ts';
import type { BreakerName, Breakers, ObservedAttempt } from './breakers.ts';
import { boundedBreakers, hasManyOddAnswers, recordAttempt } from './breakers.ts';
import { standingOf } from './last-answer.ts';
import type { RotationDeps } from './run.ts';

const WRITE_TRIES = 3;
const NO_BREAKERS: Breakers = { revision: 0, recent: [] };

/** Breakers must never cost a grant, so rotations go on without them while they cannot be read. */
export async function readBreakers(
  deps: Pick<RotationDeps, 'breakers' | 'clock' | 'telemetry'>,
): Promise<Breakers> {
  try {
    return boundedBreakers(await deps.breakers.read(), deps.clock.nowMs());
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    deps.telemetry.error('The breakers cannot be read; what is due goes on without them.', error);
    return NO_BREAKERS;
  }
}

/** The breakers a run passed, and whether it passed as a trial. */
export interface PassedBreakers {
  readonly breakers: Breakers;
  readonly trial?: BreakerName;
  /** The post comes before this moment, at which the connection's next try was planned. */
  readonly plannedAtMs?: number;
}

/** The gate lets the run go on to its post. */
export interface Passed extends PassedBreakers {
  readonly kind: 'pass';
}

/** What the fleet may conclude from an answer. */
export type Observed = Pick<ObservedAttempt, 'kind' | 'error' | 'code'>;

/** What one attempt reports to the breakers: one thing, as early as it is known. */
export interface BreakerReport {
  /** An answer may have been lost. The loss says more than the answer to a second post. */
  lost(answer: TokenAnswer): Promise<void>;
  /** How the attempt ended; nothing new after a loss. Returns the breakers as they then are. */
  ended(observed: Observed): Promise<Breakers>;
  /** Nothing was posted: a trial is given back. Changes nothing after another report. */
  unused(): Promise<void>;
  /** Adobe was in trouble already when the refresh token was posted, and had answered no connection since. */
  readonly inTrouble: boolean;
}

type ReportDeps = Pick<RotationDeps, 'breakers' | 'clientSecret' | 'clock' | 'telemetry'>;

export function createBreakerReport(
  deps: ReportDeps,
  connection: Connection,
  { breakers, trial, plannedAtMs }: PassedBreakers,
): BreakerReport {
  const { connectionId } = connection;
  const { credential, outage } = breakers;
  let reported: Breakers | undefined;
  const report = async (observed: Observed): Promise<Breakers> => {
    reported ??= await storeReport(deps, breakers, {
      connectionId,
      ...observed,
      ...defined({ trial }),
      throughOutage: outage !== undefined,
      isEarly: plannedAtMs !== undefined && standingOf(connection) !== 'own-fault',
      isNews: isNews(connection, observed),
    });
    return reported;
  };
  return {
    ended: report,
    lost: async (answer) => void (await report({ kind: 'unknown', ...lossOf(answer) })),
    unused: async () => void (await report({ kind: 'nothing' })),
    inTrouble: credential !== undefined || (outage !== undefined && (outage.answers ?? 0) === 0),
  };
}

function lossOf(answer: TokenAnswer): Pick<Observed, 'code'> {
  return answer.kind === 'tokens' ? {} : { code: answerCode(answer) };
}

/** Adobe's word, or ours where it gave none: for operators, who see it in `show`. */
export function answerCode(answer: Exclude<TokenAnswer, { readonly kind: 'tokens' }>): string {
  switch (answer.kind) {
    case 'unknown':
      return answer.reason;
    case 'wait':
      return 'asked-to-wait';
    case 'unexpected':
      return answer.error ?? `status-${answer.status}`;
    case 'refused':
    case 'misconfigured':
    case 'user-action':
      return answer.error;
  }
}

/** False when the connection's previous attempt reported the same, or when the fault is its own. */
function isNews(connection: Connection, { kind }: Observed): boolean {
  const { lastAnswer } = connection;
  if (standingOf(connection) === 'own-fault') return false;
  if (kind === 'unknown') return lastAnswer?.kind !== 'lost';
  return kind !== 'misconfigured' || lastAnswer?.kind !== 'credential-refused';
}

/** Best effort, and returns the breakers as they then are: breakers that cannot be written must not cost an answer. */
async function storeReport(deps: ReportDeps, known: Breakers, observed: ObservedAttempt): Promise<Breakers> {
  const version = observed.kind === 'misconfigured' ? await refusedSecret(deps) : {};
  let current = known;
  try {
    for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
      const nowMs = deps.clock.nowMs();
      const next = recordAttempt(current, { ...observed, ...version }, nowMs);
      if (next === undefined) return current;
      if ((await deps.breakers.write(next)) === 'written') {
        measureOpened(deps, current, next);
        measureOddAnswers(deps, observed, next);
        return { ...next, revision: next.revision + 1 };
      }
      current = boundedBreakers(await deps.breakers.read(), nowMs);
    }
  } catch (error) {
    deps.telemetry.warn('The breakers could not be updated after an attempt.', {
      reason: reasonInLog(error),
    });
  }
  return current;
}

/** Every secret that is stored has just been tried, and is in memory. */
async function refusedSecret({ clientSecret }: ReportDeps): Promise<{ secretVersion?: string }> {
  const secrets = await clientSecret.read().catch(() => 'not-configured' as const);
  return secrets === 'not-configured' ? {} : { secretVersion: secrets.versionId };
}

function measureOddAnswers(deps: ReportDeps, { kind, error }: ObservedAttempt, breakers: Breakers): void {
  if (kind !== 'odd' || !hasManyOddAnswers(breakers, deps.clock.nowMs())) return;
  deps.telemetry.error('Adobe answers many connections oddly, and no connection succeeds.', undefined, {
    error,
  });
  deps.telemetry.measure('OddAnswers', 1, 'Count');
}

function measureOpened(deps: Pick<RotationDeps, 'telemetry'>, before: Breakers, after: Breakers): void {
  for (const breaker of ['credential', 'outage'] as const) {
    const opened = after[breaker];
    if (opened === undefined || before[breaker] !== undefined) continue;
    deps.telemetry.error(
      'A breaker opened. It holds refresh posts back, except those that docs/rotation.md#breakers names.',
      undefined,
      {
        breaker,
        reason: opened.reason,
      },
    );
    deps.telemetry.measure('BreakerOpened', 1, 'Count', { breaker });
    // The reconciler measures it every hour; the alarm need not wait for that.
    deps.telemetry.measure('BreakerOpen', 1, 'Count', { breaker });
  }
}
