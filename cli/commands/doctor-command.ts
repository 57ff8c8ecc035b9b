import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.ts';
import type { CliSession, RunCommand } from '../cli-session.ts';
import { diagnoseVault } from '../doctor/diagnose-vault.ts';
import { exitCodeOf, type Finding, known } from '../doctor/finding.ts';
import { gatherFacts } from '../doctor/gather-facts.ts';
import { printable } from '../output.ts';

export function addDoctor(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('Checks a vault and says what is wrong and how to fix it. It changes nothing.')
    .option('--print-policy', 'print the IAM policy that doctor needs, and stop')
    .action(({ printPolicy = false }: { printPolicy?: boolean }) =>
      run(async (session) => {
        const { output, options } = session;
        if (printPolicy) {
          const policy = doctorPolicy(await policyPlace(session));
          output.result(policy, JSON.stringify(policy, undefined, 2));
          return EXIT_CODES.ok;
        }
        const findings = diagnoseVault(await gatherFacts(session));
        output.result({ stack: options.stack, healthy: isHealthy(findings), findings }, inWords(findings));
        return exitCodeOf(findings);
      }),
    );
}

/** Exact where the caller may read the stack, and still useful where not. */
export async function policyPlace({ options, aws, stack }: CliSession): Promise<PolicyPlace> {
  const found = await known(stack);
  const outputs = found.known ? found.value.outputs : {};
  const [stackName = options.stack, vaultName = stackName] = options.stack.split('/');
  return {
    stack: stackName,
    vault: outputs.VaultName ?? vaultName,
    region: (await aws()).region,
    apiId: outputs.ApiId ?? '*',
  };
}

const isHealthy = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level === 'ok');

const MARKS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok     ',
  warning: 'WARNING',
  error: 'FAULT  ',
  unknown: 'unknown',
};

function inWords(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.map(({ check, level, message, remedy }) => {
    const line = `${MARKS[level]}  ${check.padEnd(width)}  ${printable(message)}`;
    return remedy === undefined ? line : `${line}\n${' '.repeat(width + 11)}-> ${printable(remedy)}`;
  });
  return [...lines, '', summary(findings)].join('\n');
}

function summary(findings: readonly Finding[]): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  if (isHealthy(findings)) return 'No problem was found.';
  return `${count('error')} errors, ${count('warning')} warnings, ${count('unknown')} not checked.`;
}

export interface PolicyPlace {
  readonly stack: string;
  /** The vault's name: that of the stack, unless the vault is in a stack of your own. */
  readonly vault: string;
  readonly region: string;
  /** `*` for any. */
  readonly apiId: string;
}

export interface PrintedPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly object[];
}

/** The AWS partition of a Region, by the prefix of its name. A test compares them with the AWS SDK's. */
const PARTITIONS: readonly (readonly [regionPrefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
];

/** ARNs of any account in a Region. IAM takes no wildcard for the partition. */
export function arnsIn(region: string): (service: string, resource: string) => string {
  const [, partition = 'aws'] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return (service, resource) => `arn:${partition}:${service}:${region}:*:${resource}`;
}

/** The IAM policy for `doctor`. It reads, and changes nothing. */
export function doctorPolicy({ stack, vault, region, apiId }: PolicyPlace): PrintedPolicy {
  const arn = arnsIn(region);
  const allow = (Sid: string, Action: string[], ...Resource: string[]) => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
  });
  const clientSecret = arn('secretsmanager', `secret:${vault}/adobe-client-secret/*`);
  return {
    Version: '2012-10-17',
    Statement: [
      allow('FindVault', ['cloudformation:DescribeStacks'], arn('cloudformation', `stack/${stack}/*`)),
      allow(
        'LookAtFunctions',
        ['lambda:GetFunctionConfiguration', 'lambda:GetAlias'],
        arn('lambda', `function:${vault}-*`),
      ),
      allow(
        'LookAtKeys',
        ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListGrants'],
        arn('kms', 'key/*'),
      ),
      allow(
        'LookAtTables',
        ['dynamodb:DescribeTable', 'dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTimeToLive'],
        arn('dynamodb', `table/${stack}-*`),
      ),
      // The sparse index shows no token, and of Ephemeral only the breakers' item is read.
      allow('LookForMissedDueTimes', ['dynamodb:Query'], arn('dynamodb', `table/${stack}-*/index/due`)),
      {
        ...allow('ReadBreakers', ['dynamodb:GetItem'], arn('dynamodb', `table/${stack}-*Ephemeral*`)),
        Condition: {
          'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['breakers'] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      allow(
        'LookAtScheduleGroups',
        ['scheduler:GetScheduleGroup'],
        arn('scheduler', `schedule-group/${vault}`),
        arn('scheduler', `schedule-group/${vault}-reconcile`),
      ),
      // Neither action supports resources.
      allow('LookAtSchedulesAndMetrics', ['scheduler:ListSchedules', 'cloudwatch:GetMetricStatistics'], '*'),
      allow('TryClientSecret', ['secretsmanager:GetSecretValue'], clientSecret),
      // With `compliance: strict`, Secrets Manager decrypts as the caller.
      {
        ...allow('DecryptClientSecret', ['kms:Decrypt'], arn('kms', 'key/*')),
        Condition: {
          StringLike: {
            'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
            'kms:EncryptionContext:SecretARN': clientSecret,
          },
        },
      },
      allow('AskApi', ['execute-api:Invoke'], arn('execute-api', `${apiId}/$default/GET/connections`)),
    ],
  };
}
