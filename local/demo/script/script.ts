import type { Environment } from './environment.ts';
import { disconnectOneUser } from './steps/disconnect.ts';
import { figuresOfMode, type ModeFigures, readIdleConnections } from './steps/figures.ts';
import { checkLostSchedule, loseOneSchedule } from './steps/lost-schedule.ts';
import { checkWarning, consentAgain, type NotSlidingFinding, readOnTheLastDay } from './steps/not-sliding.ts';
import { checkRevoke, revokeAtAdobe } from './steps/revoke.ts';
import { signInEveryUser } from './steps/sign-in.ts';

export interface ScriptFindings {
  readonly modes: { readonly strict: ModeFigures; readonly reuse: ModeFigures };
  readonly notSliding: NotSlidingFinding;
  readonly revokedFound: boolean;
  readonly disconnected: boolean;
  readonly lostScheduleFound: boolean;
}

const LAST_DAY = 60;

/** Runs sixty days of seven connections. */
export async function runScript(environment: Environment): Promise<ScriptFindings> {
  const { users, transcript } = environment;
  await signInEveryUser(environment);

  await passDaysUntil(environment, 5);
  const { disconnected } = await disconnectOneUser(environment);
  await passDaysUntil(environment, 10);
  await revokeAtAdobe(environment);
  await passDaysUntil(environment, 11);
  await checkWarning(environment);
  await passDaysUntil(environment, 13);
  await readOnTheLastDay(environment);
  await passDaysUntil(environment, 16);
  const notSliding = await consentAgain(environment);
  await passDaysUntil(environment, 20);
  const readsOnDay20 = await users.notSliding.readCatalog();
  transcript.expect(`${users.notSliding.name}'s new consent holds`, readsOnDay20);
  const { revokedFound } = checkRevoke(environment);

  await passDaysUntil(environment, 21);
  const lost = await loseOneSchedule(environment);
  await passDaysUntil(environment, 31);
  const lostScheduleFound = checkLostSchedule(environment, lost);
  await passDaysUntil(environment, 50);
  await readIdleConnections(environment);
  await passDaysUntil(environment, LAST_DAY);

  transcript.title(`Day ${LAST_DAY}`);
  const { strictReader, strictIdler, reuseReader, reuseIdler } = users;
  const modes = {
    strict: await figuresOfMode(environment, 'strict', [strictReader, strictIdler], LAST_DAY),
    reuse: await figuresOfMode(environment, 'reuse', [reuseReader, reuseIdler], LAST_DAY),
  };
  return {
    modes,
    notSliding: { ...notSliding, ok: notSliding.ok && readsOnDay20 },
    revokedFound,
    disconnected,
    lostScheduleFound,
  };
}

/** Day by day; two users have their catalog read every day. */
async function passDaysUntil(
  { transcript, users, ...environment }: Environment,
  lastDay: number,
): Promise<void> {
  for (let day = environment.today() + 1; day <= lastDay; day += 1) {
    await environment.passUntilDay(day);
    for (const user of [users.strictReader, users.reuseReader]) {
      if (await user.readCatalog()) continue;
      transcript.expect(`${user.name}'s daily read`, false, user.notice());
    }
  }
}
