import { readFileSync } from 'node:fs';
import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { ALARMS, alarmDescription, CANARY_ALARMS } from '../../lib/monitoring/alarm-catalogue.ts';
import { conditionInWords } from '../support/alarms/condition-in-words.ts';
import { asArray, asObject, readTemplate } from '../support/synth/template.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const metricAlarms = template.ofType('AWS::CloudWatch::Alarm');
const compositeAlarms = template.ofType('AWS::CloudWatch::CompositeAlarm');
/** Those that notify: the others are watched by one of them, or never fire. */
const alarms = [...metricAlarms, ...compositeAlarms].filter(
  ({ properties }) => properties.AlarmActions !== undefined,
);
const bench = await createVaultBench();
afterAll(bench.dispose);

const DOCUMENTED = [...ALARMS, ...CANARY_ALARMS];
const OWN_TOPIC = 'arn:aws:sns:eu-west-1:111122223333:on-call';

/** The one metric of an alarm, whether it reads it itself or through an expression. */
function metricOf(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [stat, ...others] = asArray(properties.Metrics ?? [])
    .map((one) => asObject(one).MetricStat)
    .filter((one) => one !== undefined);
  expect(others).toEqual([]);
  return stat === undefined ? properties : asObject(asObject(stat).Metric);
}

describe('docs/operations.md', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const [, chapter = ''] = /^## Alarms\n(.*?)(?=^## )/ms.exec(page) ?? [];
  const sections = new Map(
    chapter
      .split(/^### /m)
      .slice(1)
      .map((section): [string, string] => [section.split('\n', 1)[0] ?? '', section]),
  );

  it('has a section for every alarm, in the order of the table, and none for an alarm that is not there', () => {
    expect([...sections.keys()]).toEqual(DOCUMENTED.map(({ id }) => id));
  });

  it.each(DOCUMENTED.map((alarm) => [alarm.id, alarm] as const))(
    'says of %s when it fires, its meaning, its impact, the steps, and when it is done',
    (id, alarm) => {
      const section = sections.get(id) ?? '';
      expect(section.split('\n')[2]).toBe(conditionInWords(alarm));
      for (const part of ['**Meaning.** ', '**Impact.** ', '**Steps.**\n\n1. ', '**Done when** ']) {
        expect(section.split(part), part).toHaveLength(2);
      }
    },
  );

  it('links to headings that exist', () => {
    const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
      text.toLowerCase().replaceAll(' ', '-'),
    );
    const anchors = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(anchors.length).toBeGreaterThan(10);
    expect(anchors.filter((anchor) => !headings.includes(anchor ?? ''))).toEqual([]);
  });
});

describe('the alarms in the template', () => {
  it('are those of the table, under the vault’s name, and lead to their sections', () => {
    const described = alarms.map(({ properties }) => [properties.AlarmName, properties.AlarmDescription]);
    expect(described.sort()).toEqual(
      ALARMS.map((alarm) => [`AdobeTokenVault-${alarm.id}`, alarmDescription(alarm)]).sort(),
    );
  });

  it('notify the topic when they fire; a rule reports that they clear', () => {
    const topic = template.one('AWS::SNS::Topic').logicalId;
    for (const { properties } of alarms) expect(properties.AlarmActions).toEqual([{ Ref: topic }]);
    for (const { properties } of [...metricAlarms, ...compositeAlarms]) {
      expect(properties.OKActions ?? properties.InsufficientDataActions).toBeUndefined();
    }
    for (const { properties } of template.ofType('AWS::Events::Rule')) {
      expect(properties.Targets).toEqual([expect.objectContaining({ Arn: { Ref: topic } })]);
    }
    expect(JSON.stringify(template.outputs.AlarmTopicArn)).toContain(topic);
  });

  it('watch the metrics of this vault alone', () => {
    for (const { logicalId, properties } of metricAlarms) {
      const { Namespace, Dimensions } = metricOf(properties);
      const values = (Dimensions as { Name: string; Value: unknown }[]).map(
        ({ Name, Value }) => `${Name}=${template.text(Value)}`,
      );
      const expected =
        Namespace === 'AdobeTokenVault'
          ? /^service=AdobeTokenVault$/m
          : /^(FunctionName=AdobeTokenVault-(rotate|access-token)|ApiId=<.*HttpApi.*>|QueueName=<.*DeadLetters.*>)$/;
      expect(values.join('\n'), logicalId).toMatch(expected);
    }
  });
});

describe('an alarm', () => {
  it('that adds up takes a time without a value for 0, and one that reads a gauge keeps its state', () => {
    for (const { id, whenMissing } of ALARMS) {
      const names = [`AdobeTokenVault-${id}`, `AdobeTokenVault-${id}-watched`];
      const { properties } =
        metricAlarms.find(({ properties: { AlarmName } }) => names.includes(String(AlarmName))) ?? {};
      const expressions = asArray(properties?.Metrics ?? []).map((one) => asObject(one).Expression);
      expect(expressions.includes('FILL(m, 0)'), id).toBe(whenMissing !== 'ignore');
    }
  });
});

describe('an alarm that notifies after a time', () => {
  it('is a composite alarm that watches one with the condition, and whose suppressor never fires', () => {
    const late = ALARMS.filter(({ notifiesAfterMinutes }) => notifiesAfterMinutes !== undefined);
    expect(late.map(({ id }) => id)).toEqual(['reconciler-silent']);
    const never = compositeAlarms.find(
      ({ properties: { AlarmName } }) => AlarmName === 'AdobeTokenVault-never',
    );
    expect(never?.properties.AlarmRule).toBe('FALSE');
    for (const { id, notifiesAfterMinutes = 0 } of late) {
      const { properties } =
        compositeAlarms.find(({ properties: { AlarmName } }) => AlarmName === `AdobeTokenVault-${id}`) ?? {};
      const [watched, ...others] = metricAlarms.filter(({ logicalId }) =>
        JSON.stringify(properties?.AlarmRule).includes(logicalId),
      );
      expect(others).toEqual([]);
      expect(watched?.properties).toMatchObject({
        AlarmName: `AdobeTokenVault-${id}-watched`,
        TreatMissingData: 'breaching',
      });
      expect(properties).toMatchObject({
        ActionsSuppressor: { 'Fn::GetAtt': [never?.logicalId, 'Arn'] },
        ActionsSuppressorWaitPeriod: notifiesAfterMinutes * 60,
      });
    }
  });
});

describe('the topic', () => {
  it('takes messages over TLS only, and from alarms of this vault only', () => {
    const { PolicyDocument } = template.one('AWS::SNS::TopicPolicy').properties;
    const { Statement } = asObject(PolicyDocument);
    expect(Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': expect.anything() },
        },
      }),
    ]);
    expect(template.text(Statement)).toContain(':alarm:AdobeTokenVault-*');
  });

  it('is the operator’s own where the settings name one', () => {
    const stack = bench.vaultStack({ alarmTopicArn: OWN_TOPIC });
    const inside = stack.node.findAll();
    expect(inside.filter((one) => one instanceof CfnTopic)).toEqual([]);
    expect(stack.vault.alarmTopicArn).toBe(OWN_TOPIC);
    const notified = inside.flatMap((one) =>
      one instanceof CfnAlarm || one instanceof CfnCompositeAlarm
        ? asArray(stack.resolve(one.alarmActions))
        : [],
    );
    expect(notified).toEqual(ALARMS.map(() => OWN_TOPIC));
  });
});

describe('the dashboard', () => {
  it('shows the alarms, then what users feel, then what the resources do, and has a name of its own in every region', () => {
    const { DashboardBody, DashboardName } = template.one('AWS::CloudWatch::Dashboard').properties;
    expect(template.text(DashboardName)).toBe('AdobeTokenVault-<AWS::Region>');
    const body = template.text(DashboardBody);
    const [status, users, resources] = ['"type":"alarm"', 'What users feel', 'What the resources do'].map(
      (text) => body.replaceAll('\\"', '"').indexOf(text),
    );
    expect(status).toBeGreaterThanOrEqual(0);
    expect(users).toBeGreaterThan(status ?? 0);
    expect(resources).toBeGreaterThan(users ?? 0);
  });

  it('has no tags, which CloudFormation refuses in some Regions', () => {
    expect(template.one('AWS::CloudWatch::Dashboard').properties).not.toHaveProperty('Tags');
    expect(template.one('AWS::SNS::Topic').properties).toHaveProperty('Tags');
  });
});
