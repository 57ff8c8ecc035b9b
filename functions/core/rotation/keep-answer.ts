import { type Connection, withChanges } from '../connection/connection.ts';
import { EVERYTHING_GRANTED, type SealedRefreshToken } from '../connection/sealed-token.ts';
import type { ReceivedTokens, TokenAnswer } from '../ports/ims.ts';
import type { BreakerReport } from './breaker-report.ts';
import { keepSuccession, parkedFrom, settleOrPark } from './commit-or-park.ts';
import { type Prepared, prepareSeals } from './prepare.ts';
import { publishAccessToken, sealAccessToken } from './publish.ts';
import type { RefreshOutcome } from './rotate-request.ts';
import { type Run, randomId, type StepResult } from './run.ts';
import { displacedChanges, type Succession, succession } from './successor.ts';
import { PUBLISHING_MS } from './time-budget.ts';

/** An answer that carries at least one token. */
export interface GoodAnswer {
  readonly tokens: ReceivedTokens;
  readonly postedToken: SealedRefreshToken;
  readonly prepared: Prepared;
  readonly scopeSet: string;
  readonly report: BreakerReport;
}

/**
 * Keeps the first tokens that arrived, then waits for the other post of the same refresh token. If that brings a
 * successor too, it loses its commit by version and becomes `alternate`. It is never revoked: it may be the one that
 * IMS accepts.
 */
export async function keepAnswers(
  run: Run,
  connection: Connection,
  answer: GoodAnswer,
  otherPost: Promise<TokenAnswer> | undefined,
): Promise<StepResult> {
  const [kept] = await Promise.allSettled([keepAnswer(run, connection, answer)]);
  // Also where that failed: no request outlives its run, and no successor is lost.
  const other = await otherPost;
  const latest = other && (await keepOther(run, connection, answer, other));
  if (kept.status === 'rejected') throw kept.reason;
  return latest ? { ...kept.value, connection: latest } : kept.value;
}

async function keepOther(
  run: Run,
  connection: Connection,
  kept: GoodAnswer,
  other: TokenAnswer,
): Promise<Connection | undefined> {
  if (other.kind !== 'tokens' || !bringsAnotherToken(kept, other.tokens)) return undefined;
  const { connectionId } = connection;
  run.deps.telemetry.warn('Both posts of one refresh token brought tokens.', { connectionId });
  try {
    const prepared = { ...kept.prepared, ...(await prepareSeals(run.deps, connection)) };
    return (await keepAnswer(run, connection, { ...kept, tokens: other.tokens, prepared })).connection;
  } catch (error) {
    run.deps.telemetry.error('The successor of a second post could not be kept.', error, { connectionId });
    run.deps.telemetry.measure('SuccessorLost', 1, 'Count');
    return undefined;
  }
}

function bringsAnotherToken({ tokens, prepared }: GoodAnswer, { refreshToken }: ReceivedTokens): boolean {
  const known = [prepared.refreshToken.reveal(), tokens.refreshToken?.reveal()];
  return refreshToken !== undefined && !known.includes(refreshToken.reveal());
}

/** Seal, commit, publish: the refresh token always before the access token, and no network before the commit. */
async function keepAnswer(run: Run, connection: Connection, answer: GoodAnswer): Promise<StepResult> {
  const { clock } = run.deps;
  const receivedAtMs = clock.nowMs();
  const receivedAt = clock.monotonicMs();
  const succeeded = successionOf(run, connection, answer, receivedAtMs);
  const kept = await keepSuccession(run, connection, succeeded);
  run.deps.telemetry.measure('WindowOurs', clock.monotonicMs() - receivedAt, 'Milliseconds');
  reportAnomalies(run, connection, answer);
  if (kept.kind === 'nowhere') return { outcome: { outcome: 'unknown', retryAfterMs: 1_000 } };
  if (kept.kind === 'overtaken') return overtaken(run, connection, kept.current, succeeded);
  const stored = kept.kind === 'committed' ? kept.connection : withChanges(connection, succeeded.changes);
  await publish(run, stored, answer, receivedAtMs);
  await answer.report.ended({ kind: 'success' });
  return kept.kind === 'committed'
    ? { outcome: outcomeFor(run, answer), connection: kept.connection }
    : { outcome: { outcome: 'parked' } };
}

/** If IMS sent no access token, a caller that waits for one is notified at once and does not poll. */
function outcomeFor(run: Run, { tokens }: GoodAnswer): RefreshOutcome {
  if (run.request.requirement === undefined || tokens.accessToken) return { outcome: 'rotated' };
  return { outcome: 'unknown', retryAfterMs: PUBLISHING_MS };
}

function successionOf(
  run: Run,
  connection: Connection,
  { tokens, postedToken, prepared, scopeSet }: GoodAnswer,
  nowMs: number,
): Succession {
  const isNew =
    tokens.refreshToken !== undefined && tokens.refreshToken.reveal() !== prepared.refreshToken.reveal();
  const scopes = scopeSet === EVERYTHING_GRANTED ? tokens.accessToken?.scopes : undefined;
  const { revocationScope } = run.deps.settings;
  const succeeded = succession(
    connection,
    postedToken,
    {
      scopeSet,
      hints: tokens.hints,
      ...(isNew && tokens.refreshToken && { newRefreshToken: tokens.refreshToken }),
      ...(scopes && { grantedScopes: scopes }),
    },
    prepared.refreshSeal,
    { commitId: randomId(run.deps), eventId: randomId(run.deps) },
    nowMs,
  );
  if (!isNew) return succeeded;
  const displaced = displacedChanges(connection, postedToken, revocationScope, nowMs);
  return { ...succeeded, changes: { ...succeeded.changes, ...displaced } };
}

async function publish(
  run: Run,
  stored: Connection,
  { tokens, prepared, scopeSet }: GoodAnswer,
  receivedAtMs: number,
): Promise<void> {
  if (!tokens.accessToken) return;
  await publishAccessToken(
    run.deps,
    sealAccessToken(stored, tokens.accessToken, prepared.accessSeal, receivedAtMs, scopeSet),
  );
}

/** Another write came first: what was received is settled by the rules for uncommitted successors. */
async function overtaken(
  run: Run,
  connection: Connection,
  current: Connection | undefined,
  succeeded: Succession,
): Promise<StepResult> {
  run.deps.telemetry.warn('A rotation was overtaken.', { connectionId: connection.connectionId });
  const parked = parkedFrom(run, connection, succeeded);
  return parked ? settleOrPark(run, current, parked) : { outcome: { outcome: 'superseded' } };
}

function reportAnomalies(run: Run, connection: Connection, { tokens, scopeSet }: GoodAnswer): void {
  const { connectionId, grantedScopes } = connection;
  if (tokens.anomalies.length > 0) {
    run.deps.telemetry.warn('IMS answered oddly; its tokens were kept.', {
      connectionId,
      anomalies: tokens.anomalies,
    });
  }
  if (scopeSet !== EVERYTHING_GRANTED) return;
  const missing = grantedScopes.filter((scope) => tokens.accessToken?.scopes?.includes(scope) === false);
  if (missing.length === 0) return;
  run.deps.telemetry.error('A rotated token carries fewer scopes than were granted.', undefined, {
    connectionId,
    missing,
  });
  run.deps.telemetry.measure('ScopesShrank', 1, 'Count');
}
