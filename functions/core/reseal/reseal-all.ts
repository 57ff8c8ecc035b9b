import { LEASE_MARGIN_MS } from '../connection/connection.ts';
import { PlatformError } from '../platform-error.ts';
import type { ConnectionDirectory } from '../ports/connections.ts';
import type { Clock } from '../ports/platform.ts';
import type { Resealer, ResealOutcome } from '../ports/rotation.ts';
import { LEASE_MS } from '../rotation/time-budget.ts';
import { SECOND_MS } from '../time-units.ts';

export interface ResealAllDeps {
  readonly directory: Pick<ConnectionDirectory, 'all'>;
  readonly resealer: Resealer;
  readonly clock: Clock;
}

export interface ResealOptions {
  /** A limit, because KMS, the table and `rotate` serve the fleet meanwhile. */
  readonly maxPerSecond: number;
  /** Continue after this connection, where an earlier run was stopped. */
  readonly after?: string;
}

export interface ResealProgress {
  /** The table is walked until a whole pass finds nothing left to do. */
  readonly pass: number;
  /** In this pass. */
  readonly read: number;
  readonly resealed: number;
  /** In use, or out of reach. The next pass tries again. */
  readonly left: number;
  /** Ids of connections that hold a token which opens under no key. */
  readonly unreadable: readonly string[];
  /** The last connection that was dealt with. */
  readonly after?: string;
}

export interface ResealReport extends ResealProgress {
  /** Nothing in the table is still sealed under a former key. */
  readonly complete: boolean;
}

const AT_ONCE = 8;
const PASSES = 5;
/** By then, a run that held a lease during the previous pass has released it or died. */
const BETWEEN_PASSES_MS = LEASE_MS + LEASE_MARGIN_MS;
/** A disabled key, or a throttled function: further connections would fail as well. */
const FAILURES_IN_A_ROW = 24;

/**
 * Has every connection's tokens sealed under the present KMS keys. A rotation that started before its connection was resealed
 * may store the old seal, so the pass is repeated until a whole one finds nothing. It may be stopped and started at any
 * moment: finished work stays finished.
 * @throws PlatformError when nothing moves any more
 */
export async function resealAll(
  deps: ResealAllDeps,
  { maxPerSecond, after }: ResealOptions,
  onProgress: (progress: ResealProgress) => void = () => undefined,
): Promise<ResealReport> {
  const unreadable = new Set<string>();
  for (let pass = 1; ; pass += 1) {
    const startAfter = pass === 1 ? after : undefined;
    const progress = await walk(deps, { maxPerSecond, pass, unreadable, after: startAfter }, onProgress);
    const complete = startAfter === undefined && progress.resealed === 0 && progress.left === 0;
    if (complete || pass === PASSES) return { ...progress, complete };
    await deps.clock.sleep(BETWEEN_PASSES_MS);
  }
}

interface Walk {
  readonly maxPerSecond: number;
  readonly pass: number;
  readonly unreadable: Set<string>;
  readonly after: string | undefined;
}

async function walk(
  { directory, resealer, clock }: ResealAllDeps,
  { maxPerSecond, pass, unreadable, after }: Walk,
  onProgress: (progress: ResealProgress) => void,
): Promise<ResealProgress> {
  const limit = Math.min(AT_ONCE, maxPerSecond);
  let progress: ResealProgress = { pass, read: 0, resealed: 0, left: 0, unreadable: [...unreadable] };
  let failures = 0;
  for (let last = after, more = true; more; ) {
    const startedAt = clock.monotonicMs();
    const page = await directory.all({ limit, ...(last !== undefined && { after: last }) });
    const results = await Promise.all(
      page.connections.map(({ connectionId }) => resealOne(resealer, connectionId)),
    );
    for (const { connectionId, result } of results) {
      failures = isFailure(result) ? failures + 1 : 0;
      progress = counted(progress, result);
      if ('unreadable' in result && result.unreadable > 0) unreadable.add(connectionId);
    }
    last = page.last;
    more = last !== undefined;
    progress = { ...progress, unreadable: [...unreadable], ...(last !== undefined && { after: last }) };
    onProgress(progress);
    if (failures >= FAILURES_IN_A_ROW) throw nothingMoves(results.at(-1)?.result);
    const pauseMs = (results.length / maxPerSecond) * SECOND_MS - (clock.monotonicMs() - startedAt);
    if (more && pauseMs > 0) await clock.sleep(pauseMs);
  }
  return progress;
}

type Result = ResealOutcome | { readonly outcome: 'failed'; readonly error: PlatformError };

async function resealOne(
  resealer: Resealer,
  connectionId: string,
): Promise<{ readonly connectionId: string; readonly result: Result }> {
  try {
    return { connectionId, result: await resealer.reseal(connectionId) };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code === 'ACCESS_DENIED') throw error;
    return { connectionId, result: { outcome: 'failed', error } };
  }
}

function counted(progress: ResealProgress, { outcome }: Result): ResealProgress {
  const isLeft = outcome === 'busy' || outcome === 'key-unavailable' || outcome === 'failed';
  return {
    ...progress,
    read: progress.read + 1,
    resealed: progress.resealed + (outcome === 'resealed' ? 1 : 0),
    left: progress.left + (isLeft ? 1 : 0),
  };
}

function isFailure({ outcome }: Result): boolean {
  return outcome === 'key-unavailable' || outcome === 'failed';
}

function nothingMoves(result: Result | undefined): PlatformError {
  if (result?.outcome === 'failed') return result.error;
  return new PlatformError('KEY_UNAVAILABLE', 'KMS neither opens nor generates a key: is a key disabled?');
}
