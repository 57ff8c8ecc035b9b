import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CallSummary } from '../../../local/aws/aws-endpoint.ts';
import { importTokens } from '../../support/vault/import-tokens.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;
const SCOPES = ['openid', 'AdobeID', 'offline_access', 'lr_partner_apis'];
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'GenerateDataKey'];

describe('Refresh tokens of another system', () => {
  let world: VaultWorld;
  const calls: CallSummary[] = [];
  const tokens: string[] = [];
  const people = ['alice', 'bob', 'carol'];
  const lines = () =>
    people.map((user, at) => ({
      connectionId: `demo.${user}`,
      refreshToken: tokens[at] ?? '',
      sub: world.ims.user(user).sub,
    }));
  beforeAll(async () => {
    world = await startVaultWorld({
      cdkOut: inject('cdkOut'),
      ims: { rotation: { mode: 'strict' } },
      stack: { onCall: (call) => calls.push(call) },
    });
    tokens.push(...people.map((user) => world.ims.user(user).issueGrant(SCOPES).refreshToken));
  });
  afterAll(() => world.stop());

  const results = async (query: string, sent = lines()) =>
    (await importTokens(world, sent, query)).results.map(({ result }) => result);

  it('are checked by a dry run, which writes nothing and does not call KMS', async () => {
    calls.length = 0;
    expect(await results('dry_run=true')).toEqual(['imported', 'imported', 'imported']);
    expect(calls.map(({ operation }) => operation)).toEqual(['GetItem', 'GetItem', 'GetItem']);
    expect(await world.itemsOf('CONNECTIONS_TABLE')).toEqual([]);
  });

  it('are taken over, rotated by the reconciler’s schedules within hours, and vended from', async () => {
    expect(await results('')).toEqual(['imported', 'imported', 'imported']);
    expect(await world.api.status('demo.alice')).toMatchObject({ value: { state: 'suspect' } });
    await world.stack.time.advanceBy(3 * HOUR_MS);
    for (const user of people) {
      expect(await world.api.status(`demo.${user}`)).toMatchObject({
        value: { state: 'active', sub: world.ims.user(user).sub, rotatedAt: expect.any(String) },
      });
      expect(world.ims.ledger.user(user).tokenPosts.refresh_token).toBe(1);
    }
    expect(await world.readCatalog('demo.alice')).toMatchObject({ catalogId: expect.any(String) });
  });

  it('change nothing when the same file comes again, with replace too', async () => {
    const before = await world.itemsOf('CONNECTIONS_TABLE');
    calls.length = 0;
    for (const query of ['', 'replace=true']) {
      expect(await results(query)).toEqual(['exists', 'exists', 'exists']);
    }
    expect(calls.filter(({ operation }) => WRITES.includes(operation))).toEqual([]);
    expect(await world.itemsOf('CONNECTIONS_TABLE')).toEqual(before);
    expect(world.ims.ledger.doubleSpends()).toEqual([]);
  });

  it('take the place of a connection where asked to, and the old access token is vended no more', async () => {
    const dave = world.ims.addUser({ key: 'dave' });
    const { refreshToken } = dave.issueGrant(SCOPES);
    tokens.push(refreshToken);
    const line = { connectionId: 'demo.alice', refreshToken, sub: dave.sub };
    expect(await results('', [line])).toEqual(['exists']);
    expect(await results('replace=true', [line])).toEqual(['replaced']);
    // A warm reader's cached token expires. Its next read has the connection rotated, without waiting for the reconciler.
    await world.stack.time.advanceBy(HOUR_MS / 10);
    expect(await world.readCatalog('demo.alice')).toMatchObject({ catalogId: expect.any(String) });
    expect(await world.api.status('demo.alice')).toMatchObject({
      value: { state: 'active', sub: line.sub },
    });
    await world.stack.time.advanceBy(2 * HOUR_MS);
    expect(world.ims.ledger.user('alice').revocationsConfirmed.refresh).toBeGreaterThan(0);
  });

  it('show in no log', () => {
    expect(world.stack.logs.search({ functionName: 'AdobeTokenVault-import' })).not.toEqual([]);
    for (const token of tokens) {
      const [, , signature = token] = token.split('.');
      expect(world.stack.logs.search({ contains: signature })).toEqual([]);
    }
  });
});
