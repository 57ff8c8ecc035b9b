import type { Connection } from '../connection/connection.ts';
import { PlatformError } from '../platform-error.ts';
import {
  type BreakerName,
  type Breakers,
  boundedBreakers,
  isOddBurst,
  type ObservedAttempt,
  recordAttempt,
} from './breakers.ts';
import { standingOf } from './last-answer.ts';
import type { RotationDeps } from './run.ts';

const WRITE_TRIES = 3;
const UNKNOWN: Breakers = { revision: 0, recent: [] };

/** Breakers spare IMS and us; a grant must not be lost to them. While they cannot be read, rotations go on without. */
export async function readBreakers(
  deps: Pick<RotationDeps, 'breakers' | 'clock' | 'telemetry'>,
): Promise<Breakers> {
  try {
    return boundedBreakers(await deps.breakers.read(), deps.clock.nowMs());
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    deps.telemetry.error('The breakers cannot be read; what is due goes on without them.', error);
    return UNKNOWN;
  }
}

/** The breakers a run passed, and whether it passed as a trial. */
export interface PassedBreakers {
  readonly breakers: Breakers;
  readonly trial?: BreakerName;
}

/** What was heard of Adobe, and which kind of last answer it repeats where the connection had it before. */
export type Told = Pick<ObservedAttempt, 'kind' | 'error'>;

/** What one attempt tells the breakers: one thing, as early as it is known. */
export interface AttemptReport {
  /** An answer may have been lost. That it was says more than whatever a second post may bring. */
  lost(): Promise<void>;
  /** How it ended; nothing new after a loss. Returns the breakers as they then are. */
  ended(outcome: Told): Promise<Breakers>;
  /** Nothing was posted: a trial is given back. Changes nothing where something was told. */
  unused(): Promise<void>;
  /** Adobe was in trouble already when the refresh token was posted, and had answered nobody since. */
  readonly inTrouble: boolean;
}

type ReportDeps = Pick<RotationDeps, 'breakers' | 'clientSecret' | 'clock' | 'telemetry'>;

export function createAttemptReport(
  deps: ReportDeps,
  connection: Connection,
  { breakers, trial }: PassedBreakers,
): AttemptReport {
  const { connectionId } = connection;
  const { credential, outage } = breakers;
  let told: Breakers | undefined;
  const tell = async (outcome: Told): Promise<Breakers> => {
    told ??= await tellBreakers(deps, breakers, {
      connectionId,
      ...outcome,
      ...(trial && { trial }),
      probe: outage !== undefined,
      isNews: isNews(connection, outcome),
    });
    return told;
  };
  return {
    ended: tell,
    lost: async () => void (await tell({ kind: 'unknown' })),
    unused: async () => void (await tell({ kind: 'nothing' })),
    inTrouble: credential !== undefined || (outage !== undefined && (outage.answers ?? 0) === 0),
  };
}

/** What the connection's previous attempt said already, and what an ill one says, is no news of the fleet. */
function isNews(connection: Connection, { kind }: Told): boolean {
  const { lastAnswer } = connection;
  if (standingOf(connection) === 'ill') return false;
  if (kind === 'unknown') return lastAnswer?.kind !== 'lost';
  return kind !== 'misconfigured' || lastAnswer?.kind !== 'credential-refused';
}

/**
 * Tells the breakers how an attempt went, and returns them as they then are. Best effort: a breaker that cannot be
 * written must not cost an answer.
 */
async function tellBreakers(deps: ReportDeps, known: Breakers, observed: ObservedAttempt): Promise<Breakers> {
  const version = observed.kind === 'misconfigured' ? await refusedSecret(deps) : {};
  let current = known;
  try {
    for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
      const nowMs = deps.clock.nowMs();
      const next = recordAttempt(current, { ...observed, ...version }, nowMs);
      if (next === undefined) return current;
      if ((await deps.breakers.write(next)) === 'written') {
        reportOpened(deps, current, next);
        reportOddBurst(deps, observed, next);
        return { ...next, revision: next.revision + 1 };
      }
      current = boundedBreakers(await deps.breakers.read(), nowMs);
    }
  } catch (error) {
    deps.telemetry.warn('The breakers could not be told of an attempt.', {
      reason: error instanceof Error ? error.name : 'unknown',
    });
  }
  return current;
}

/** Every secret that is stored has just been tried, and is in memory. */
async function refusedSecret({ clientSecret }: ReportDeps): Promise<{ secretVersion?: string }> {
  const secrets = await clientSecret.read().catch(() => 'not-configured' as const);
  return secrets === 'not-configured' ? {} : { secretVersion: secrets.versionId };
}

function reportOddBurst(deps: ReportDeps, { kind, error }: ObservedAttempt, breakers: Breakers): void {
  if (kind !== 'odd' || !isOddBurst(breakers, deps.clock.nowMs())) return;
  deps.telemetry.error('Adobe answers many connections oddly, and none as it should.', undefined, { error });
  deps.telemetry.measure('OddAnswers', 1, 'Count');
}

function reportOpened(deps: Pick<RotationDeps, 'telemetry'>, before: Breakers, after: Breakers): void {
  for (const breaker of ['credential', 'outage'] as const) {
    const opened = after[breaker];
    if (opened === undefined || before[breaker] !== undefined) continue;
    deps.telemetry.error('A breaker opened: no refresh token is posted until a probe succeeds.', undefined, {
      breaker,
      reason: opened.reason,
    });
    deps.telemetry.measure('BreakerOpened', 1, 'Count', { breaker });
    // The reconciler says so every hour; the schedule need not wait for it.
    deps.telemetry.measure('BreakerOpen', 1, 'Count', { breaker });
  }
}
