import { expect, it } from 'vitest';
import { createConnectionsRoute } from '../../../functions/connections/route.ts';
import { disconnectingConnection } from '../../../functions/core/connection/disconnect.ts';
import {
  createDescribeConnection,
  createListConnections,
} from '../../../functions/core/connection/read-connections.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { exampleGeneration } from '../../support/fakes/example-records.ts';
import { createFakeConnectionDirectory } from '../../support/fakes/fake-connection-indexes.ts';
import { codeOf, connect, signIn } from './browser.ts';
import { type ConsentWorld, createConsentWorld, RETURN_TO } from './consent-world.ts';

const NAME = 'Alice Example';
const EMAIL = 'alice@example.com';
const KNOWN_USER = 'acme.user-42';

/** Adobe's ID token names the user. */
function tellsWhoSheIs({ ims }: ConsentWorld): void {
  const claims = { name: NAME, email: EMAIL, email_verified: true, locale: 'en_US' };
  ims.script({
    distort: (answer): TokenAnswer =>
      answer.kind === 'tokens'
        ? {
            ...answer,
            tokens: { ...answer.tokens, idTokenClaims: { ...answer.tokens.idTokenClaims, ...claims } },
          }
        : answer,
  });
}

function everythingIn({ memory, telemetry, events }: ConsentWorld) {
  return {
    connections: JSON.stringify([...memory.connections.values()]),
    reported: JSON.stringify([telemetry.lines, telemetry.measurements, events.published]),
  };
}

async function ask({ connections, memory, clock }: ConsentWorld, routeKey: string, id = '') {
  const unasked = () => Promise.reject(new Error('Not asked for here.'));
  const directory = createFakeConnectionDirectory(memory);
  const route = createConnectionsRoute({
    listConnections: createListConnections({ directory, clock }),
    describeConnection: createDescribeConnection({ connections, clock }),
    beginDisconnect: unasked,
    eraseSubject: unasked,
    forceRotation: unasked,
  });
  const event = { routeKey, pathParameters: { connectionId: id } };
  return JSON.parse((await route(event, { getRemainingTimeInMillis: () => 10_000 })).body);
}

it('No name or e-mail address is stored unless the setting says so', async () => {
  const world = createConsentWorld();
  tellsWhoSheIs(world);
  await signIn(world);
  const { connections, reported } = everythingIn(world);
  expect(`${connections}${reported}`).not.toMatch(/Alice|alice@/);
});

it('With the setting, the status of a plain sign-in shows who is connected, and nothing else does', async () => {
  const world = createConsentWorld({ storeProfile: true });
  tellsWhoSheIs(world);
  await signIn(world);
  const [id = ''] = world.memory.connections.keys();
  const status = await ask(world, 'GET /connections/{connectionId}', id);
  expect(status).toMatchObject({ connectionId: id, name: NAME, email: EMAIL });
  expect(status).not.toHaveProperty('locale');
  expect(everythingIn(world).reported).not.toMatch(/Alice|alice@/);
  expect(JSON.stringify(await ask(world, 'GET /connections'))).not.toMatch(/Alice|alice@/);
});

it('With the setting, the status of a known user shows it once the app has redeemed', async () => {
  const world = createConsentWorld({ storeProfile: true });
  tellsWhoSheIs(world);
  const connectionCode = codeOf(await connect(world, KNOWN_USER, { returnTo: RETURN_TO }));
  await world.post('/connections/{connectionId}/consents/redeem', KNOWN_USER, { connectionCode });
  expect(await ask(world, 'GET /connections/{connectionId}', KNOWN_USER)).toMatchObject({
    name: NAME,
    email: EMAIL,
  });
});

it('A disconnect removes it at once, before Adobe has answered', async () => {
  const world = createConsentWorld({ storeProfile: true });
  tellsWhoSheIs(world);
  await signIn(world);
  const [connection] = world.memory.connections.values();
  if (connection === undefined) throw new Error('There is no connection.');
  const nowMs = world.clock.nowMs();
  const disconnecting = disconnectingConnection(connection, exampleGeneration(nowMs + 1), nowMs);
  expect(disconnecting).not.toHaveProperty('profile');
  expect(JSON.stringify(disconnecting)).not.toMatch(/Alice|alice@/);
});
