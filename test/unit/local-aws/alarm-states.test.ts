import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { createAlarmStates } from '../../../local/aws/cloudwatch/alarm-states.ts';
import { createCloudWatchService } from '../../../local/aws/cloudwatch/cloudwatch-service.ts';
import { embeddedMeasurements } from '../../../local/aws/cloudwatch/embedded-metrics.ts';
import {
  type AlarmCondition,
  type MetricAlarm,
  stateAt,
} from '../../../local/aws/cloudwatch/metric-alarm.ts';
import { createMetricStore } from '../../../local/aws/cloudwatch/metric-store.ts';
import { clientConfig, directoryOf, roleNamed, START_AT_MS, withEndpoint } from './local-account.ts';

const MINUTE_MS = 60_000;
const metric = { namespace: 'N', name: 'Faults', dimensions: { service: 'Vault' } };
const START_MINUTE = 1_000_000;

const onceIn15: AlarmCondition = {
  metric,
  statistic: 'Sum',
  periodMinutes: 15,
  filledWith: 0,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  comparison: 'GreaterThanOrEqualToThreshold',
  threshold: 1,
  whenMissing: 'notBreaching',
};

function alarmOf(condition: MetricAlarm['condition'], alarmName = 'Vault-faults'): MetricAlarm {
  return {
    alarmName,
    alarmArn: `arn:aws:cloudwatch:::alarm:${alarmName}`,
    description: 'page: x',
    condition,
  };
}

/** An alarm over minutes that a test counts, with what is measured in them. */
function watching(condition: MetricAlarm['condition']) {
  let minute = 0;
  const nowMs = () => (START_MINUTE + minute) * MINUTE_MS;
  const metrics = createMetricStore();
  const states = createAlarmStates({ alarms: [alarmOf(condition)], metrics, nowMs });
  return {
    metrics,
    nowMs,
    states,
    measure: (value = 1) => metrics.record({ ...metric, value, atMs: nowMs() }),
    stateIn(inMinute: number) {
      minute = inMinute;
      return states.now()[0]?.state;
    },
    at: (inMinute: number) => {
      minute = inMinute;
    },
    changes: () =>
      states.changes().map(({ to, atMs }) => [to, Math.round(atMs / MINUTE_MS) - START_MINUTE] as const),
  };
}

describe('An alarm of the local stack', () => {
  it('fires with the fault and clears when its period has passed, whenever a question comes', () => {
    const asked = watching(onceIn15);
    asked.at(7);
    asked.measure();
    expect([asked.stateIn(7), asked.stateIn(21), asked.stateIn(22)]).toEqual(['ALARM', 'ALARM', 'OK']);

    const askedLate = watching(onceIn15);
    askedLate.at(7);
    askedLate.measure();
    askedLate.at(40 * 24 * 60);
    expect(askedLate.changes()).toEqual([
      ['ALARM', 7],
      ['OK', 22],
    ]);
  });

  it('that counts a missing value as silence fires before the first value and when they stop', () => {
    const silent = watching({ ...onceIn15, comparison: 'LessThanThreshold', whenMissing: 'breaching' });
    expect(silent.stateIn(0)).toBe('ALARM');
    silent.measure();
    expect([silent.stateIn(0), silent.stateIn(14), silent.stateIn(15)]).toEqual(['OK', 'OK', 'ALARM']);
  });

  it('that ignores missing values keeps its state until the next one', () => {
    const { filledWith: _, ...gauge } = { ...onceIn15, statistic: 'Maximum' as const };
    const watched = watching({ ...gauge, whenMissing: 'ignore' });
    expect(watched.stateIn(0)).toBe('INSUFFICIENT_DATA');
    watched.measure(1);
    expect([watched.stateIn(0), watched.stateIn(900)]).toEqual(['ALARM', 'ALARM']);
    watched.measure(0);
    expect(watched.stateIn(914)).toBe('OK');
  });

  it('watches a level between its changes too, such as the length of a queue', () => {
    const watched = watching({ ...onceIn15, statistic: 'Maximum' });
    watched.metrics.recordLevel({ ...metric, value: 2, atMs: watched.nowMs() });
    expect([watched.stateIn(0), watched.stateIn(5_000)]).toEqual(['ALARM', 'ALARM']);
    watched.metrics.recordLevel({ ...metric, value: 0, atMs: watched.nowMs() });
    expect([watched.stateIn(5_014), watched.stateIn(5_016)]).toEqual(['ALARM', 'OK']);
  });

  it('does not add up metrics of other dimensions', () => {
    const watched = watching(onceIn15);
    watched.metrics.record({ ...metric, dimensions: { service: 'Other' }, value: 9, atMs: watched.nowMs() });
    watched.metrics.record({ ...metric, dimensions: {}, value: 9, atMs: watched.nowMs() });
    expect(watched.stateIn(1)).toBe('OK');
  });

  it('reads every value and every set of dimensions of a line in the embedded format', () => {
    const sets = [['service'], ['service', 'reason']];
    const line = {
      _aws: {
        Timestamp: 5,
        CloudWatchMetrics: [{ Namespace: 'N', Dimensions: sets, Metrics: [{ Name: 'Faults' }] }],
      },
      service: 'Vault',
      reason: 'x',
      Faults: [1, 2],
    };
    expect(embeddedMeasurements(line)).toEqual([
      { ...metric, value: 1, atMs: 5 },
      { ...metric, value: 2, atMs: 5 },
      { ...metric, dimensions: { service: 'Vault', reason: 'x' }, value: 1, atMs: 5 },
      { ...metric, dimensions: { service: 'Vault', reason: 'x' }, value: 2, atMs: 5 },
    ]);
    expect(embeddedMeasurements({ message: 'no metric' })).toEqual([]);
  });
});

describe('Three values, with two more to look back on', () => {
  /** The examples of AWS's page on missing data: a 3-of-3 alarm, oldest value first; `-` is a missing one. */
  const examples = [
    ['0-X-X', 'OK', 'OK', 'OK', 'OK'],
    ['----0', 'OK', 'OK', 'OK', 'OK'],
    ['-----', 'INSUFFICIENT_DATA', 'kept', 'ALARM', 'OK'],
    ['0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['--X--', 'ALARM', 'kept', 'ALARM', 'OK'],
  ] as const;

  it.each(examples)('%s', (values, missing, ignore, breaching, notBreaching) => {
    const metrics = createMetricStore();
    for (const [at, value] of [...values].entries()) {
      if (value !== '-') metrics.record({ ...metric, value: value === 'X' ? 1 : 0, atMs: at * MINUTE_MS });
    }
    const { filledWith: _, ...unfilled } = onceIn15;
    const rule = { ...unfilled, periodMinutes: 1, evaluationPeriods: 3, datapointsToAlarm: 3 };
    const state = (whenMissing: AlarmCondition['whenMissing'], previous: 'OK' | 'ALARM') =>
      stateAt({ ...rule, whenMissing }, metrics, 4, previous);
    for (const previous of ['OK', 'ALARM'] as const) {
      expect(state('missing', previous)).toBe(missing);
      expect(state('ignore', previous)).toBe(ignore === 'kept' ? previous : ignore);
      expect(state('breaching', previous)).toBe(breaching);
      expect(state('notBreaching', previous)).toBe(notBreaching);
    }
  });
});

describe('DescribeAlarms', () => {
  it('names the alarms in a state, page by page, and says which it cannot evaluate', async () => {
    const operator = roleNamed('operator', [{ Effect: 'Allow', Action: 'cloudwatch:*', Resource: '*' }]);
    const metrics = createMetricStore();
    const nowMs = () => START_AT_MS;
    metrics.record({ ...metric, value: 1, atMs: START_AT_MS });
    const alarms = createAlarmStates({
      alarms: [
        alarmOf(onceIn15, 'Vault-a'),
        alarmOf({ ...onceIn15, threshold: 2 }, 'Vault-b'),
        alarmOf({ reason: 'Its statistic p99 is not evaluated here.' }, 'Vault-c'),
      ],
      metrics,
      nowMs,
    });
    const services = [createCloudWatchService({ nowMs, metrics, alarms })];
    await withEndpoint({ directory: directoryOf(operator), services }, async (url) => {
      const client = new CloudWatchClient(clientConfig(url, operator));
      const named = async (input: DescribeAlarmsCommandInput) => {
        const { MetricAlarms = [], NextToken } = await client.send(new DescribeAlarmsCommand(input));
        return { names: MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]), NextToken };
      };
      expect((await named({ StateValue: 'ALARM' })).names).toEqual([['Vault-a', 'ALARM']]);
      const first = await named({ AlarmNamePrefix: 'Vault-', MaxRecords: 2 });
      expect(first.names).toEqual([
        ['Vault-a', 'ALARM'],
        ['Vault-b', 'OK'],
      ]);
      const { NextToken = '' } = first;
      expect(await named({ NextToken, MaxRecords: 2 })).toMatchObject({
        names: [['Vault-c', 'INSUFFICIENT_DATA']],
        NextToken: undefined,
      });
      const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ AlarmNames: ['Vault-c'] }));
      expect(MetricAlarms).toMatchObject([{ StateReason: 'Its statistic p99 is not evaluated here.' }]);
    });
  });
});
