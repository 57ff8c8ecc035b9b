import type { Connection } from '../connection/connection.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { type BreakerReport, createBreakerReport, type PassedBreakers } from './breaker-report.ts';
import { isHeldByRefusals } from './breakers.ts';
import { decide } from './decide.ts';
import { isForced, passGate } from './gate.ts';
import { keepAnswers } from './keep-answer.ts';
import { nextForcedRefreshes, scopeSetToPost } from './pauses.ts';
import { prepareOrRelease, releaseUnposted } from './prepare.ts';
import { recoverBeforePost } from './recover.ts';
import { postRefreshToken } from './refresh.ts';
import { claimLease, type Run, type StepResult } from './run.ts';
import { NEEDED_TO_POST_MS } from './time-budget.ts';

/**
 * One rotation, in the order of docs/rotation.md: pass the gate, look for a parked successor, claim the lease, prepare, post,
 * then keep the answer or decide what its absence means. Each step may end the run. Until the post, that costs nothing.
 */
export async function rotateToken(run: Run, connection: Connection): Promise<StepResult> {
  const required = run.request.requirement?.scopeSet ?? EVERYTHING_GRANTED;
  const scopeSet = scopeSetToPost(connection, required, run.deps.clock.nowMs());
  const gate = await passGate(run, connection, scopeSet);
  if (gate.kind === 'stopped') return gate.result;
  const report = createBreakerReport(run.deps, connection, gate);
  const result = await rotatePassed(run, connection, { breakers: gate.breakers, scopeSet, report });
  await report.unused();
  return result;
}

interface Attempt extends Pick<PassedBreakers, 'breakers'> {
  readonly scopeSet: string;
  readonly report: BreakerReport;
}

async function rotatePassed(run: Run, connection: Connection, attempt: Attempt): Promise<StepResult> {
  const recovered = await recoverBeforePost(run, connection);
  if (recovered) return recovered.result;

  const claimed = await claimForPost(run, connection, attempt.scopeSet);
  if (claimed === undefined) return { outcome: { outcome: 'busy', retryAfterMs: 1_000 } };

  const refusalBurst = isHeldByRefusals(attempt.breakers, claimed, run.deps.clock.nowMs());
  const ready = await prepareOrRelease(run, claimed, refusalBurst);
  if (ready.kind === 'stopped') return ready.result;
  // A run that was held up so long must not post: the answer might come after the kill.
  if (run.deadline.remainingMs() < NEEDED_TO_POST_MS) {
    return (await releaseUnposted(run, claimed, 'out-of-time')).result;
  }

  const { prepared, posted, token } = ready;
  const { scopeSet, report } = attempt;
  const narrowed = scopeSet !== EVERYTHING_GRANTED;
  const answered = await postRefreshToken(
    run.deps,
    {
      refreshToken: prepared.refreshToken,
      clientSecrets: prepared.clientSecrets,
      onLost: report.lost,
      ...(narrowed && { scopes: scopeSet.split(' ') }),
    },
    run.deadline,
  );

  const { answer, otherPost, afterLoss = false } = answered;
  return answer.kind === 'tokens'
    ? keepAnswers(
        run,
        claimed,
        { tokens: answer.tokens, posted: token, prepared, scopeSet, report },
        otherPost,
      )
    : decide(run, claimed, { answer, posted, scopeSet, narrowed, afterLoss, report });
}

/** The connection as it is under this run's lease, which also counts a forced refresh; `undefined` where another run came first. */
async function claimForPost(
  run: Run,
  connection: Connection,
  scopeSet: string,
): Promise<Connection | undefined> {
  const counted = isForced(run, scopeSet)
    ? { forcedRefreshes: nextForcedRefreshes(connection.forcedRefreshes, run.deps.clock.nowMs()) }
    : {};
  const isClaimed = await claimLease(run, connection, undefined, counted);
  return isClaimed ? { ...connection, ...counted } : undefined;
}
