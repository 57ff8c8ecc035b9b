import { arnsIn, doctorPolicy, type PolicyPlace, type PrintedPolicy } from '../commands/doctor-command.ts';

/**
 * The IAM policy for `verify`: what `doctor` needs, the calls of an operator and of a consumer for connections of one tenant,
 * and a look at what surrounds the vault.
 */
export function verificationPolicy(place: PolicyPlace, tenant: string): PrintedPolicy {
  const { stack, vault, region, apiId } = place;
  const doctor = doctorPolicy(place);
  const arn = arnsIn(region);
  const allow = (Sid: string, Action: readonly string[], ...Resource: readonly string[]) => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
  });
  const route = (methodAndPath: string) => arn('execute-api', `${apiId}/$default/${methodAndPath}`);
  const ids = `${tenant}.*`;
  return {
    ...doctor,
    Statement: [
      ...doctor.Statement,
      allow(
        'WalkThroughTheApi',
        ['execute-api:Invoke'],
        route(`POST/connections/${ids}/consents`),
        route(`POST/connections/${ids}/consents/redeem`),
        route(`POST/connections/${ids}/rotations`),
        route(`GET/connections/${ids}`),
        route(`GET/access-tokens/${ids}`),
      ),
      allow('Disconnect', ['execute-api:Invoke'], route(`DELETE/connections/${ids}`)),
      {
        ...allow('ReadTokens', ['dynamodb:BatchGetItem'], arn('dynamodb', `table/${stack}-*`)),
        Condition: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [ids] },
          Null: { 'dynamodb:LeadingKeys': 'false' },
        },
      },
      {
        ...allow('OpenTokens', ['kms:Decrypt'], arn('kms', 'key/*')),
        Condition: {
          StringEquals: { 'kms:EncryptionContext:purpose': 'access' },
          StringLike: { 'kms:EncryptionContext:connection': [ids] },
        },
      },
      allow('RunReconciler', ['lambda:InvokeFunction'], arn('lambda', `function:${vault}-reconcile`)),
      allow('ListResources', ['cloudformation:ListStackResources'], arn('cloudformation', `stack/${stack}*`)),
      allow('ReadLogs', ['logs:FilterLogEvents'], arn('logs', `log-group:${stack}*`)),
      allow('CountSubscribers', ['sns:ListSubscriptionsByTopic'], arn('sns', `${stack}*`)),
      // None of these actions supports resources.
      allow(
        'LookAtTheAccount',
        [
          'cloudwatch:DescribeAlarms',
          'logs:DescribeLogGroups',
          'lambda:GetAccountSettings',
          'servicequotas:ListServiceQuotas',
        ],
        '*',
      ),
    ],
  };
}
