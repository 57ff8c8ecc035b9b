import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, RotateKeyOnDemandCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createLambdaClient } from '../../../functions/adapters/aws/clients.ts';
import { createConnectionDirectory } from '../../../functions/adapters/dynamodb/connection-directory.ts';
import { createDynamoDbClient } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';
import { createResealer } from '../../../functions/adapters/lambda/rotator.ts';
import { createSystemClock } from '../../../functions/adapters/system/clock-and-random.ts';
import { resealAll } from '../../../functions/core/reseal/reseal-all.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { synthesise } from '../../support/synth/synthesise.ts';
import { beforeNewKeys } from '../../support/vault/before-new-keys.ts';
import { operatorOf } from '../../support/vault/operator.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const IDS = ['demo.a', 'demo.b', 'demo.c', 'demo.d'];
const LEAVING = 'demo.leaving';

let folder: string;
let world: VaultWorld;
let deployNewKeys: () => Promise<void>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adobe-token-vault-keys-'));
  const tokenKeys = [{ id: 2 }, { id: 1 }];
  const context = { example: 'true', 'vault.tokenKeys': JSON.stringify(tokenKeys) };
  synthesise({ functionBundles: inject('functionBundles'), outdir: folder, context });
  world = await startVaultWorld({ cdkOut: folder, ims: { rotation: { mode: 'strict' } } });
  deployNewKeys = beforeNewKeys(world.stack);
  for (const connectionId of IDS) await world.connect(connectionId, 'alice');
  await rotate('demo.b');
  await world.connect(LEAVING, 'bob');
  world.ims.faults.always({ kind: 'empty-500' }, { endpoint: 'revoke' });
  await world.api.disconnect(LEAVING);
});
afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

async function rotate(connectionId: string) {
  return (await world.stack.invoke('rotate', { connectionId, trigger: 'operator' })).payload;
}

function variables(name = 'rotate') {
  return world.stack.functions.get(name).definition.environment;
}

function formerKeys(): readonly string[] {
  return [variables().FORMER_REFRESH_KEY_ARNS, variables().FORMER_ACCESS_KEY_ARNS].flatMap((list) =>
    JSON.parse(list ?? '[]'),
  );
}

function setFormerKeys(state: 'Enabled' | 'Disabled') {
  for (const keyArn of formerKeys()) world.stack.kms.setKeyState(keyArn, state);
}

/** How many sealed tokens of the table were made with a key; the stand-in's blobs name it, as those of KMS do. */
async function sealedUnder(keyArns: readonly string[]) {
  const ids = keyArns.map((keyArn) => keyArn.split('/').at(-1) ?? '');
  const seals = (value: unknown): readonly Buffer[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, inner]) =>
          name === 'B' ? [Buffer.from(String(inner), 'base64')] : seals(inner),
        )
      : [];
  const items = await world.itemsOf('CONNECTIONS_TABLE');
  return items.flatMap(seals).filter((sealed) => ids.some((id) => sealed.includes(id))).length;
}

/** The permissions that docs/generated/cli.md names for the command, and no other. */
function operator() {
  const { region, accountId } = world.stack.iam.directory;
  const { CONNECTIONS_TABLE, VAULT_NAME } = variables();
  const { ROTATE_ALIAS_ARN = '' } = variables('connections');
  return operatorOf(world.stack, [
    { Action: ['cloudformation:DescribeStacks'], Resource: '*' },
    {
      Action: ['lambda:GetFunctionConfiguration'],
      Resource: `arn:aws:lambda:${region}:${accountId}:function:${VAULT_NAME}-connections`,
    },
    { Action: ['lambda:InvokeFunction'], Resource: ROTATE_ALIAS_ARN },
    {
      Action: ['dynamodb:Scan'],
      Resource: `arn:aws:dynamodb:${region}:${accountId}:table/${CONNECTIONS_TABLE}`,
    },
  ]);
}

describe('Keys that were replaced', () => {
  it('seal from the deployment on, while the former ones still open: no request fails', async () => {
    const present = () => [variables().REFRESH_KEY_ARN ?? '', variables().ACCESS_KEY_ARN ?? ''];
    const before = present();
    expect(await sealedUnder(before)).toBeGreaterThan(IDS.length);
    await deployNewKeys();
    expect(formerKeys()).toEqual(before);
    expect(await sealedUnder(present())).toBe(0);

    const posts = world.ims.ledger.total().tokenPosts.refresh_token;
    for (const connectionId of IDS) await world.clientAs('LightroomReaderRole').getAccessToken(connectionId);
    expect(world.ims.ledger.total().tokenPosts.refresh_token, 'cached tokens are still opened').toBe(posts);
    expect(await rotate('demo.a')).toEqual({ outcome: 'rotated' });
    expect(await sealedUnder(present())).toBe(1);
  });

  it('make rotations wait while a former one is disabled too early, and cost no grant', async () => {
    setFormerKeys('Disabled');
    expect(await rotate('demo.c')).toMatchObject({ outcome: 'waiting', reason: 'key-unavailable' });
    setFormerKeys('Enabled');
    expect(await rotate('demo.c')).toEqual({ outcome: 'rotated' });
  });

  it('are those of every stored token once the job has gone through; nothing was redeemed for that', async () => {
    const posts = world.ims.ledger.total().tokenPosts.refresh_token;
    const aws = operator();
    const { CONNECTIONS_TABLE: tableName = '' } = variables();
    const { ROTATE_ALIAS_ARN: functionArn = '' } = variables('connections');
    const seen: number[] = [];
    const report = await resealAll(
      {
        directory: createConnectionDirectory({
          client: createDynamoDbClient({ callTimeoutMs: 60_000, maxAttempts: 3 }, aws),
          tableName,
        }),
        resealer: createResealer({ client: createLambdaClient(aws), functionArn }),
        clock: { ...createSystemClock(), sleep: async () => undefined },
      },
      { maxPerSecond: 50 },
      ({ resealed }) => seen.push(resealed),
    );
    expect(report).toMatchObject({ complete: true, pass: 2, read: 5, unreadable: [] });
    expect(Math.max(...seen)).toBeGreaterThanOrEqual(IDS.length);
    expect(await sealedUnder(formerKeys())).toBe(0);
    expect(world.ims.ledger.total().tokenPosts.refresh_token).toBe(posts);
  });

  it('are all that is needed then: the command finds nothing left, and with the former ones disabled all goes on', async () => {
    const { credentials } = operator();
    const done = await runCommand(['reseal', '--endpoint', world.stack.awsEndpointUrl, '--json'], {
      credentials: async () => credentials,
      fetch,
      nowMs: () => world.clock.nowMs(),
    });
    expect(done).toMatchObject({ code: 0, document: { complete: true, pass: 1, resealed: 0, read: 5 } });

    setFormerKeys('Disabled');
    for (const connectionId of IDS) expect(await rotate(connectionId)).toEqual({ outcome: 'rotated' });
    world.ims.faults.clear();
    await world.stack.time.advanceBy(2 * 3_600_000);
    expect(await world.api.status(LEAVING)).toMatchObject({ ok: false, status: 404 });
    expect(world.ims.ledger.user('bob').revocationsConfirmed.refresh).toBe(1);
    expect(world.ims.ledger.doubleSpends()).toEqual([]);
  });
});

describe('A key that KMS rotates', () => {
  it('needs nothing: the same key opens what its older backing key sealed', async () => {
    const { REFRESH_KEY_ARN = '', ACCESS_KEY_ARN = '' } = variables();
    for (const keyArn of [REFRESH_KEY_ARN, ACCESS_KEY_ARN]) {
      const kms = new KMSClient(
        operatorOf(world.stack, [{ Action: ['kms:RotateKeyOnDemand'], Resource: keyArn }]),
      );
      await kms.send(new RotateKeyOnDemandCommand({ KeyId: keyArn }));
    }
    const posts = world.ims.ledger.total().tokenPosts.refresh_token;
    await world.clientAs('LightroomReaderRole').getAccessToken('demo.a');
    expect(world.ims.ledger.total().tokenPosts.refresh_token).toBe(posts);
    expect(await rotate('demo.a')).toEqual({ outcome: 'rotated' });
  });
});
