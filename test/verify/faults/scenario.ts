import type { RotateOutcome } from '../../../functions/core/rotation/rotate-request.ts';
import type { ProviderMode } from '../../support/fakes/ims-token-book.ts';
import type { CrashWorld } from './crash-world.ts';
import type { FaultyProcess, Weather } from './faulty-process.ts';

/** One use case that a process may die in. */
export interface Scenario {
  readonly name: string;
  readonly timeoutMs: number;
  /** Whether a grant that could be lost is there before, or `ends` by the use case, only `begins` with it, or is long over. */
  readonly grant: 'holds' | 'ends' | 'begins' | 'expired';
  /** Where the provider's mode makes no difference; absent = all. */
  readonly modes?: readonly ProviderMode[];
  /** So many points on the way that a second fault there, or one on the wire, tells nothing new. */
  readonly firstFaultsOnly?: true;
  /** IMS consumes a token and its answer is lost, whatever else goes wrong. */
  readonly losesAnswers?: true;
  /** What goes wrong throughout, besides the planned fault. */
  readonly outage?: Weather;
  /** Brings the world to the moment before, and says how the use case then runs. */
  readonly prepare: (world: CrashWorld) => Promise<Act>;
}

export interface Act {
  readonly connectionId: string;
  readonly subject: string;
  /** Another user, whose connection is taken over: once it is, their grant has to end at IMS. */
  readonly takenFrom?: string;
  /** Runs the use case; answers what its caller is told. */
  readonly run: (process: FaultyProcess) => Promise<string>;
  /** What the caller does when no answer came: the same again. */
  readonly again?: () => Promise<string>;
}

export function wordOf(outcome: RotateOutcome): string {
  return 'reason' in outcome ? `${outcome.outcome} (${outcome.reason})` : outcome.outcome;
}
