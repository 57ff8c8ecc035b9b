import { CfnRule } from 'aws-cdk-lib/aws-events';
import { afterAll, describe, expect, it } from 'vitest';
import { ALARMS, CANARY_ALARMS } from '../../lib/monitoring/alarm-catalogue.ts';
import { messagesOver, type StateOf } from '../support/alarms/alarm-messages.ts';
import { createAlarmWatch } from '../support/alarms/alarm-watch.ts';
import { asObject } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(bench.dispose);

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:on-call';
const CANARY = { canaryConnectionId: 'ops.canary' };
const MINUTE_MS = 60_000;
const stack = bench.vaultStack({ alarmTopicArn: TOPIC, ...CANARY });
const template = templateOf(stack);

const ON_MISSING_DATA = [...ALARMS, ...CANARY_ALARMS].filter(
  ({ whenMissing }) => whenMissing === 'breaching',
);

/**
 * A vault that is deployed at minute 0. Its first values arrive at `firstRunMinute`, if ever, and then every hour. All
 * other alarms find nothing wrong two minutes after they exist.
 */
function newVault(firstRunMinute: number): StateOf {
  const watch = createAlarmWatch(ON_MISSING_DATA);
  const states = new Map<string, 'OK' | 'ALARM'>();
  let evaluatedUntil = -1;
  const evaluate = (minute: number) => {
    for (; evaluatedUntil < minute; evaluatedUntil += 1) {
      const now = evaluatedUntil + 1;
      if (now >= firstRunMinute && (now - firstRunMinute) % 60 === 0) {
        for (const { metric } of ON_MISSING_DATA) {
          const dimensions = metric.from === 'vault' ? (metric.dimensions ?? {}) : {};
          watch.take({ metric: metric.name, value: 1, dimensions, atMs: now * MINUTE_MS });
        }
      }
      watch.lookAt(now * MINUTE_MS);
      for (const { id } of ON_MISSING_DATA) {
        const isFiring = watch.firings.some((firing) => firing.id === id && firing.untilMs === undefined);
        states.set(`AdobeTokenVault-${id}-watched`, isFiring ? 'ALARM' : 'OK');
      }
    }
  };
  return (alarmName, minute) => {
    evaluate(minute);
    return states.get(alarmName) ?? (minute >= 2 ? 'OK' : undefined);
  };
}

describe('A first deployment with a topic that has subscribers', () => {
  it.each([1, 10, 62])('sends nothing when the reconciler first runs in minute %i', (firstRunMinute) => {
    expect(messagesOver(24 * 60, template, newVault(firstRunMinute))).toEqual([]);
  });

  it('notifies when the reconciler never runs, and again once it has run', () => {
    const messages = messagesOver(24 * 60, template, newVault(600));
    const told = messages
      .filter(({ alarmName }) => alarmName === 'AdobeTokenVault-reconciler-silent')
      .map(({ atMinute, state, topic }) => ({ atMinute, state, topic }));
    expect(told).toEqual([
      { atMinute: 75, state: 'ALARM', topic: TOPIC },
      { atMinute: 600, state: 'OK', topic: TOPIC },
    ]);
    expect(messages.filter(({ alarmName }) => !alarmName.endsWith('-silent'))).toEqual([]);
  });
});

describe('An alarm', () => {
  const firesFrom = (from: number, until: number): StateOf => {
    const others = newVault(1);
    return (alarmName, minute) =>
      alarmName === 'AdobeTokenVault-expired' && minute >= from
        ? minute < until
          ? 'ALARM'
          : 'OK'
        : others(alarmName, minute);
  };

  it('that fires and clears notifies of both, the second time with members of CloudWatch’s own message', () => {
    const [fired, cleared, ...others] = messagesOver(600, template, firesFrom(100, 200));
    expect(others).toEqual([]);
    expect(fired).toMatchObject({ atMinute: 100, from: 'alarm action', state: 'ALARM', topic: TOPIC });
    expect(cleared).toMatchObject({ atMinute: 200, from: 'rule', topic: TOPIC });
    expect(cleared?.body).toEqual({
      AlarmName: 'AdobeTokenVault-expired',
      AlarmDescription: expect.stringMatching(/^page: /),
      AWSAccountId: '111122223333',
      NewStateValue: 'OK',
      NewStateReason: 'a "quoted" reason',
      StateChangeTime: '2026-12-01T10:00:00.000+0000',
      Region: 'eu-west-1',
      AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:AdobeTokenVault-expired',
      OldStateValue: 'ALARM',
    });
  });

  it('that goes from fault to missing data to fault has not cleared', () => {
    const states: StateOf = (alarmName, minute) =>
      alarmName === 'AdobeTokenVault-expired'
        ? (['ALARM', 'INSUFFICIENT_DATA', 'OK'] as const)[Math.min(2, Math.floor(minute / 10))]
        : undefined;
    const told = messagesOver(30, template, states).filter(({ alarmName }) => alarmName.endsWith('-expired'));
    expect(told.map(({ state }) => state)).toEqual(['ALARM']);
  });
});

describe('The rules for alarms that clear', () => {
  const rules = (longName: string) =>
    bench
      .vaultStack({ alarmTopicArn: TOPIC, ...CANARY }, { app: bench.emptyApp(), id: longName })
      .node.findAll()
      .filter((one) => one instanceof CfnRule);

  it('name each alarm of the vault exactly: another vault’s name may begin with this one’s', () => {
    const named = template
      .ofType('AWS::Events::Rule')
      .flatMap(({ properties }) => asObject(asObject(properties.EventPattern).detail).alarmName);
    expect(named).toEqual([...ALARMS, ...CANARY_ALARMS].map(({ id }) => `AdobeTokenVault-${id}`));
  });

  it('stay below the 2,048 characters of a pattern, also with the longest name of a vault', () => {
    const patterns = rules('V'.repeat(48)).map(({ eventPattern }) => JSON.stringify(eventPattern));
    expect(patterns.length).toBeGreaterThan(1);
    for (const pattern of patterns) expect(pattern.length).toBeLessThan(2_048);
  });

  it('publish with a role that only they can use, to this topic only', () => {
    const role = template.one('AWS::IAM::Role', 'RecoveryMessages');
    expect(asObject(role.properties.AssumeRolePolicyDocument).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnEquals: { 'aws:SourceArn': [expect.anything(), expect.anything()] },
        },
      },
    ]);
    expect(template.text(asObject(role.properties.AssumeRolePolicyDocument).Statement)).toContain(
      ':rule/AdobeTokenVault-cleared-2',
    );
    const statements = template.statementsOf(role);
    expect(statements.map(({ Sid, Action, Resource }) => [Sid, Action, template.text(Resource)])).toEqual([
      ['NotifyOfRecoveries', 'sns:Publish', TOPIC],
      [
        'EncryptForTopic',
        ['kms:Decrypt', 'kms:GenerateDataKey'],
        'arn:<AWS::Partition>:kms:<AWS::Region>:<AWS::AccountId>:key/*',
      ],
    ]);
    expect(statements[1]?.Condition).toEqual({
      StringEquals: {
        'kms:ViaService': expect.anything(),
        'kms:EncryptionContext:aws:sns:topicArn': TOPIC,
      },
    });
  });

  it('need no key for the vault’s own topic', () => {
    const own = templateOf(bench.vaultStack());
    const role = own.one('AWS::IAM::Role', 'RecoveryMessages');
    expect(own.statementsOf(role).map(({ Sid }) => Sid)).toEqual(['NotifyOfRecoveries']);
  });
});
