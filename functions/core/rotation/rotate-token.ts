import { type Connection, type ConnectionChanges, hasUncleanLease } from '../connection/connection.ts';
import { afterTakeover, nextTryAtMs } from '../connection/due.ts';
import { EVERYTHING_GRANTED, type SealedRefreshToken } from '../connection/sealed-token.ts';
import { MINUTE_MS } from '../durations.ts';
import { PlatformError } from '../platform-error.ts';
import { type AttemptReport, createAttemptReport, type PassedBreakers } from './breaker-report.ts';
import { isHeldByRefusals } from './breakers.ts';
import { decide } from './decide.ts';
import { backOffMs, tokenToPost } from './decisions.ts';
import { isForced, nextForcedRefreshes, passGate, RETRY_AFTER_OUR_ERROR_MS, wait } from './gate.ts';
import { keepAnswers } from './keep-answer.ts';
import { scopeSetToPost } from './pauses.ts';
import { type Prepared, prepare } from './prepare.ts';
import { classifyEnvelope, recoverGenuine } from './recover.ts';
import { redeem } from './refresh.ts';
import { type PostedToken, RETRY_BROKEN_SEAL_MS, SEAL_BROKEN, tokenToPostInstead } from './refusals.ts';
import { claimLease, type Run, randomId, randomShare, type StepResult, updateWithSchedule } from './run.ts';
import { NEEDED_TO_POST_MS } from './time-budget.ts';

/** One rotation (design: the protocol): gate, claim, prepare, refresh, then keep the answer or decide on its absence. */
export async function rotateToken(run: Run, connection: Connection): Promise<StepResult> {
  const requirement = run.request.requirement?.scopeSet ?? EVERYTHING_GRANTED;
  const scopeSet = scopeSetToPost(connection, requirement, run.deps.clock.nowMs());
  const gate = await passGate(run, connection, scopeSet);
  if ('stopped' in gate) return gate.stopped;
  const report = createAttemptReport(run.deps, connection, gate.passed);
  const result = await rotatePassed(run, connection, { ...gate.passed, report, scopeSet });
  await report.unused();
  return result;
}

interface Passed extends PassedBreakers {
  readonly scopeSet: string;
  readonly report: AttemptReport;
}

async function rotatePassed(run: Run, connection: Connection, passed: Passed): Promise<StepResult> {
  const rescued = await lookForParked(run, connection);
  if (rescued) return rescued;
  const nowMs = run.deps.clock.nowMs();
  const forcedRefreshes = isForced(run, passed.scopeSet)
    ? nextForcedRefreshes(connection.forcedRefreshes, nowMs)
    : undefined;
  if (!(await claimLease(run, connection, undefined, forcedRefreshes ? { forcedRefreshes } : {}))) {
    return { outcome: { outcome: 'busy', retryAfterMs: 1_000 } };
  }
  const claimed = forcedRefreshes ? { ...connection, forcedRefreshes } : connection;
  return refreshUnderLease(run, claimed, passed);
}

async function refreshUnderLease(
  run: Run,
  connection: Connection,
  { breakers, report, scopeSet }: Passed,
): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  const refusalBurst = isHeldByRefusals(breakers, connection, nowMs);
  const ready = await prepareOrRelease(
    run,
    connection,
    tokenToPost(connection, refusalBurst, nowMs),
    refusalBurst,
  );
  if ('stopped' in ready) return ready.stopped;
  const { prepared, posted, token } = ready;
  // Whoever was held up so long must not post: the answer might come after the kill.
  if (run.deadline.remainingMs() < NEEDED_TO_POST_MS) {
    return (await release(run, connection, 'out-of-time')).stopped;
  }
  const narrowed = scopeSet !== EVERYTHING_GRANTED;
  const {
    answer,
    otherPost,
    afterLoss = false,
  } = await redeem(
    run.deps,
    {
      refreshToken: prepared.refreshToken,
      clientSecrets: prepared.clientSecrets,
      onLost: report.lost,
      ...(narrowed && { scopes: scopeSet.split(' ') }),
    },
    run.deadline,
  );
  const asked = { posted: token, prepared, scopeSet, report };
  return answer.kind === 'tokens'
    ? keepAnswers(run, connection, { tokens: answer.tokens, ...asked }, otherPost)
    : decide(run, connection, { answer, posted, scopeSet, narrowed, afterLoss, report });
}

/** A holder that died may have parked what it received: that comes before any further post. */
async function lookForParked(run: Run, connection: Connection): Promise<StepResult | undefined> {
  const nowMs = run.deps.clock.nowMs();
  if (!hasUncleanLease(connection, nowMs)) return undefined;
  try {
    const parked = await run.deps.parking.find(connection);
    const decision = parked && (await classifyEnvelope(run, connection, parked));
    if (parked && decision === 'genuine') return await recoverGenuine(run, connection, parked);
    // What is broken is no successor, and must not keep the present token from being posted; what may be one must.
    return decision === 'key-unknown'
      ? (await wait(run, connection, 'key-unavailable', nowMs + RETRY_AFTER_OUR_ERROR_MS)).stopped
      : undefined;
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'SCHEDULER_UNAVAILABLE') throw error;
    run.deps.telemetry.error('Scheduler cannot say whether a successor is parked.', error);
    return (await wait(run, connection, 'backoff', nowMs + MINUTE_MS)).stopped;
  }
}

interface Ready {
  readonly prepared: Prepared;
  readonly posted: PostedToken;
  readonly token: SealedRefreshToken;
}

/** Nothing has been posted yet: whatever fails here releases the lease and costs nothing. */
async function prepareOrRelease(
  run: Run,
  connection: Connection,
  posted: PostedToken,
  refusalBurst: boolean,
): Promise<Ready | { stopped: StepResult }> {
  const token = connection[posted];
  if (token === undefined) return { stopped: { outcome: { outcome: 'not-renewable' }, connection } };
  const { connectionId } = connection;
  try {
    const prepared = await prepare(run.deps, connection, token);
    if (prepared !== 'not-configured') return { prepared, posted, token };
    run.deps.telemetry.error('The client secret has not been filled in yet.');
    run.deps.telemetry.measure('NotConfigured', 1, 'Count');
    return release(run, connection, 'not-configured');
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code === 'SEAL_BROKEN') {
      const instead = tokenToPostInstead(connection, posted, refusalBurst, run.deps.clock.nowMs());
      if (instead === undefined) return { stopped: await degrade(run, connection, error) };
      run.deps.telemetry.warn('A token cannot be opened; its parent is tried.', { connectionId, instead });
      return prepareOrRelease(run, connection, instead, refusalBurst);
    }
    run.deps.telemetry.error('A rotation could not be prepared.', error, { connectionId });
    const released = await release(run, connection, 'key-unavailable');
    // A missing permission must reach the caller; nothing was lost to it.
    if (error.code === 'ACCESS_DENIED') throw error;
    return released;
  }
}

async function release(
  run: Run,
  connection: Connection,
  reason: 'not-configured' | 'key-unavailable' | 'out-of-time',
): Promise<{ stopped: StepResult }> {
  const nowMs = run.deps.clock.nowMs();
  const retryAfterMs = backOffMs(connection, nowMs, randomShare(run.deps));
  run.deps.telemetry.measure('RotationWaits', 1, 'Count', { reason });
  const failures = connection.failures + 1;
  const updated = await updateWithSchedule(
    run,
    connection,
    {
      lease: null,
      ...(run.request.trigger !== 'vend' && { failures }),
      ...pauseAfterNoPost(run, connection, nowMs + retryAfterMs),
    },
    { onlyIfLeasedBy: run.runId },
  );
  return {
    stopped: { outcome: { outcome: 'waiting', reason, retryAfterMs }, connection: updated.connection },
  };
}

/** A caller's request that posted nothing spares others the same try, but puts off nothing that is due. */
function pauseAfterNoPost(run: Run, connection: Connection, untilMs: number): ConnectionChanges {
  const nowMs = run.deps.clock.nowMs();
  const nextTryMs = run.request.trigger === 'vend' ? nextTryAtMs(connection, nowMs) : untilMs;
  const pause = nextTryMs <= nowMs ? {} : { nextAttemptAtMs: Math.min(untilMs, nextTryMs) };
  return { ...pause, ...afterTakeover(connection, pause, nowMs) };
}

/** The stored token cannot be opened: our fault, not the user's. */
async function degrade(run: Run, connection: Connection, error: PlatformError): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  const code = SEAL_BROKEN;
  run.deps.telemetry.error('A stored refresh token cannot be opened.', error, {
    connectionId: connection.connectionId,
    generation: connection.generation,
    version: connection.version,
  });
  run.deps.telemetry.measure('ConnectionDegraded', 1, 'Count', { reason: code });
  const detail = { code };
  const event = { id: randomId(run.deps), type: 'Degraded', atMs: nowMs, detail } as const;
  const updated = await updateWithSchedule(
    run,
    connection,
    {
      lease: null,
      degraded: { code, sinceMs: connection.degraded?.sinceMs ?? nowMs },
      ...pauseAfterNoPost(run, connection, nowMs + RETRY_BROKEN_SEAL_MS),
      ...(!connection.degraded && {
        newEvents: [{ ...event, generation: connection.generation }],
      }),
    },
    { onlyIfLeasedBy: run.runId },
  );
  return { outcome: { outcome: 'degraded', code }, connection: updated.connection };
}
