import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { AlarmDefinition } from './alarm-catalogue.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { RecoveryMessages } from './recovery-messages.ts';
import { VaultAlarms } from './vault-alarms.ts';
import { VaultDashboard } from './vault-dashboard.ts';
import { VaultMetrics, type WatchedVault } from './vault-metrics.ts';

export interface VaultMonitoringProps extends WatchedVault {
  readonly tableNames: readonly string[];
  readonly scheduleGroupName: string;
  readonly alarmTopicArn: string | undefined;
  /** Encrypts the vault's own topic. Absent: no key does. */
  readonly serviceKey: IKey | undefined;
  readonly alarms: readonly AlarmDefinition[];
}

/** The alarms, the topic that they notify, and the dashboard. */
export class VaultMonitoring extends Construct {
  readonly alarmTopicArn: string;

  constructor(scope: Construct, id: string, props: VaultMonitoringProps) {
    super(scope, id);
    const { vaultName, tableNames, scheduleGroupName, alarmTopicArn, alarms: definitions } = props;
    const metrics = new VaultMetrics(props);
    const { topic } = new AlarmTopic(this, 'Topic', {
      vaultName,
      topicArn: alarmTopicArn,
      serviceKey: props.serviceKey,
    });
    this.alarmTopicArn = topic.topicArn;
    const { all: alarms } = new VaultAlarms(this, 'Alarms', { vaultName, metrics, topic, definitions });
    new RecoveryMessages(this, 'RecoveryMessages', {
      vaultName,
      topicArn: topic.topicArn,
      keyArn: alarmTopicArn === undefined ? props.serviceKey?.keyArn : 'unknown',
      alarmNames: definitions.map(({ id: alarmId }) => `${vaultName}-${alarmId}`),
    });
    new VaultDashboard(this, 'Overview', { vaultName, metrics, alarms, tableNames, scheduleGroupName });
  }
}
