import type { Connection } from '../connection/connection.ts';
import { EVERYTHING_GRANTED } from '../connection/sealed-token.ts';
import { type BreakerReport, createBreakerReport, type PassedBreakers } from './breaker-report.ts';
import { isHeldByRefusals } from './breakers.ts';
import { decideWithoutTokens } from './decide.ts';
import { isForced, passGate } from './gate.ts';
import { keepAnswers } from './keep-answer.ts';
import { nextForcedRefreshes, scopeSetToPost } from './pauses.ts';
import { prepareOrRelease, releaseUnposted } from './prepare.ts';
import { recoverBeforePost } from './recover.ts';
import { postRefreshToken } from './refresh.ts';
import { claimLease, type Run, type StepResult, type Stopped, stopped } from './run.ts';
import { NEEDED_TO_POST_MS } from './time-budget.ts';

/**
 * One rotation, in the order of docs/rotation.md: pass the gate, look for a parked successor, claim the lease, prepare, post,
 * then keep the tokens, or decide what an answer without tokens means. Each step may stop the run. Until the post that costs nothing.
 */
export async function rotateToken(run: Run, connection: Connection): Promise<StepResult> {
  const required = run.request.requirement?.scopeSet ?? EVERYTHING_GRANTED;
  const scopeSet = scopeSetToPost(connection, required, run.deps.clock.nowMs());
  const gate = await passGate(run, connection, scopeSet);
  if (gate.kind === 'stopped') return gate.result;
  const report = createBreakerReport(run.deps, connection, gate);
  const result = await rotatePassed(run, connection, { ...gate, scopeSet, report });
  await report.unused();
  return result;
}

interface Attempt extends Pick<PassedBreakers, 'breakers' | 'plannedAtMs'> {
  readonly scopeSet: string;
  readonly report: BreakerReport;
}

async function rotatePassed(run: Run, asRead: Connection, attempt: Attempt): Promise<StepResult> {
  const { breakers, plannedAtMs = 0, scopeSet, report } = attempt;
  const parked = await recoverBeforePost(run, asRead);
  if (parked.kind === 'stopped') return parked.result;

  const claim = await claimForPost(run, asRead, scopeSet);
  if (claim.kind === 'stopped') return claim.result;
  const { connection } = claim;

  const heldByRefusals = isHeldByRefusals(breakers, connection, run.deps.clock.nowMs());
  const ready = await prepareOrRelease(run, connection, heldByRefusals);
  if (ready.kind === 'stopped') return ready.result;
  const { prepared, posted, token } = ready;
  // A run that was held up so long must not post: the answer might come after the kill.
  if (run.deadline.remainingMs() < NEEDED_TO_POST_MS) {
    return (await releaseUnposted(run, connection, 'out-of-time')).result;
  }

  const { refreshToken, clientSecrets } = prepared;
  const narrowed = scopeSet !== EVERYTHING_GRANTED;
  const scopes = narrowed ? { scopes: scopeSet.split(' ') } : {};
  const post = { refreshToken, clientSecrets, ...scopes, onLost: report.lost };
  const { answer, otherPost, afterLoss = false } = await postRefreshToken(run.deps, post, run.deadline);

  if (answer.kind === 'tokens') {
    const good = { tokens: answer.tokens, postedToken: token, prepared, scopeSet, report };
    return keepAnswers(run, connection, good, otherPost);
  }
  const bad = { answer, posted, plannedAtMs, scopeSet, narrowed, afterLoss, report };
  return decideWithoutTokens(run, connection, bad);
}

interface Claimed {
  readonly kind: 'claimed';
  /** As it is under this run's lease. */
  readonly connection: Connection;
}

/** Claims the lease. If the post is for a rejected access token, the same write counts the forced refresh. */
async function claimForPost(run: Run, connection: Connection, scopeSet: string): Promise<Claimed | Stopped> {
  const counted = isForced(run, scopeSet)
    ? { forcedRefreshes: nextForcedRefreshes(connection.forcedRefreshes, run.deps.clock.nowMs()) }
    : {};
  const isClaimed = await claimLease(run, connection, { changes: counted });
  if (!isClaimed) return stopped({ outcome: 'busy', retryAfterMs: 1_000 });
  return { kind: 'claimed', connection: { ...connection, ...counted } };
}
