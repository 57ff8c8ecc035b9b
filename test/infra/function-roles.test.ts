import { describe, expect, inject, it } from 'vitest';
import { EVENT_SOURCE } from '../../functions/core/connection/connection.ts';
import { FUNCTION_NAMES } from '../../lib/packaging/function-names.ts';
import { asArray, asObject, readTemplate, type Statement, statementsIn } from '../support/synth/template.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');

const CONNECTIONS = '<VaultTablesConnections.Arn>';
const ACCESS_TOKENS = '<VaultTablesAccessTokens.Arn>';
const EPHEMERAL = '<VaultTablesEphemeral.Arn>';
const REFRESH_KEY = '<VaultRefreshTokenKey.Arn>';
const ACCESS_KEY = '<VaultAccessTokenKey.Arn>';
const CLIENT_SECRET = '<VaultSecretsClientSecret>';
const COOKIE_KEY = '<VaultSecretsCookieKey>';
const ALARM_ROLE = '<VaultSchedulingRole.Arn>';
const DEAD_LETTERS = '<VaultSchedulingDeadLetters.Arn>';
const HERE = '<AWS::Region>:<AWS::AccountId>';
const SCHEDULES = `arn:<AWS::Partition>:scheduler:${HERE}:schedule/AdobeTokenVault/*`;
const ALARM_GROUP = `arn:<AWS::Partition>:scheduler:${HERE}:schedule-group/AdobeTokenVault`;
const EVENT_BUS = `arn:<AWS::Partition>:events:${HERE}:event-bus/default`;
const ROTATE_LIVE = `arn:<AWS::Partition>:lambda:${HERE}:function:AdobeTokenVault-rotate:live`;
const ROTATE_SCHEDULES = ROTATE_LIVE.replace(/live$/, 'schedules');
const RECONCILE = `arn:<AWS::Partition>:lambda:${HERE}:function:AdobeTokenVault-reconcile`;

function alarms(...actions: string[]) {
  return [
    ...actions.map((action) => `scheduler:${action} ${SCHEDULES}`),
    `iam:PassRole ${ALARM_ROLE} if StringEquals iam:PassedToService=scheduler.amazonaws.com`,
  ];
}

function sealing(key: string, purpose: string, ...actions: string[]) {
  return actions.map(
    (action) =>
      `kms:${action} ${key} if StringEquals kms:EncryptionContext:purpose=${purpose}, ` +
      'StringEquals kms:EncryptionContext:clientId=test-client-id, Null kms:EncryptionContext:connection=false',
  );
}

const events = [
  `events:PutEvents ${EVENT_BUS} if ForAllValues:StringEquals events:source=${EVENT_SOURCE}, Null events:source=false`,
];

function items(table: string, ...actions: string[]) {
  return actions.map((action) => `dynamodb:${action} ${table}`);
}

function secrets(...ids: string[]) {
  return ids.map((id) => `secretsmanager:GetSecretValue ${id}`);
}

const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  authorize: [...items(EPHEMERAL, 'GetItem'), ...secrets(COOKIE_KEY)],
  callback: [
    ...items(CONNECTIONS, 'GetItem', 'PutItem', 'UpdateItem'),
    ...items(`${CONNECTIONS}/index/subject`, 'Query'),
    ...items(ACCESS_TOKENS, 'PutItem', 'Query'),
    ...items(EPHEMERAL, 'GetItem', 'PutItem', 'UpdateItem'),
    ...sealing(REFRESH_KEY, 'refresh', 'GenerateDataKey'),
    ...sealing(ACCESS_KEY, 'access', 'GenerateDataKey'),
    ...secrets(CLIENT_SECRET, COOKIE_KEY),
    ...alarms('CreateSchedule'),
  ],
  consents: [
    ...items(CONNECTIONS, 'GetItem', 'PutItem', 'UpdateItem'),
    ...items(ACCESS_TOKENS, 'PutItem', 'Query'),
    ...items(EPHEMERAL, 'GetItem', 'PutItem', 'UpdateItem'),
    ...secrets(COOKIE_KEY),
    ...alarms('CreateSchedule'),
    ...events,
  ],
  'access-token': [
    `dynamodb:GetItem ${CONNECTIONS} if ForAllValues:StringEquals dynamodb:Attributes=connectionId,generation, ` +
      'StringEquals dynamodb:Select=SPECIFIC_ATTRIBUTES',
    ...items(ACCESS_TOKENS, 'GetItem'),
    ...sealing(ACCESS_KEY, 'access', 'Decrypt'),
    `lambda:InvokeFunction ${ROTATE_LIVE}`,
  ],
  connections: [
    ...items(CONNECTIONS, 'GetItem', 'PutItem', 'UpdateItem', 'Scan'),
    ...items(`${CONNECTIONS}/index/due`, 'Query'),
    ...items(`${CONNECTIONS}/index/subject`, 'Query'),
    ...items(ACCESS_TOKENS, 'PutItem', 'Query'),
    `lambda:InvokeFunction ${ROTATE_LIVE}`,
  ],
  import: [
    ...items(CONNECTIONS, 'GetItem', 'PutItem'),
    ...items(ACCESS_TOKENS, 'PutItem', 'Query'),
    ...sealing(REFRESH_KEY, 'refresh', 'GenerateDataKey'),
    `lambda:InvokeFunction ${ROTATE_LIVE}`,
  ],
  rotate: [
    ...items(CONNECTIONS, 'GetItem', 'UpdateItem', 'DeleteItem'),
    ...items(`${CONNECTIONS}/index/subject`, 'Query'),
    ...items(ACCESS_TOKENS, 'GetItem', 'PutItem', 'Query'),
    ...items(EPHEMERAL, 'GetItem', 'PutItem'),
    ...sealing(REFRESH_KEY, 'refresh', 'Decrypt', 'GenerateDataKey'),
    ...sealing(ACCESS_KEY, 'access', 'Decrypt', 'GenerateDataKey'),
    ...secrets(CLIENT_SECRET),
    ...alarms('CreateSchedule', 'GetSchedule', 'DeleteSchedule'),
    ...events,
    `sqs:SendMessage ${DEAD_LETTERS}`,
  ],
  reconcile: [
    ...items(CONNECTIONS, 'GetItem', 'UpdateItem'),
    ...items(`${CONNECTIONS}/index/due`, 'Query'),
    ...items(EPHEMERAL, 'GetItem'),
    ...alarms('CreateSchedule'),
    `scheduler:CreateScheduleGroup ${ALARM_GROUP}`,
    `scheduler:GetScheduleGroup ${ALARM_GROUP}`,
  ],
};

describe('the role of', () => {
  it.each(FUNCTION_NAMES)('%s holds exactly the written-out statements', (name) => {
    const { statements, ownLog } = roleOf(name);

    expect(grantsOf(statements).filter((grant) => !grant.startsWith('logs:'))).toEqual(
      [...(EXPECTED[name] ?? [])].sort(),
    );
    expect(grantsOf(statements).filter((grant) => grant.startsWith('logs:'))).toEqual([
      `logs:CreateLogStream <${ownLog}.Arn>`,
      `logs:PutLogEvents <${ownLog}.Arn>`,
    ]);
  });

  it('EventBridge Scheduler invokes rotate and reconcile, and nothing else', () => {
    const role = template.one('AWS::IAM::Role', 'VaultSchedulingRole');

    expect(grantsOf(template.statementsOf(role))).toEqual(
      [
        `lambda:InvokeFunction ${ROTATE_SCHEDULES}`,
        `lambda:InvokeFunction ${RECONCILE}`,
        `sqs:SendMessage ${DEAD_LETTERS}`,
      ].sort(),
    );
  });

  it('EventBridge Scheduler can only be assumed for schedules of this vault in this account', () => {
    const { properties } = template.one('AWS::IAM::Role', 'VaultSchedulingRole');
    const trust = statementsIn(properties.AssumeRolePolicyDocument);

    expect(trust).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnEquals: { 'aws:SourceArn': expect.anything() },
        },
      },
    ]);
    expect(JSON.stringify(trust)).toContain(':schedule-group/AdobeTokenVault"');
    expect(JSON.stringify(trust)).toContain(':schedule-group/AdobeTokenVault-reconcile"');
  });
});

describe('all roles together', () => {
  it('use no managed policy', () => {
    const managed = template
      .ofType('AWS::IAM::Role')
      .filter(({ properties }) => 'ManagedPolicyArns' in properties);

    expect(managed).toEqual([]);
    expect(template.ofType('AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('hold no wildcard beyond the schedules, which are named at run time', () => {
    const wildcards = template
      .ofType('AWS::IAM::Role')
      .flatMap((role) => grantsOf(template.statementsOf(role)))
      .filter((grant) => grant.includes('*'))
      .filter((grant) => !/^scheduler:(Create|Get|Delete)Schedule /.test(grant));

    expect(wildcards).toEqual([]);
  });

  it('leave opening refresh tokens to rotate alone', () => {
    const openers = FUNCTION_NAMES.filter((name) =>
      grantsOf(roleOf(name).statements).some((grant) => grant.startsWith(`kms:Decrypt ${REFRESH_KEY}`)),
    );

    expect(openers).toEqual(['rotate']);
  });

  it('let only the functions that receive refresh tokens seal them', () => {
    const sealers = FUNCTION_NAMES.filter((name) =>
      grantsOf(roleOf(name).statements).some((grant) =>
        grant.startsWith(`kms:GenerateDataKey ${REFRESH_KEY}`),
      ),
    );

    expect(sealers).toEqual(['callback', 'import', 'rotate']);
  });
});

function roleOf(name: string) {
  const run = template
    .ofType('AWS::Lambda::Function')
    .find(({ properties }) => properties.FunctionName === `AdobeTokenVault-${name}`);
  const role = template
    .ofType('AWS::IAM::Role')
    .find(({ logicalId }) => JSON.stringify(run?.properties.Role).includes(logicalId));
  if (run === undefined || role === undefined) throw new Error(`No function ${name} with a role.`);
  const ownLog = template.text(asObject(run.properties.LoggingConfig).LogGroup).slice(1, -1);
  return { statements: template.statementsOf(role), ownLog };
}

/** One line per action and resource, with the conditions. */
function grantsOf(statements: readonly Statement[]): readonly string[] {
  return statements
    .flatMap(({ Effect, Action, Resource, Condition }) => {
      expect(Effect).toBe('Allow');
      const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys as object).map(([key, value]) => `${operator} ${key}=${value}`),
      );
      const suffix = conditions.length === 0 ? '' : ` if ${conditions.join(', ')}`;
      return [Action]
        .flat()
        .flatMap((action) =>
          asArray(Resource).map((resource) => `${action} ${template.text(resource)}${suffix}`),
        );
    })
    .sort();
}
