import type { Environment } from '../environment.ts';

export interface RevokeFinding {
  readonly revokedFound: boolean;
  readonly refusals: number;
}

const HOUR_MS = 3_600_000;
/** The first refusal and at least three more, over at least a day while more than two days of life remain. */
const REFUSALS_NEEDED = 4;
const EVIDENCE_MS = 24 * HOUR_MS;

/** Day 10: a user removes the application at Adobe, which does not notify the vault. */
export async function revokeAtAdobe({ transcript, users }: Environment): Promise<void> {
  const { revoker } = users;
  transcript.title(`${revoker.name} removes the application at Adobe`);
  transcript.expect('the catalog was read just before', await revoker.readCatalog());
  await revoker.revokeAtAdobe();
  transcript.say('Adobe does not notify the vault; the next refresh finds out.');
}

/** Ten days later: what the vault made of it. */
export function checkRevoke({ transcript, users, ...environment }: Environment): RevokeFinding {
  const { revoker } = users;
  const [foundMs = Number.NaN] = environment.eventTimes(revoker, 'Reauthorization Required');
  const times = environment.refusalTimes(revoker.key).filter((atMs) => atMs <= foundMs);
  const refusals = times.length;
  const hours = Math.round((foundMs - (times[0] ?? Number.NaN)) / HOUR_MS);
  const revokedFound = refusals >= REFUSALS_NEEDED && hours * HOUR_MS >= EVIDENCE_MS;
  transcript.title(`What became of ${revoker.name}'s connection`);
  transcript.expect(
    `one refusal was no proof: IMS refused ${refusals} times over ${hours} hours before the vault believed it`,
    revokedFound,
  );
  transcript.expect(
    'the application was notified once that a new sign-in is needed',
    Number.isFinite(foundMs),
  );
  return { revokedFound, refusals };
}
