import { playDisconnect } from './scenes/disconnect.ts';
import { type ModeFigures, playFinale, playIdlersRead } from './scenes/finale.ts';
import { checkLostSchedule, playLostSchedule } from './scenes/lost-schedule.ts';
import { type NotSlidingFinding, playLastDay, playNewConsent, playWarning } from './scenes/not-sliding.ts';
import { playOpening } from './scenes/opening.ts';
import { checkRevoke, playRevoke } from './scenes/revoke.ts';
import type { Stage } from './stage.ts';

export interface StoryFindings {
  readonly modes: { readonly strict: ModeFigures; readonly reuse: ModeFigures };
  readonly notSliding: NotSlidingFinding;
  readonly revokedFound: boolean;
  readonly disconnected: boolean;
  readonly lostScheduleFound: boolean;
}

const LAST_DAY = 60;

/** Sixty days in the lives of seven connections. */
export async function tellStory(stage: Stage): Promise<StoryFindings> {
  const { people, transcript } = stage;
  await playOpening(stage);

  await liveUntil(stage, 5);
  const { disconnected } = await playDisconnect(stage);
  await liveUntil(stage, 10);
  await playRevoke(stage);
  await liveUntil(stage, 11);
  await playWarning(stage);
  await liveUntil(stage, 13);
  await playLastDay(stage);
  await liveUntil(stage, 16);
  const notSliding = await playNewConsent(stage);
  await liveUntil(stage, 20);
  const readsOnDay20 = await people.notSliding.readCatalog();
  transcript.expect(`${people.notSliding.name}'s new consent holds`, readsOnDay20);
  const { revokedFound } = checkRevoke(stage);

  await liveUntil(stage, 21);
  const lost = await playLostSchedule(stage);
  await liveUntil(stage, 31);
  const lostScheduleFound = checkLostSchedule(stage, lost);
  await liveUntil(stage, 50);
  await playIdlersRead(stage);
  await liveUntil(stage, LAST_DAY);

  transcript.title(`Day ${LAST_DAY}`);
  const { strictReader, strictIdler, reuseReader, reuseIdler } = people;
  const modes = {
    strict: await playFinale(stage, 'strict', [strictReader, strictIdler], LAST_DAY),
    reuse: await playFinale(stage, 'reuse', [reuseReader, reuseIdler], LAST_DAY),
  };
  return {
    modes,
    notSliding: { ...notSliding, ok: notSliding.ok && readsOnDay20 },
    revokedFound,
    disconnected,
    lostScheduleFound,
  };
}

/** Day by day; two people have their catalog read every day. */
async function liveUntil({ transcript, people, ...stage }: Stage, lastDay: number): Promise<void> {
  for (let day = stage.today() + 1; day <= lastDay; day += 1) {
    await stage.passUntilDay(day);
    for (const person of [people.strictReader, people.reuseReader]) {
      if (await person.readCatalog()) continue;
      transcript.expect(`${person.name}'s daily read`, false, person.notice());
    }
  }
}
