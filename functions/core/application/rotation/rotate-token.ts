import { isHeldByBurst } from '../../domain/breaker-rules.ts';
import { RETRY_BROKEN_SEAL_MS, SEAL_BROKEN, tokenToPostInstead } from '../../domain/broken-seal.ts';
import type { Connection } from '../../domain/connection.ts';
import type { ConnectionChanges } from '../../domain/connection-changes.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import type { PostedToken } from '../../domain/fallback-token.ts';
import { hasUncleanLease } from '../../domain/lease.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import { scopeSetToPost } from '../../domain/scope-pauses.ts';
import { EVERYTHING_GRANTED, type SealedRefreshToken } from '../../domain/sealed-token.ts';
import { backOffMs, tokenToPost } from '../../domain/verdict.ts';
import { afterTakeover, nextTryAtMs } from '../../domain/wake.ts';
import { adoptGenuine, judgeEnvelope } from './adopt.ts';
import { claimLease } from './claim.ts';
import { isForced, nextRejections, passGate, RETRY_AFTER_OUR_FAULT_MS, wait } from './gate.ts';
import { judge } from './judge.ts';
import { keepAnswers } from './keep-answer.ts';
import { NEEDED_TO_POST_MS } from './ladder.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type AttemptReport, createAttemptReport, type PassedBreakers } from './record-attempt.ts';
import { redeem } from './redeem.ts';
import { amendWithWake, type Run, randomId, randomShare, type StepResult } from './run.ts';

/** One rotation (design: the protocol): gate, claim, prepare, redeem, then keep the answer or judge its absence. */
export async function rotateToken(run: Run, connection: Connection): Promise<StepResult> {
  const wanted = run.request.wanted?.scopeSet ?? EVERYTHING_GRANTED;
  const scopeSet = scopeSetToPost(connection, wanted, run.deps.clock.nowMs());
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
  const rejections = isForced(run, passed.scopeSet)
    ? nextRejections(connection.rejections, nowMs)
    : undefined;
  if (!(await claimLease(run, connection, undefined, rejections ? { rejections } : {}))) {
    return { outcome: { outcome: 'busy', retryAfterMs: 1_000 } };
  }
  const claimed = rejections ? { ...connection, rejections } : connection;
  return redeemUnderLease(run, claimed, passed);
}

async function redeemUnderLease(
  run: Run,
  connection: Connection,
  { breakers, report, scopeSet }: Passed,
): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  const burst = isHeldByBurst(breakers, connection, nowMs);
  const ready = await prepareOrRelease(run, connection, tokenToPost(connection, burst, nowMs), burst);
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
    : judge(run, connection, { answer, posted, scopeSet, narrowed, afterLoss, report });
}

/** A holder that died may have parked what it received: that comes before any further post. */
async function lookForParked(run: Run, connection: Connection): Promise<StepResult | undefined> {
  const nowMs = run.deps.clock.nowMs();
  if (!hasUncleanLease(connection, nowMs)) return undefined;
  try {
    const parked = await run.deps.parking.find(connection);
    const verdict = parked && (await judgeEnvelope(run, connection, parked));
    if (parked && verdict === 'genuine') return await adoptGenuine(run, connection, parked);
    // What is broken is no successor, and must not keep the present token from being posted; what may be one must.
    return verdict === 'key-unknown'
      ? (await wait(run, connection, 'key-unavailable', nowMs + RETRY_AFTER_OUR_FAULT_MS)).stopped
      : undefined;
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code !== 'SCHEDULER_UNAVAILABLE') throw fault;
    run.deps.telemetry.error('Scheduler cannot say whether a successor is parked.', fault);
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
  burst: boolean,
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
  } catch (fault) {
    if (!(fault instanceof PlatformFault)) throw fault;
    if (fault.code === 'SEAL_BROKEN') {
      const instead = tokenToPostInstead(connection, posted, burst, run.deps.clock.nowMs());
      if (instead === undefined) return { stopped: await degrade(run, connection, fault) };
      run.deps.telemetry.warn('A token cannot be opened; its parent is tried.', { connectionId, instead });
      return prepareOrRelease(run, connection, instead, burst);
    }
    run.deps.telemetry.error('A rotation could not be prepared.', fault, { connectionId });
    const released = await release(run, connection, 'key-unavailable');
    // A missing permission must reach the caller; nothing was lost to it.
    if (fault.code === 'ACCESS_DENIED') throw fault;
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
  const amended = await amendWithWake(
    run,
    connection,
    {
      lease: null,
      ...(run.request.trigger !== 'vend' && { failures }),
      ...pauseAfterNoPost(run, connection, nowMs + retryAfterMs),
    },
    { onlyIfLeasedBy: run.attemptId },
  );
  return {
    stopped: { outcome: { outcome: 'waiting', reason, retryAfterMs }, connection: amended.connection },
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
async function degrade(run: Run, connection: Connection, fault: PlatformFault): Promise<StepResult> {
  const nowMs = run.deps.clock.nowMs();
  const code = SEAL_BROKEN;
  run.deps.telemetry.error('A stored refresh token cannot be opened.', fault, {
    connectionId: connection.connectionId,
    generation: connection.generation,
    version: connection.version,
  });
  run.deps.telemetry.measure('ConnectionDegraded', 1, 'Count', { reason: code });
  const detail = { code };
  const event = { id: randomId(run.deps), type: 'Degraded', atMs: nowMs, detail } as const;
  const amended = await amendWithWake(
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
    { onlyIfLeasedBy: run.attemptId },
  );
  return { outcome: { outcome: 'degraded', code }, connection: amended.connection };
}
