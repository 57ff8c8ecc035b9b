import type { Struck } from './run-round.ts';

/** What nobody can explain, with all that the stand-ins saw of it and how to see it again. */
export function tellLosses(struck: readonly Struck[], seed: number): string[] {
  return struck
    .filter(({ classified }) => classified.finding === 'lost-outside' || classified.finding === 'unclear')
    .flatMap(({ subject, plan, testimony, classified }) => [
      `${classified.finding}: ${subject.connectionId} (grace ${subject.graceSeconds}), kill ${classified.killPhase}; ` +
        `again with --seed ${seed} --mode ${subject.mode}`,
      `  planned ${JSON.stringify(plan)}`,
      ...testimony.sightings.map(
        ({ moment, atMs, atMonotonicMs }) =>
          `  ${new Date(atMs).toISOString()} ${atMonotonicMs.toFixed(1).padStart(10)} ms ${moment}`,
      ),
    ]);
}
