import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttributeValue, DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KeyMaterials } from '../../../local/aws/kms/kms-keys.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { synthesise } from '../../support/synth/synthesise.ts';
import { operatorOf } from '../../support/vault/operator.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const IDS = ['demo.a', 'demo.b', 'demo.c', 'demo.d'];
const HOUR_MS = 3_600_000;

let folder: string;
const keyMaterials: KeyMaterials = new Map();
const worlds: VaultWorld[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adobe-token-vault-regions-'));
});
afterAll(async () => {
  await Promise.all(worlds.map((world) => world.stop()));
  await rm(folder, { recursive: true, force: true });
});

/** A separate vault, deployed in that Region beforehand. Both share Adobe and the clock. */
async function vaultIn(region: string, keySetId: object, beside?: VaultWorld) {
  const outdir = join(folder, region);
  const context = { example: 'true', 'vault.tokenKeys': JSON.stringify([{ id: 1, ...keySetId }]) };
  synthesise({ functionBundles: inject('functionBundles'), outdir, context });
  const world = await startVaultWorld({
    cdkOut: outdir,
    ims: { rotation: { mode: 'family' } },
    stack: { region, keyMaterials },
    ...(beside && { beside }),
  });
  worlds.push(world);
  return world;
}

async function rotate({ stack }: VaultWorld, connectionId: string) {
  return (await stack.invoke('rotate', { connectionId, trigger: 'operator' })).payload;
}

function dynamoDbOf({ stack }: VaultWorld) {
  return new DynamoDBClient(operatorOf(stack, [{ Action: ['dynamodb:*'], Resource: '*' }]));
}

/** What a backup that AWS copies to another Region holds. */
async function rowsOf(world: VaultWorld) {
  const { CONNECTIONS_TABLE } = world.stack.functions.get('rotate').definition.environment;
  const { Items = [] } = await dynamoDbOf(world).send(new ScanCommand({ TableName: CONNECTIONS_TABLE }));
  return Items;
}

/** It is restored there as a second table next to the vault's. */
async function restoreCopy(world: VaultWorld, rows: readonly Record<string, AttributeValue>[]) {
  await world.stack.dynamodb.createTable({
    TableName: 'copied',
    KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'connectionId', AttributeType: 'S' }],
  });
  const client = dynamoDbOf(world);
  for (const Item of rows) await client.send(new PutItemCommand({ TableName: 'copied', Item }));
}

describe('A Region that stays unavailable', () => {
  it('is followed by the vault prepared in another: it rotates all, no token is used twice, and no user consents again', async () => {
    const first = await vaultIn('eu-west-1', { multiRegion: true });
    for (const connectionId of IDS) await first.connect(connectionId, 'alice');
    expect(await rotate(first, 'demo.a')).toEqual({ outcome: 'rotated' });
    const rows = await rowsOf(first);
    const { REFRESH_KEY_ARN, ACCESS_KEY_ARN } = first.stack.functions.get('rotate').definition.environment;
    const replicaOf = { refreshKeyArn: REFRESH_KEY_ARN, accessKeyArn: ACCESS_KEY_ARN };
    const second = await vaultIn('us-west-2', { replicaOf }, first);
    await first.stack.stop();

    await restoreCopy(second, rows);
    const restored = await runCommand(
      [
        'restore',
        '--from',
        'copied',
        '--endpoint',
        second.stack.awsEndpointUrl,
        '--region',
        'us-west-2',
        '--json',
      ],
      {
        credentials: async () => operatorOf(second.stack, [{ Action: ['*'], Resource: '*' }]).credentials,
        fetch,
        nowMs: () => second.clock.nowMs(),
      },
    );
    expect(restored).toMatchObject({ code: 0, document: { restored: IDS.length, unreadable: [] } });
    await second.stack.time.advanceBy(3 * HOUR_MS);

    const states = (await second.itemsOf('CONNECTIONS_TABLE')).map(({ state }) => state?.S);
    expect(states).toEqual(IDS.map(() => 'active'));
    for (const connectionId of IDS)
      expect(await rotate(second, connectionId)).toEqual({ outcome: 'rotated' });
    expect(first.ims.ledger.doubleSpends()).toEqual([]);
    expect(first.ims.ledger.user('alice')).toMatchObject({ liveGrants: IDS.length });
  });
});
