import type { DemoUserName, Environment } from '../environment.ts';
import { DEMO_USERS } from '../users.ts';

const MODES: Readonly<Record<DemoUserName, string>> = {
  strictReader: 'strict: a used refresh token is dead at once',
  strictIdler: 'strict; no reads for 50 days',
  reuseReader: 'reuse: a used refresh token stays good',
  reuseIdler: 'reuse; no reads for 50 days',
  notSliding: 'never replaced, ends 14 days after the consent',
  revoker: 'strict; will revoke at Adobe on day 10',
  leaver: 'strict; will disconnect on day 5',
};

/** Every user signs in and has the catalog read once; one of them declines first. */
export async function signInEveryUser({ transcript, users, expiries }: Environment): Promise<void> {
  transcript.title('Seven users sign in with Adobe, each in a browser of their own');
  await users.leaver.signIn('deny');
  transcript.expect(
    `${users.leaver.name} declines first: nothing is connected, and the application learns why`,
    users.leaver.connectionId() === '' && users.leaver.notice().includes('declined'),
    users.leaver.notice(),
  );
  for (const name of Object.keys(DEMO_USERS) as DemoUserName[]) {
    const user = users[name];
    await user.signIn();
    const read = await user.readCatalog();
    transcript.expect(
      `${user.name} is connected and a Lambda reads the Lightroom catalog (IMS: ${MODES[name]})`,
      user.state() === 'active' && read,
      `${user.state()}, ${user.notice()}`,
    );
  }
  for (const name of ['strictReader', 'strictIdler', 'reuseReader', 'reuseIdler'] as const) {
    expiries.watch(users[name].key);
  }
  transcript.say(
    'Sixty days begin. All schedules fire on time; the hourly reconciler runs every six hours here, to save yours.',
  );
}
