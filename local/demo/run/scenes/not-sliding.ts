import type { Stage } from '../stage.ts';

export interface NotSlidingFinding {
  readonly ok: boolean;
  readonly warnedDaysAhead: number;
  /** How long after its end, by IMS's own clock, the application was told that a new sign-in is needed. */
  readonly endedAfterExpiryMinutes: number;
  readonly worksAgain: boolean;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const WARNED_DAYS = 3;

/** Day 11: three days before a refresh token ends that cannot be renewed. */
export async function playWarning({ transcript, people, ...stage }: Stage): Promise<void> {
  const { notSliding } = people;
  transcript.title(`${notSliding.name}'s refresh token cannot be renewed and ends on day 14`);
  const warned = stage.eventTimes(notSliding, 'Expiring Soon').length;
  transcript.expect('the application has been warned by the event “Expiring Soon”, once', warned === 1);
}

/** Day 13: it still works. */
export async function playLastDay({ transcript, people, ...stage }: Stage): Promise<void> {
  const { notSliding } = people;
  transcript.title(`${notSliding.name}'s last day`);
  transcript.expect('the catalog can still be read', await notSliding.readCatalog(), notSliding.notice());
  const early = stage.eventTimes(notSliding, 'Reauthorization Required').length;
  transcript.expect('nobody is sent to sign in again before the end', early === 0);
}

/** Day 16: after its end; the user consents again. */
export async function playNewConsent(stage: Stage): Promise<NotSlidingFinding> {
  const { world, transcript, people } = stage;
  const { notSliding } = people;
  const tokens = world.ims.ledger.snapshot().refreshTokens.filter(({ user }) => user === notSliding.key);
  const endMs = tokens[0]?.expiresAtMs ?? Number.NaN;
  const [warnedMs = Number.NaN] = stage.eventTimes(notSliding, 'Expiring Soon');
  const [toldMs = Number.NaN] = stage.eventTimes(notSliding, 'Reauthorization Required');
  const warnedDaysAhead = (endMs - warnedMs) / DAY_MS;
  const endedAfterExpiryMinutes = (toldMs - endMs) / MINUTE_MS;

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
  transcript.expect('a Lambda that asks is told so', refused, notSliding.notice());
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
