import type { Connection } from '../connection/connection.ts';
import { PlatformError } from '../platform-error.ts';
import type { ClientSecrets } from '../ports/ims.ts';
import { MINUTE_MS, SECOND_MS } from '../time-units.ts';
import type { Passed } from './breaker-report.ts';
import { type Breakers, earlyTrial } from './breakers.ts';
import { standingOf } from './last-answer.ts';
import type { RotateOutcome } from './rotate-request.ts';
import type { Run } from './run.ts';
import { NEEDED_TO_START_MS } from './time-budget.ts';

/** The whole vault checks the token endpoint at most this often. */
const CHECK_EVERY_MS = 30 * SECOND_MS;
/** One answer says little while half of them are lost. */
const ANSWERS_NEEDED = 3;
const ANSWER_TIMEOUT_MS = 3 * SECOND_MS;
const PAUSE_MS = SECOND_MS;
const LONGEST_CHECK_MS = ANSWERS_NEEDED * (ANSWER_TIMEOUT_MS + PAUSE_MS);

/**
 * Whether a caller's request may come before the time that the connection, or the outage breaker, has set. Only lost
 * answers are forgiven: a refusal needs its time as evidence, and a pause that Adobe asks for is kept.
 */
export function mayTryEarly(
  { request }: Run,
  connection: Connection,
  by: 'own back-off' | 'outage breaker',
): boolean {
  const { state, degraded, lastAnswer } = connection;
  if (request.trigger !== 'vend' || state !== 'active' || degraded !== undefined) return false;
  if (lastAnswer === undefined) return by === 'outage breaker';
  // A try before its time takes the place of the planned one, so the next one keeps its time.
  if (lastAnswer.kind !== 'lost' || lastAnswer.early) return false;
  return by === 'own back-off' || standingOf(connection) !== 'own-fault';
}

/** A caller may ask again this soon: the token endpoint may answer by then, whatever the connection waits for. */
const ASK_AGAIN_MS = MINUTE_MS;

/** Adds what a caller can use: when to ask again, and since when Adobe refuses the grant. */
export function outcomeForCaller(
  run: Run,
  outcome: RotateOutcome,
  connection: Connection | undefined,
): RotateOutcome {
  const isPostponed =
    outcome.outcome === 'waiting' || outcome.outcome === 'unknown' || outcome.outcome === 'suspect';
  if (!isPostponed || connection === undefined || run.request.trigger !== 'vend') return outcome;
  const { retryAfterMs } = outcome;
  const isHeld = outcome.outcome === 'waiting' && outcome.reason === 'outage-breaker';
  if (mayTryEarly(run, connection, isHeld ? 'outage breaker' : 'own back-off'))
    return { ...outcome, retryAfterMs: Math.min(retryAfterMs, ASK_AGAIN_MS) };
  const { state, evidence, nextAttemptAtMs = 0 } = connection;
  if (state !== 'suspect' || evidence === undefined) return outcome;
  const nextTryAtMs = Math.max(nextAttemptAtMs, run.deps.clock.nowMs() + retryAfterMs);
  return { ...outcome, suspicion: { sinceMs: evidence.firstAtMs, nextTryAtMs } };
}

/**
 * Passes a caller's request early if the token endpoint answers posts without a grant. Only then is the grant posted, once
 * for each check. If the answer to the grant is lost all the same, no check follows for an hour.
 */
export async function passEarly(
  run: Run,
  connection: Connection,
  breakers: Breakers,
): Promise<Passed | undefined> {
  const checked = await checkEndpoint(run, breakers);
  if (checked === undefined) return undefined;
  const { connectionId, nextAttemptAtMs = 0 } = connection;
  run.deps.telemetry.info('Adobe answers again. The run tries before the planned time.', { connectionId });
  const pass = { kind: 'pass', plannedAtMs: nextAttemptAtMs } as const;
  const trial = earlyTrial(checked, run.deps.clock.nowMs());
  if (trial === undefined) return { ...pass, breakers: checked };
  const stored = await storedBreakers(run, trial);
  return stored && { ...pass, breakers: stored, trial: 'outage' };
}

/** The breakers after a check that was answered. The check is claimed first, so that one process makes it. */
async function checkEndpoint(run: Run, breakers: Breakers): Promise<Breakers | undefined> {
  const nowMs = run.deps.clock.nowMs();
  // A refused credential is another matter: it does not end with an outage.
  if (breakers.credential) return undefined;
  if (nowMs < (breakers.nextCheckAtMs ?? 0)) return undefined;
  if (run.deadline.remainingMs() < NEEDED_TO_START_MS + LONGEST_CHECK_MS) return undefined;
  const clientSecrets = await run.deps.clientSecret.read().catch(() => 'not-configured' as const);
  if (clientSecrets === 'not-configured') return undefined;
  const claimed = await storedBreakers(run, { ...breakers, nextCheckAtMs: nowMs + CHECK_EVERY_MS });
  return claimed && (await isAnswering(run, clientSecrets)) ? claimed : undefined;
}

async function isAnswering({ deps }: Run, { current }: ClientSecrets): Promise<boolean> {
  for (let answers = 0; answers < ANSWERS_NEEDED; answers += 1) {
    if (answers > 0) await deps.clock.sleep(PAUSE_MS);
    const answered = await deps.ims.answersWithoutGrant({
      clientSecret: current,
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    if (!answered) return false;
  }
  return true;
}

/** As they are stored now. `undefined` where another process wrote first, or the table did not answer. */
async function storedBreakers({ deps }: Run, breakers: Breakers): Promise<Breakers | undefined> {
  try {
    if ((await deps.breakers.write(breakers)) === 'conflict') return undefined;
    return { ...breakers, revision: breakers.revision + 1 };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    return undefined;
  }
}
