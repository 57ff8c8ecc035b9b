import { expect, test } from 'vitest';
import { tokenDigest } from '../../../functions/core/access-tokens/access-token-record.ts';
import { createBeginDisconnect } from '../../../functions/core/connection/disconnect.ts';
import { activateConnection, publishConsent } from '../../../functions/core/consent/activate-connection.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import { exampleAccessToken, exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeRotator } from '../../support/fakes/fake-rotator.ts';

const FORMER = 'AdobeID openid';
const MINUTE_MS = 60_000;

/** A connection with a token of a scope set that the settings named when it was vended, and name no longer. */
async function withFormerToken() {
  const bench = createFakeVault({ revocationScope: 'token' });
  const { token: _, ...connection } = await bench.connect();
  const { connectionId } = connection;
  const requirement = { scopeSet: FORMER, minTtlSeconds: 300 };
  await bench.rotate({ connectionId, trigger: 'vend', requirement });
  const former = await bench.accessTokens.read(connectionId, FORMER);
  if (former?.kind !== 'token') throw new Error('There is no token of the former scope set.');
  const settings = { ...bench.deps.settings, revocationScope: 'token' } as const;
  return { bench, connection: await bench.stored(connectionId), connectionId, former, settings };
}

test('a disconnect invalidates the token of a scope set that is no longer vended, and Adobe is asked to revoke it', async () => {
  const { bench, connectionId, former, settings } = await withFormerToken();
  const rotator = createFakeRotator(async () => 'still-running');
  await createBeginDisconnect({ ...bench.deps, rotator, scopeSets: ['*'] })(connectionId);
  expect(await bench.accessTokens.read(connectionId, FORMER)).toMatchObject({ kind: 'tombstone' });
  bench.clock.advance(MINUTE_MS);
  await bench.rotate({ connectionId }, { settings });
  expect(await bench.stored(connectionId)).toMatchObject({ state: 'disconnected' });
  const posted = bench.ims.ledger.revocations.map(({ token }) => tokenDigest(new Secret(token)));
  expect(posted).toContain(former.digest);
});

test('the request to end the access tokens of a connection ends it too', async () => {
  const { bench, connectionId, settings } = await withFormerToken();
  const outcome = await bench.rotate({ connectionId, trigger: 'revoke-access' }, { settings });
  expect(outcome).toMatchObject({ invalidated: 1, revokedAtAdobe: true });
  expect(await bench.accessTokens.read(connectionId, FORMER)).toMatchObject({ kind: 'tombstone' });
});

test('another user’s consent over the connection adds its revocation, and invalidates it', async () => {
  const { bench, connection, connectionId, former } = await withFormerToken();
  const another = { subject: 'another@AdobeID', subjectKey: 'key-of-another' };
  const consent = exampleConnection({
    connectionId,
    generation: `${connection.generation.slice(0, -1)}Z`,
    ...another,
  });
  const deadline = createDeadline(bench.clock, MINUTE_MS);
  const deps = { ...bench.deps, scopeSets: ['*'] };
  const { connection: stored } = await activateConnection(deps, { consent, replace: true }, deadline);
  const pending = stored.revocations.filter(({ kind }) => kind === 'access');
  expect(pending).toMatchObject([{ token: { scopeSet: FORMER, sealed: former.sealed } }]);
  await publishConsent(deps, stored, exampleAccessToken({ generation: consent.generation }), deadline);
  expect(await bench.accessTokens.read(connectionId, FORMER)).toMatchObject({ kind: 'tombstone' });
  expect(await bench.accessTokens.read(connectionId, '*')).toMatchObject({ kind: 'token' });
});
