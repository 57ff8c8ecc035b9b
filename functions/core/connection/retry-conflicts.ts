import type { Clock, Random } from '../ports/platform.ts';

export interface ConflictRetries<Stored> {
  /** Reads what is stored now, strongly consistent. */
  readonly read: () => Promise<Stored>;
  /** What the caller has read already: the first try decides from it. Without it, the first try reads. */
  readonly firstRead?: { readonly stored: Stored };
  /** The number of writes tried before it gives up. */
  readonly maxTries: number;
  /** Wait before each further try. Leave it out where each conflict means that another process made progress. */
  readonly pauseWith?: PauseDeps;
}

export interface PauseDeps {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
}

/**
 * Read, decide, write conditionally, and start over when another process wrote first.
 *
 * `write` receives what is stored, decides, and writes on the condition that the stored state is still the one it received
 * (see `ConnectionStore`). It returns `'conflict'` when that condition failed, and anything else to end: its outcome after a
 * write, or the reason why nothing is to be written.
 *
 * A `PlatformError` is not retried here, because a write that threw may have been stored. Where it matters, `write`
 * recognizes its own earlier write in what it receives.
 *
 * @returns what `write` returned, or `'contended'` when every try met a conflict: nothing was written
 */
export async function retryConflicts<Stored, Outcome>(
  { read, firstRead, maxTries, pauseWith }: ConflictRetries<Stored>,
  write: (stored: Stored) => Promise<Outcome | 'conflict'>,
): Promise<Outcome | 'contended'> {
  for (let tries = 1; ; tries += 1) {
    const stored = tries === 1 && firstRead ? firstRead.stored : await read();
    const outcome = await write(stored);
    if (outcome !== 'conflict') return outcome;
    if (tries === maxTries) return 'contended';
    if (pauseWith) await pauseBeforeRetry(pauseWith, tries);
  }
}

const FIRST_PAUSE_MS = 100;

/** Lets the other writer finish: 50–100 ms before the second try, twice as long before each further one. */
export function pauseBeforeRetry({ clock, random }: PauseDeps, triesMade: number): Promise<void> {
  const longestMs = FIRST_PAUSE_MS * 2 ** (triesMade - 1);
  const share = Buffer.from(random.bytes(4)).readUInt32BE(0) / 2 ** 32;
  return clock.sleep(longestMs * (0.5 + share / 2));
}
