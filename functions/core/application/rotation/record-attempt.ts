import { type ObservedAttempt, recordAttempt } from '../../domain/breaker-rules.ts';
import type { Breakers } from '../../domain/breakers.ts';
import { PlatformFault } from '../../domain/platform-fault.ts';
import type { RotationDeps } from './rotation-deps.ts';

const WRITE_TRIES = 3;
const UNKNOWN: Breakers = { revision: 0, recent: [] };

/** Breakers spare IMS and us; a grant must not be lost to them. While they cannot be read, rotations go on without. */
export async function readBreakers(deps: Pick<RotationDeps, 'breakers' | 'telemetry'>): Promise<Breakers> {
  try {
    return await deps.breakers.read();
  } catch (fault) {
    if (!(fault instanceof PlatformFault) || fault.code === 'ACCESS_DENIED') throw fault;
    deps.telemetry.error('The breakers cannot be read; what is due goes on without them.', fault);
    return UNKNOWN;
  }
}

/** What one attempt tells the breakers: one thing, as early as it is known. */
export interface AttemptReport {
  /** An answer may have been lost. That it was says more than whatever a second post may bring. */
  lost(): Promise<void>;
  /** How it ended; nothing new after a loss. Returns the breakers as they then are. */
  ended(outcome: Omit<ObservedAttempt, 'connectionId'>): Promise<Breakers>;
}

export function createAttemptReport(
  deps: Pick<RotationDeps, 'breakers' | 'clock' | 'telemetry'>,
  connectionId: string,
  known: Breakers,
): AttemptReport {
  let told: Breakers | undefined;
  const tell = async (outcome: Omit<ObservedAttempt, 'connectionId'>): Promise<Breakers> => {
    told ??= await tellBreakers(deps, known, { connectionId, ...outcome });
    return told;
  };
  return { ended: tell, lost: async () => void (await tell({ kind: 'unknown' })) };
}

/**
 * Tells the breakers how an attempt went, and returns them as they then are. Best effort: a breaker that cannot be
 * written must not cost an answer.
 */
async function tellBreakers(
  deps: Pick<RotationDeps, 'breakers' | 'clock' | 'telemetry'>,
  known: Breakers,
  observed: ObservedAttempt,
): Promise<Breakers> {
  const probe = known.weather !== undefined;
  let current = known;
  try {
    for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
      const next = recordAttempt(current, { ...observed, probe }, deps.clock.nowMs());
      if (next === undefined) return current;
      if ((await deps.breakers.write(next)) === 'written') {
        reportOpened(deps, current, next);
        return { ...next, revision: next.revision + 1 };
      }
      current = await deps.breakers.read();
    }
  } catch (fault) {
    deps.telemetry.warn('The breakers could not be told of an attempt.', {
      reason: fault instanceof Error ? fault.name : 'unknown',
    });
  }
  return current;
}

function reportOpened(deps: Pick<RotationDeps, 'telemetry'>, before: Breakers, after: Breakers): void {
  for (const breaker of ['client', 'weather'] as const) {
    const opened = after[breaker];
    if (opened === undefined || before[breaker] !== undefined) continue;
    deps.telemetry.error('A breaker opened: no refresh token is posted until a probe succeeds.', undefined, {
      breaker,
      reason: opened.reason,
    });
    deps.telemetry.measure('BreakerOpened', 1, 'Count', { breaker });
    // The guard says so every hour; the alarm need not wait for it.
    deps.telemetry.measure('BreakerOpen', 1, 'Count', { breaker });
  }
}
