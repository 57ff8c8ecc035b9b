import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createEnvironment, type Environment } from '../../../local/demo/script/environment.ts';
import { disconnectOneUser } from '../../../local/demo/script/steps/disconnect.ts';
import { revokeAtAdobe } from '../../../local/demo/script/steps/revoke.ts';
import { signInEveryUser } from '../../../local/demo/script/steps/sign-in.ts';
import { createTranscript } from '../../../local/demo/script/transcript.ts';
import { demoUsersAtIms } from '../../../local/demo/script/users.ts';
import { type DemoWorld, startDemoWorld } from '../../../local/demo/world/demo-world.ts';
import { cookieKeyOf } from './cookie-key.ts';
import { everythingWritten, type Written } from './everything-written.ts';
import { findSecrets } from './find-secrets.ts';
import { createSecretsSeen } from './secrets-seen.ts';

const secrets = createSecretsSeen();
const lines: string[] = [];
let world: DemoWorld;
let environment: Environment;

beforeAll(async () => {
  world = await startDemoWorld({
    cdkOut: inject('cdkOut'),
    users: demoUsersAtIms(),
    tickMs: 0,
    onImsExchange: secrets.onExchange,
  });
  const transcript = createTranscript({
    write: (line) => void lines.push(line),
    nowMs: () => world.stack.clock.nowMs(),
  });
  environment = createEnvironment(world, transcript);
});

afterAll(() => world.stop());

describe('a few days of the demo', () => {
  test('happen as the transcript says', async () => {
    const { transcript, users } = environment;
    await signInEveryUser(environment);
    await environment.passUntilDay(1);
    await disconnectOneUser(environment);
    await revokeAtAdobe(environment);
    await environment.passUntilDay(9);
    transcript.expect('an idle connection was rotated and is read', await users.strictIdler.readCatalog());

    expect(transcript.failures()).toEqual([]);
    expect(world.stack.problems()).toEqual([]);
    expect(lines.filter((line) => line.includes('✓')).length).toBeGreaterThan(10);
  });

  test('rotate an unread connection once a week, and never twice at a time', () => {
    const { ledger } = world.ims;
    for (const { key } of [environment.users.strictIdler, environment.users.reuseIdler]) {
      const { tokenSuccesses, doubleSpends, overlappingPosts, liveGrants } = ledger.user(key);
      expect({ doubleSpends, overlappingPosts, liveGrants }).toEqual({
        doubleSpends: 0,
        overlappingPosts: 0,
        liveGrants: 1,
      });
      expect(tokenSuccesses.refresh_token).toBeGreaterThanOrEqual(1);
    }
    expect(environment.expiries.expiriesOf(environment.users.strictIdler.key)).toBe(0);
  });
});

describe('whatever a run has written', () => {
  let written: Written[];

  beforeAll(async () => {
    for (const { browser } of Object.values(environment.users)) secrets.onHops(browser.history());
    secrets.add('client_secret', world.clientSecret);
    secrets.add('cookie key', await cookieKeyOf(world.stack));
    written = await everythingWritten(world.stack);
  });

  test('was looked at in every place, for every kind of secret', () => {
    expect(new Set([...secrets.all().values()])).toEqual(
      new Set([
        'access_token',
        'refresh_token',
        'id_token',
        'code',
        'code_verifier',
        'client_secret',
        'cookie key',
        'connection_code',
        'session',
        'state',
        'code_challenge',
      ]),
    );
    const places = written.map(({ where }) => where.replace(/ .*/, ''));
    expect(new Set(places)).toEqual(new Set(['log', 'access', 'event', 'schedule', 'item']));
  });

  test('holds no token, code, verifier or secret', () => {
    expect(findSecrets(secrets.all(), written)).toEqual([]);
  });

  const plantings: [string, (secret: string) => string][] = [
    ['in the clear', (secret) => `{"level":"ERROR","message":"refused ${secret}"}`],
    ['as base64', (secret) => JSON.stringify({ note: { S: Buffer.from(secret).toString('base64') } })],
    ['inside base64url', (secret) => Buffer.from(`{"token":"${secret}"}`).toString('base64url')],
    ['cut short', (secret) => `Bearer ${secret.slice(0, -20)}…`],
  ];
  test.each(plantings)('would be found to hold a refresh token %s', (_how, write) => {
    const [secret = ''] = [...secrets.all()].find(([, kind]) => kind === 'refresh_token') ?? [];
    const canary = { where: 'canary', text: write(secret) };
    expect(findSecrets(secrets.all(), [...written, canary])).toContainEqual({
      kind: secrets.all().get(secret),
      where: 'canary',
    });
  });
});
