import type { ReceivedTokens } from '../../functions/core/ports/ims.ts';
import type { Secret } from '../../functions/core/secret.ts';
import type { ProbeDeps, ProbeSteps } from './probe-steps.ts';

export interface TokenPair {
  readonly old: Secret;
  readonly current: Secret;
  /** Did the first refresh bring a new token? */
  readonly rotated: boolean;
}

/** Seconds after the successor was first used. */
const LOOKS_AT = [5, 15, 30, 60, 90, 120, 180, 300, 600];

/** Uses the old token again, then the current one. Answers what the current one brought; `undefined` when the grant has ended. */
export async function askAboutOldToken(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { old, current, rotated }: TokenPair,
): Promise<ReceivedTokens | undefined> {
  const replayed = rotated ? await steps.refresh(old) : undefined;
  const second = await steps.refresh(current);
  if (replayed === undefined) {
    steps.answer('old-token', 'never-old', 'There is one refresh token, and it stays.');
    return 'refused' in second ? undefined : second;
  }
  if ('refused' in replayed) {
    steps.answer('error-old-token', replayed.refused, 'What a refresh with an old token is answered.');
    if ('refused' in second) {
      steps.answer('old-token', 'family', 'It is dead at once, and its use ends the whole grant.');
      return undefined;
    }
    steps.answer('old-token', 'strict', 'It is dead at once; its use harms nothing else.');
    return second;
  }
  if ('refused' in second) {
    steps.answer('old-token', 'latest-only', 'It could be used again, and that ended its first successor.');
    return undefined;
  }
  await findGrace(deps, steps, old);
  return second;
}

/** The old token was good after it was exchanged: is it still, now that its successor has been used, and for how long? */
async function findGrace(deps: ProbeDeps, steps: ProbeSteps, old: Secret): Promise<void> {
  let goodUntil = 0;
  for (const second of [0, ...LOOKS_AT.filter((look) => look <= deps.graceSeconds)]) {
    if (second > 0) {
      deps.progress(`Looking for the end of a grace period: ${second} of ${deps.graceSeconds} seconds …`);
      await deps.sleep((second - goodUntil) * 1000);
    }
    const again = await steps.refresh(old);
    if ('refused' in again) {
      steps.answer('error-old-token', again.refused, 'What a refresh with an old token is answered.');
      steps.answer(
        'old-token',
        'grace',
        second === 0
          ? 'It is good until its successor is used.'
          : `It is good for a while: more than ${goodUntil} and at most about ${second} seconds.`,
      );
      return;
    }
    goodUntil = second;
  }
  const longer = `It was still good after ${goodUntil} seconds`;
  steps.answer('old-token', 'reuse', `${longer}: it stays, or its grace period is longer (--grace-seconds).`);
}
