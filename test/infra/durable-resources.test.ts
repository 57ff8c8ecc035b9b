import { describe, expect, inject, it } from 'vitest';
import { readTemplate } from '../support/synth/template.ts';
import recorded from './durable/durable-resources.json' with { type: 'json' };
import { type DurableResource, durableResources, harmDone } from './durable/durable-resources.ts';

const present = durableResources(readTemplate(inject('cdkOut'), 'AdobeTokenVault'));

function idOf(part: string) {
  return Object.keys(recorded).find((id) => id.includes(part)) ?? '';
}

function changed(id: string, change: Partial<DurableResource>) {
  const resource = present[id];
  if (resource === undefined) throw new Error(`No durable resource ${id}.`);
  return { ...present, [id]: { ...resource, ...change } };
}

describe('a deployment over one that is there', () => {
  it('replaces nothing that holds state or is known outside, and loses no policy that keeps it', () => {
    expect(harmDone(recorded, present)).toEqual([]);
  });

  it('is reported when a construct gets another id', () => {
    const id = idOf('TablesConnections');
    const { [id]: table, ...others } = present;
    const [gone, fresh, advice] = harmDone(recorded, { ...others, Renamed: table as DurableResource });
    expect(gone).toBe(`${id} (AWS::DynamoDB::Table) is gone: a deployment would make another in its place.`);
    expect(fresh).toBe('Renamed (AWS::DynamoDB::Table) is new and not recorded.');
    expect(advice).toContain('overrideLogicalId');
  });

  it.each([
    ['TablesConnections', { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }],
    ['TablesConnections', { TableName: 'connections' }],
    ['SecretsClientSecret', { Name: 'client-secret' }],
    ['SchedulingGroup', { Name: 'alarms' }],
    ['FunctionsRotateFunctionAlias', { Name: 'current' }],
    ['HttpApi', { ProtocolType: 'WEBSOCKET' }],
  ])('is reported when a property of %s changes: %j', (part, fixed) => {
    const id = idOf(part);
    const [harm] = harmDone(recorded, changed(id, { fixed: { ...present[id]?.fixed, ...fixed } }));
    expect(harm).toContain(`${id} (`);
    expect(harm).toContain(`a change of ${Object.keys(fixed).join()} replaces it`);
  });

  it('is reported when a policy no longer keeps a resource', () => {
    const id = idOf('RefreshTokenKey');
    expect(harmDone(recorded, changed(id, { deletionPolicy: 'Delete' }))).toContain(
      `${id} (AWS::KMS::Key): deletionPolicy was RetainExceptOnCreate and is Delete.`,
    );
  });
});

const KEPT_TYPES = new Set(['AWS::DynamoDB::Table', 'AWS::KMS::Key', 'AWS::SecretsManager::Secret']);

describe('what is recorded', () => {
  /** Without these, grants are lost or can no longer be decrypted. */
  it('keeps connections, keys and the client secret of a vault that was deployed', () => {
    const policies = Object.entries(recorded)
      .filter(([, { type }]) => KEPT_TYPES.has(type))
      .map(([id, { deletionPolicy, updateReplacePolicy }]) => [
        id.replace(/[0-9A-F]{8}$/, ''),
        deletionPolicy,
        updateReplacePolicy,
      ]);
    expect(policies.filter(([, deletionPolicy]) => deletionPolicy !== 'Delete').sort()).toEqual([
      // A failed first deployment takes keys and secret along: nothing is in them.
      ['VaultAccessTokenKey', 'RetainExceptOnCreate', 'Retain'],
      ['VaultRefreshTokenKey', 'RetainExceptOnCreate', 'Retain'],
      ['VaultSecretsClientSecret', 'RetainExceptOnCreate', 'Retain'],
      // Its deletion protection would make the rollback fail.
      ['VaultTablesConnections', 'Retain', 'Retain'],
    ]);
  });

  it('keeps logs, and the old group of alarms under another name, whose schedules may hold a token', () => {
    for (const [id, { type, deletionPolicy, updateReplacePolicy }] of Object.entries(recorded)) {
      if (type === 'AWS::Logs::LogGroup') {
        expect([deletionPolicy, updateReplacePolicy], id).toEqual(['RetainExceptOnCreate', 'Retain']);
      }
    }
    expect(recorded).toMatchObject({
      [idOf('SchedulingGroup')]: { deletionPolicy: 'Delete', updateReplacePolicy: 'Retain' },
    });
  });

  it('deletes caches, the cookie key and queues: personal data is not left behind', () => {
    for (const part of ['TablesAccessTokens', 'TablesEphemeral', 'SecretsCookieKey', 'DeadLetters']) {
      expect(recorded).toMatchObject({ [idOf(part)]: { deletionPolicy: 'Delete' } });
    }
  });
});
