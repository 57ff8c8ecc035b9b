import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

const AWS = 'AwsSolutions';
const HIPAA = 'HIPAA.Security';
const NIST = 'NIST.800.53.R5';
const PCI = 'PCI.DSS.321';
const SERVERLESS = 'Serverless';

/** The findings of cdk-nag that the vault answers, each with the packs that have the rule, and its name where it differs. */
const FINDINGS = {
  CloudTrailCloudWatchLogsEnabled: [HIPAA, NIST, PCI],
  CloudTrailEncryptionEnabled: [HIPAA, NIST, PCI],
  CloudWatchAlarmAction: [HIPAA, NIST],
  CloudWatchLogGroupEncrypted: [HIPAA, NIST, PCI],
  DynamoDBInBackupPlan: [HIPAA, NIST],
  DynamoDBPITREnabled: [HIPAA, NIST, `${AWS}-DDB3`],
  EventBusDLQ: [SERVERLESS],
  IAMNoInlinePolicy: [HIPAA, NIST, PCI],
  LambdaConcurrency: [HIPAA, NIST],
  LambdaDLQ: [HIPAA, NIST, SERVERLESS],
  LambdaInsideVPC: [HIPAA, NIST, PCI],
  LambdaTracing: [SERVERLESS],
  S3BucketLoggingEnabled: [HIPAA, NIST, PCI, `${AWS}-S1`],
  S3BucketReplicationEnabled: [HIPAA, NIST, PCI],
  S3DefaultEncryptionKMS: [HIPAA, NIST, PCI],
  SNSEncryptedKMS: [HIPAA, NIST, PCI],
  SQSRedrivePolicy: [SERVERLESS, `${AWS}-SQS3`],
  SecretsManagerRotationEnabled: [HIPAA, NIST, `${AWS}-SMG4`],
  SecretsManagerUsingKMSKey: [HIPAA, NIST, PCI],
  WAFv2LoggingEnabled: [HIPAA, NIST, PCI],
} as const;

/**
 * Says why one construct does not meet a rule, in every pack that has it. A test runs the packs and fails for a finding
 * without a reason and for a reason without a finding. Call it after the resources of the construct exist.
 */
export function acknowledgeRule(construct: IConstruct, rule: keyof typeof FINDINGS, reason: string): void {
  for (const pack of FINDINGS[rule]) {
    acknowledge(construct, pack.startsWith(`${AWS}-`) ? pack : `${pack}-${rule}`, reason);
  }
}

/** The policies of a role, once they exist. */
export function acknowledgeInlinePolicy(role: IConstruct): void {
  acknowledgeRule(
    role,
    'IAMNoInlinePolicy',
    'The policy is written for this role alone and goes with it. A managed policy could be attached to another principal.',
  );
}

export function acknowledgeLogKey(logGroup: IConstruct): void {
  acknowledgeRule(
    logGroup,
    'CloudWatchLogGroupEncrypted',
    'CloudWatch Logs encrypts it with its own key, and no line holds a token or a secret. compliance: strict adds a key.',
  );
}
