import { Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { FUNCTION_NAMES } from '../packaging/function-names.ts';
import { OPERATIONS_PAGE } from './alarm-catalogue.ts';
import type { Reading, VaultMetrics } from './vault-metrics.ts';

export interface VaultDashboardProps {
  readonly vaultName: string;
  readonly metrics: VaultMetrics;
  readonly alarms: readonly IAlarm[];
  readonly tableNames: readonly string[];
  readonly scheduleGroupName: string;
}

const FULL_WIDTH = 24;
const PER_ROW = 3;
const HOURLY = { periodMinutes: 60 } as const;
const CENSUS = { periodMinutes: 360 } as const;
const FINE = { periodMinutes: 5 } as const;

/** Two parts: what users notice, and what the resources behind it do. */
export class VaultDashboard extends Construct {
  constructor(scope: Construct, id: string, props: VaultDashboardProps) {
    super(scope, id);
    const { vaultName, alarms } = props;
    const dashboard = new Dashboard(this, 'Dashboard', {
      // Dashboards belong to an account, not to a Region.
      dashboardName: `${vaultName}-${Stack.of(this).region}`,
      defaultInterval: Duration.days(7),
    });
    dashboard.addWidgets(
      new AlarmStatusWidget({ title: 'Alarms', width: FULL_WIDTH, height: 4, alarms: [...alarms] }),
    );
    const stories = { 'What users feel': usersFeel(props), 'What the resources do': resourcesDo(props) };
    for (const [title, graphs] of Object.entries(stories)) {
      dashboard.addWidgets(heading(title));
      for (let first = 0; first < graphs.length; first += PER_ROW) {
        dashboard.addWidgets(...graphs.slice(first, first + PER_ROW));
      }
    }
  }
}

function usersFeel({ metrics }: VaultDashboardProps): IWidget[] {
  const own = (name: string, reading: Reading) => metrics.of({ from: 'vault', name }, reading);
  const latency = (source: string, statistic: string) =>
    labelled(
      metrics.of({ from: 'vault', name: 'VendLatency', dimensions: { source } }, { statistic, ...HOURLY }),
      `${source} ${statistic}`,
    );
  return [
    graph('Access tokens handed out, by where they came from', [
      metrics.eachOf('Vends', 'source', { statistic: 'Sum', ...HOURLY }),
    ]),
    graph('Milliseconds until an access token is there', [
      latency('cache', 'p50'),
      latency('cache', 'p99'),
      latency('renewed', 'p50'),
      latency('renewed', 'p99'),
    ]),
    graph('How sign-ins end', [
      metrics.eachOf('ConsentOutcomes', 'outcome', { statistic: 'Sum', ...HOURLY }),
    ]),
    graph('Hours of safety left: the worst grant, and one in a hundred', [
      own('HoursOfSafetyLeft', { statistic: 'Minimum', ...CENSUS }),
      own('HoursOfSafetyLeftP01', { statistic: 'Minimum', ...CENSUS }),
    ]),
    graph('Connections at risk, expired, and ending whatever we do', [
      own('AtRiskWithin72Hours', { statistic: 'Maximum', ...CENSUS }),
      own('ExpiredConnections', { statistic: 'Maximum', ...CENSUS }),
      own('EndingConnections', { statistic: 'Maximum', ...CENSUS }),
    ]),
    graph('Tokens that Adobe refused, answers with a server error', [
      own('RejectedTokens', { statistic: 'Sum', ...HOURLY }),
      metrics.of({ from: 'api', name: '5xx' }, { statistic: 'Sum', ...HOURLY }),
    ]),
  ];
}

function resourcesDo(props: VaultDashboardProps): IWidget[] {
  const { metrics, tableNames, scheduleGroupName } = props;
  const own = (name: string, reading: Reading) => metrics.of({ from: 'vault', name }, reading);
  const byFunction = (metricName: string, statistic: string) =>
    FUNCTION_NAMES.map((name) => metrics.lambda(name, metricName, { statistic, ...FINE }));
  const scheduler = (metricName: string) =>
    new Metric({
      namespace: 'AWS/Scheduler',
      metricName,
      dimensionsMap: { ScheduleGroup: scheduleGroupName },
      statistic: 'Sum',
      period: Duration.hours(1),
    });
  return [
    graph('Runs of rotate, by how they ended', [
      metrics.eachOf('Rotations', 'outcome', { statistic: 'Sum', ...HOURLY }),
    ]),
    graph('Milliseconds: Adobe’s answer, and from answer to stored', [
      own('RefreshLatency', { statistic: 'p99', ...HOURLY }),
      own('WindowOurs', { statistic: 'p99', ...HOURLY }),
    ]),
    graph('Why rotations wait', [metrics.eachOf('RotationWaits', 'reason', { statistic: 'Sum', ...HOURLY })]),
    graph('Breakers (1 = open)', [
      metrics.eachOf('BreakerOpen', 'breaker', { statistic: 'Maximum', ...HOURLY }),
    ]),
    graph('Connections overdue, schedules not created, tokens parked', [
      own('OverdueConnections', { statistic: 'Maximum', ...HOURLY }),
      own('ScheduleNotCreated', { statistic: 'Sum', ...HOURLY }),
      own('SuccessorParked', { statistic: 'Sum', ...HOURLY }),
    ]),
    graph('Scheduler: fired, target failed, gave up', [
      scheduler('InvocationAttemptCount'),
      scheduler('TargetErrorCount'),
      scheduler('InvocationDroppedCount'),
    ]),
    graph('Functions: errors', byFunction('Errors', 'Sum')),
    graph('Functions: longest run in milliseconds', byFunction('Duration', 'Maximum')),
    graph('Functions: at once', byFunction('ConcurrentExecutions', 'Maximum')),
    graph('Tables: throttled', tableNames.flatMap(throttledOf)),
    graph('Tables: write units', tableNames.map(writesOf)),
    graph('Dead letters', [
      metrics.of(
        { from: 'dead-letters', name: 'ApproximateNumberOfMessagesVisible' },
        { statistic: 'Maximum', ...HOURLY },
      ),
    ]),
  ];
}

function throttledOf(tableName: string): Metric[] {
  return ['ReadThrottleEvents', 'WriteThrottleEvents'].map((metricName) =>
    tableMetric(tableName, metricName),
  );
}

function writesOf(tableName: string): Metric {
  return tableMetric(tableName, 'ConsumedWriteCapacityUnits');
}

function tableMetric(tableName: string, metricName: string): Metric {
  return new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName: tableName },
    statistic: 'Sum',
    period: Duration.minutes(FINE.periodMinutes),
  });
}

function labelled(metric: Metric, label: string): Metric {
  return metric.with({ label });
}

function graph(title: string, left: IMetric[]): IWidget {
  return new GraphWidget({ title, left, width: FULL_WIDTH / PER_ROW, height: 6 });
}

function heading(title: string): IWidget {
  const markdown = `## ${title}\nWhat each alarm means, and what to do: \`${OPERATIONS_PAGE}\``;
  return new TextWidget({ markdown, width: FULL_WIDTH, height: 2 });
}
