import { CAST } from '../cast.ts';
import type { CastName, Stage } from '../stage.ts';

const MODES: Readonly<Record<CastName, string>> = {
  strictReader: 'strict: a used refresh token is dead at once',
  strictIdler: 'strict; nobody will read for 50 days',
  reuseReader: 'reuse: a used refresh token stays good',
  reuseIdler: 'reuse; nobody will read for 50 days',
  notSliding: 'never replaced, ends 14 days after the consent',
  revoker: 'strict; will revoke at Adobe on day 10',
  leaver: 'strict; will disconnect on day 5',
};

/** Everybody signs in and has the catalog read once; one of them declines first. */
export async function playOpening({ transcript, people, expiries }: Stage): Promise<void> {
  transcript.title('Seven people sign in with Adobe, each in a browser of their own');
  await people.leaver.signIn('deny');
  transcript.expect(
    `${people.leaver.name} declines first: nothing is connected, and the application is told so`,
    people.leaver.connectionId() === '' && people.leaver.notice().includes('declined'),
    people.leaver.notice(),
  );
  for (const name of Object.keys(CAST) as CastName[]) {
    const person = people[name];
    await person.signIn();
    const read = await person.readCatalog();
    transcript.expect(
      `${person.name} is connected and a Lambda reads the Lightroom catalog (IMS: ${MODES[name]})`,
      person.state() === 'active' && read,
      `${person.state()}, ${person.notice()}`,
    );
  }
  for (const name of ['strictReader', 'strictIdler', 'reuseReader', 'reuseIdler'] as const) {
    expiries.reconcile(people[name].key);
  }
  transcript.tell(
    'Sixty days begin. All schedules fire on time; the hourly reconciler runs every six hours here, to save yours.',
  );
}
