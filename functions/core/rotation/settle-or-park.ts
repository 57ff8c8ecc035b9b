import type { Connection } from '../connection/connection.ts';
import { parkOnce, reportSuccessorLost } from './park.ts';
import type { ParkedSuccessor } from './rotate-request.ts';
import { pauseBeforeTry, type Run, type StepResult } from './run.ts';
import { settleUncommitted, successorOf } from './uncommitted.ts';

/** One more try of anything needs this much time. */
const LAST_TRY_MS = 500;
const LONGEST_PAUSE_TRY = 4;

/**
 * Settles an uncommitted successor that this run received itself: only this process holds it. While other writes come first, or the store
 * fails, it is parked, and its schedule settles it by the same rules. With its place taken too, both are tried until the
 * time is up.
 */
export async function settleOrPark(
  run: Run,
  current: Connection | undefined,
  parked: ParkedSuccessor,
): Promise<StepResult> {
  for (let tries = 1; ; tries += 1) {
    const latest = tries === 1 ? current : 'stale';
    const settled = await settleOnce(run, latest, parked);
    if ('outcome' in settled) return settled;
    if (await parkOnce(run, parked)) return { outcome: { outcome: 'parked' } };
    if (run.deadline.remainingMs() < LAST_TRY_MS) {
      reportSuccessorLost(run, parked);
      if ('error' in settled) throw settled.error;
      return { outcome: { outcome: 'unknown', retryAfterMs: 1_000 } };
    }
    await pauseBeforeTry(run, Math.min(tries, LONGEST_PAUSE_TRY));
  }
}

async function settleOnce(
  run: Run,
  current: Connection | undefined | 'stale',
  parked: ParkedSuccessor,
): Promise<StepResult | { readonly error: unknown } | { readonly kind: 'unsettled' }> {
  const { connectionId, generation, subjectKey } = parked;
  const owner = subjectKey === undefined ? {} : { subjectKey };
  try {
    const latest = current === 'stale' ? await run.deps.connections.read(connectionId) : current;
    const uncommitted = { successor: successorOf(parked), generation, owner };
    const { kind, ...left } = await settleUncommitted(run, latest, uncommitted);
    return kind === 'settled' ? { outcome: { outcome: 'superseded' }, ...left } : { kind };
  } catch (error) {
    return { error };
  }
}
