import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type CommandEnding, runCommand } from '../../support/cli/run-command.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const ALLOW_ALL = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};
const HOUR_MS = 3_600_000;

describe('The command line, on the local stack', () => {
  let world: VaultWorld;
  let credentials: { accessKeyId: string; secretAccessKey: string };
  const asked: string[] = [];
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    credentials = world.stack.iam.addOperator('Operator', ALLOW_ALL);
  });
  afterAll(() => world.stop());

  const cli = (
    argv: readonly string[],
    person: { readonly types?: string; readonly as?: typeof credentials; readonly file?: string } = {},
  ): Promise<CommandEnding> =>
    runCommand([...argv, '--endpoint', world.stack.awsEndpointUrl], {
      interactive: person.types !== undefined,
      ask: async (question) => {
        asked.push(question);
        return person.types ?? '';
      },
      readFile: async () => person.file ?? '',
      credentials: async () => person.as ?? credentials,
      fetch,
      nowMs: () => world.clock.nowMs(),
    });

  it('connects a user: prints a link, and redeems what the browser came back with', async () => {
    const opened = await cli(['connect', 'demo.ann', '--return-to', world.landingUrl, '--json']);
    expect(opened).toMatchObject({ code: 0, document: { connectionId: 'demo.ann' } });
    const { code, stdout } = await cli(['connect', 'demo.ann', '--return-to', world.landingUrl]);
    expect(code).toBe(0);
    expect(stdout).toContain('/authorize?');

    const back = await world.throughConsent('demo.ann', 'alice');
    const connectionCode = back.searchParams.get('connection_code') ?? '';
    const redeemed = await cli(['connect', 'demo.ann', '--redeem', connectionCode, '--json']);
    expect(redeemed).toMatchObject({ code: 0, document: { connectionId: 'demo.ann', renewable: true } });
    expect(await cli(['connect', 'demo.ann', '--redeem', 'x'.repeat(43), '--json'])).toMatchObject({
      code: 1,
      document: { error: { code: 'code_not_valid' } },
    });
  });

  it('lists and shows connections, for scripts and for operators', async () => {
    await world.connect('demo.ben', 'bob');
    const { document } = await cli(['list', '--json']);
    expect(document.connections).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ connectionId: 'demo.ann', state: 'active' }),
        expect.objectContaining({ connectionId: 'demo.ben', state: 'active' }),
      ]),
    );
    expect((await cli(['list', '--state', 'suspect'])).stdout).toContain('No connection matches.');
    expect((await cli(['list', '--limit', '1', '--json'])).document.connections).toHaveLength(1);
    expect((await cli(['list'])).stdout).toMatch(/^CONNECTION +STATE +GRANT EXPIRES .*\ndemo\./);

    expect((await cli(['show', 'demo.ann', '--json'])).document).toMatchObject({
      connectionId: 'demo.ann',
      sub: world.ims.user('alice').sub,
    });
    expect((await cli(['show', 'demo.ann'])).stdout).toMatch(/^state +active$/m);
    expect(await cli(['show', 'demo.absent', '--json'])).toMatchObject({
      code: 1,
      document: { error: { code: 'connection_not_found', remedy: expect.any(String) } },
    });
  });

  it('rotates now, and says so with its exit code', async () => {
    expect(await cli(['rotate', 'demo.ann', '--json'])).toMatchObject({
      code: 0,
      document: { outcome: 'rotated' },
    });
    world.ims.user('bob').revokeGrants();
    expect(await cli(['rotate', 'demo.ben', '--json'])).toMatchObject({
      code: 1,
      document: { outcome: 'suspect' },
    });
  });

  it('brings back what is missing from a restored table, as suspect, and it rotates', async () => {
    const { CONNECTIONS_TABLE = '' } = world.stack.functions.get('rotate').definition.environment;
    const table = tableEditor(world, credentials);
    const rows = await table.rows(CONNECTIONS_TABLE);
    await table.createWith('restored', rows);
    await table.lose(CONNECTIONS_TABLE, rows);
    expect((await cli(['show', 'demo.ann'])).code).toBe(1);

    // No more than docs/operations.md says.
    const as = world.stack.iam.addOperator('Restorer', restorerPolicy('restored', CONNECTIONS_TABLE));
    const first = await cli(['restore', '--from', 'restored', '--json'], { as });
    expect(first).toMatchObject({ code: 0, document: { restored: 2, present: 0, unreadable: [] } });
    const again = await cli(['restore', '--from', 'restored']);
    expect(again.stdout).toContain('0 of 2 connections were missing and are restored. 2 exist already.');
    expect((await cli(['show', 'demo.ann', '--json'])).document.state).toBe('suspect');

    await world.stack.time.advanceBy(3 * HOUR_MS);
    expect((await cli(['show', 'demo.ann', '--json'])).document.state).toBe('active');
    expect(await cli(['restore', '--from', 'nowhere', '--json'])).toMatchObject({
      code: 1,
      document: { error: { code: 'table_not_found' } },
    });
    expect((await cli(['restore', '--from', CONNECTIONS_TABLE])).code).toBe(2);
  });

  it('imports tokens of another system, and imports none twice', async () => {
    const { refreshToken } = world.ims.user('carol').issueGrant();
    const lines = [
      JSON.stringify({ connectionId: 'demo.moved', refreshToken }),
      '',
      '{"connectionId":"demo.broken"',
    ].join('\n');
    const importing = (...options: string[]) =>
      cli(['import', '--file', 'tokens.jsonl', ...options, '--json'], { file: lines });

    expect(await importing()).toMatchObject({ code: 2 });
    const totals = (imported: number, exists: number) => ({ imported, exists, invalid: 1, unavailable: 0 });
    const vault = { stack: 'AdobeTokenVault', region: 'us-east-1', url: new URL(world.stack.apiUrl).href };
    expect((await importing('--dry-run')).document).toMatchObject({ vault, totals: totals(1, 0) });
    const inWords = await cli(['import', '--file', 'tokens.jsonl', '--dry-run'], { file: lines });
    expect(inWords.stdout).toContain(
      `Dry run in the vault AdobeTokenVault, us-east-1 (${vault.url}): nothing was written.`,
    );
    const first = await importing('--yes');
    expect(first).toMatchObject({
      code: 1,
      document: {
        lines: 2,
        totals: totals(1, 0),
        leftOut: [{ line: 3, result: 'invalid', reason: 'line_not_json' }],
      },
    });
    expect((await importing('--yes')).document).toMatchObject({ totals: totals(0, 1) });
    expect(first.stdout + first.stderr).not.toContain(refreshToken);
    expect((await cli(['show', 'demo.moved', '--json'])).document.state).toBe('suspect');
    expect((await cli(['rotate', 'demo.moved'])).code).toBe(0);
  });

  it('asks before it deletes, and does nothing without an answer', async () => {
    expect(await cli(['disconnect', 'demo.ann'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect((await cli(['disconnect', 'demo.ann'], { types: 'demo.bob' })).code).toBe(2);
    expect(asked.at(-1)).toContain('in the vault AdobeTokenVault, us-east-1 (http');
    expect((await cli(['show', 'demo.ann'])).code).toBe(0);
    expect(await cli(['disconnect', 'demo.ann', '--json'], { types: 'demo.ann' })).toMatchObject({
      code: 0,
      document: { connectionId: 'demo.ann', state: 'disconnecting' },
    });

    await world.connect('demo.cleo', 'carol');
    const { sub } = world.ims.user('carol');
    expect((await cli(['erase', sub])).code).toBe(2);
    expect(await cli(['erase', sub, '--yes', '--json'])).toMatchObject({
      code: 0,
      // One of them was imported.
      document: { sub, connections: 2 },
    });
  });

  it('says what is wrong with the caller, the stack and the address', async () => {
    const unknown = { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x' };
    expect(await cli(['list'], { as: unknown })).toMatchObject({ code: 3 });
    const reader = world.stack.credentialsOf('LightroomReaderRole');
    const refused = await cli(['list', '--url', world.stack.apiUrl, '--json'], { as: reader });
    expect(refused).toMatchObject({ code: 3, document: { error: { code: 'access_denied' } } });
    expect(await cli(['list', '--stack', 'Nothing', '--json'])).toMatchObject({
      code: 1,
      document: { error: { code: 'stack_not_found' } },
    });
    expect(await runCommand(['list', '--url', 'http://vault.example'])).toMatchObject({ code: 2 });
  });
});

function restorerPolicy(restored: string, connections: string) {
  const table = (name: string) => `arn:aws:dynamodb:us-east-1:123456789012:table/${name}`;
  const allow = (Action: string, Resource: string) => ({ Effect: 'Allow', Action, Resource });
  return {
    Version: '2012-10-17',
    Statement: [
      allow('cloudformation:DescribeStacks', '*'),
      allow('lambda:GetFunctionConfiguration', 'arn:aws:lambda:*:*:function:AdobeTokenVault-rotate'),
      allow('dynamodb:Scan', table(restored)),
      allow('dynamodb:PutItem', table(connections)),
    ],
  };
}

type Row = Record<string, AttributeValue>;

/** Moves rows as an operator of the table would. */
function tableEditor(world: VaultWorld, credentials: { accessKeyId: string; secretAccessKey: string }) {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: world.stack.awsEndpointUrl,
    credentials,
    systemClockOffset: world.clock.nowMs() - Date.now(),
  });
  return {
    async rows(TableName: string): Promise<Row[]> {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      return Items;
    },
    async createWith(TableName: string, rows: readonly Row[]) {
      await world.stack.dynamodb.createTable({
        TableName,
        KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'connectionId', AttributeType: 'S' }],
      });
      for (const Item of rows) await client.send(new PutItemCommand({ TableName, Item }));
    },
    async lose(TableName: string, rows: readonly Row[]) {
      for (const { connectionId } of rows) {
        const Key = { connectionId: connectionId as AttributeValue };
        await client.send(new DeleteItemCommand({ TableName, Key }));
      }
    },
  };
}
