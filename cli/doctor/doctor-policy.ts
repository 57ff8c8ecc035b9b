export interface PolicyPlace {
  readonly stack: string;
  readonly region: string;
  /** `*` for any. */
  readonly apiId: string;
}

/** The IAM policy that lets somebody run `doctor`: it reads, and changes nothing. */
export function doctorPolicy({ stack, region, apiId }: PolicyPlace): object {
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:*:${resource}`;
  const allow = (Sid: string, Action: string[], ...Resource: string[]) => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
  });
  return {
    Version: '2012-10-17',
    Statement: [
      allow('FindVault', ['cloudformation:DescribeStacks'], arn('cloudformation', `stack/${stack}/*`)),
      allow(
        'LookAtFunctions',
        ['lambda:GetFunctionConfiguration', 'lambda:GetAlias'],
        arn('lambda', `function:${stack}-*`),
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
      allow(
        'LookAtScheduleGroups',
        ['scheduler:GetScheduleGroup'],
        arn('scheduler', `schedule-group/${stack}`),
        arn('scheduler', `schedule-group/${stack}-reconcile`),
      ),
      // Neither knows resources.
      allow('LookAtSchedulesAndMetrics', ['scheduler:ListSchedules', 'cloudwatch:GetMetricStatistics'], '*'),
      allow(
        'TryClientSecret',
        ['secretsmanager:GetSecretValue'],
        arn('secretsmanager', `secret:${stack}/adobe-client-secret/*`),
      ),
      allow('AskApi', ['execute-api:Invoke'], arn('execute-api', `${apiId}/$default/GET/connections`)),
    ],
  };
}
