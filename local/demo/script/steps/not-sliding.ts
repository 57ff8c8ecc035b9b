import type { Environment } from '../environment.ts';

export interface NotSlidingFinding {
  readonly ok: boolean;
  readonly warnedDaysAhead: number;
  /** How long after its end, by IMS's own clock, the application was notified that a new sign-in is needed. */
  readonly endedAfterExpiryMinutes: number;
  readonly worksAgain: boolean;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WARNED_DAYS = 3;

/** Day 11: three days before a refresh token ends that cannot be renewed. */
export async function checkWarning({ transcript, users, ...environment }: Environment): Promise<void> {
  const { notSliding } = users;
  transcript.title(`${notSliding.name}'s refresh token cannot be renewed and ends on day 14`);
  const warned = environment.eventTimes(notSliding, 'Expiring Soon').length;
  transcript.expect('the application has been warned by the event “Expiring Soon”, once', warned === 1);
}

/** Day 13: it still works. */
export async function readOnTheLastDay({ transcript, users, ...environment }: Environment): Promise<void> {
  const { notSliding } = users;
  transcript.title(`${notSliding.name}'s last day`);
  transcript.expect('the catalog can still be read', await notSliding.readCatalog(), notSliding.notice());
  const early = environment.eventTimes(notSliding, 'Reauthorization Required').length;
  transcript.expect('no user is sent to sign in again before the end', early === 0);
}

/** Day 16: after its end; the user consents again. */
export async function consentAgain(environment: Environment): Promise<NotSlidingFinding> {
  const { world, transcript, users } = environment;
  const { notSliding } = users;
  const tokens = world.ims.ledger.snapshot().refreshTokens.filter(({ user }) => user === notSliding.key);
  const endMs = tokens[0]?.expiresAtMs ?? Number.NaN;
  const [warnedMs = Number.NaN] = environment.eventTimes(notSliding, 'Expiring Soon');
  const [notifiedMs = Number.NaN] = environment.eventTimes(notSliding, 'Reauthorization Required');
  const warnedDaysAhead = (endMs - warnedMs) / DAY_MS;
  const endedAfterExpiryMinutes = (notifiedMs - endMs) / MINUTE_MS;

  transcript.title(`${notSliding.name}'s refresh token has ended`);
  transcript.expect(
    `the warning came ${warnedDaysAhead.toFixed(1)} days ahead (at least ${WARNED_DAYS})`,
    warnedDaysAhead >= WARNED_DAYS,
  );
  transcript.expect(
    `“Reauthorization Required” came ${Math.round(endedAfterExpiryMinutes)} minutes after the end, not before it`,
    endedAfterExpiryMinutes >= 0,
  );
  const refused = !(await notSliding.readCatalog());
  transcript.expect('a Lambda that asks gets an error that says so', refused, notSliding.notice());
  await notSliding.signIn();
  const worksAgain = (await notSliding.readCatalog()) && notSliding.state() === 'active';
  transcript.expect(`${notSliding.name} signs in again, and it works`, worksAgain, notSliding.notice());
  return {
    ok: warnedDaysAhead >= WARNED_DAYS && endedAfterExpiryMinutes >= 0 && refused && worksAgain,
    warnedDaysAhead: Number(warnedDaysAhead.toFixed(2)),
    endedAfterExpiryMinutes: Math.round(endedAfterExpiryMinutes),
    worksAgain,
  };
}
