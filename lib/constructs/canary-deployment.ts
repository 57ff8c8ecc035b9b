import { ArnFormat, Stack } from 'aws-cdk-lib';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcard } from '../iam/acknowledge.ts';
import { acknowledgeInlinePolicy } from '../iam/acknowledge-rule.ts';
import { newVersionAlarms } from '../monitoring/new-version-alarms.ts';
import type { FunctionName } from '../packaging/function-names.ts';
import { LIVE_ALIAS, type VaultFunctions } from './vault-functions.ts';

export interface CanaryDeploymentProps {
  readonly vaultName: string;
  readonly functions: VaultFunctions;
}

/**
 * Moves each alias to a new version by a canary deployment: a tenth of the calls for five minutes, then all of them.
 * One failure of the new version moves the alias back, and CloudFormation rolls back the rest of the deployment.
 */
export class CanaryDeployment extends Construct {
  constructor(scope: Construct, id: string, { vaultName, functions }: CanaryDeploymentProps) {
    super(scope, id);
    const application = new LambdaApplication(this, 'Application', { applicationName: vaultName });
    const role = this.createRole(vaultName, functions);
    for (const { name, alias } of functions.aliases) {
      const groupName = groupNameOf(name, alias);
      const group = new LambdaDeploymentGroup(this, `${groupName}-group`, {
        application,
        deploymentGroupName: groupName,
        alias,
        // Without a role of ours, the CDK adds AWS's managed policy, which may move every alias in the account.
        role: role.withoutPolicyUpdates(),
        deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
        alarms: newVersionAlarms(this, { vaultName, name, groupName, alias }),
        autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
      });
      group.node.addDependency(role);
    }
  }

  /** Permissions of CodeDeploy: to move the aliases of this vault, and to read alarms. */
  private createRole(vaultName: string, functions: VaultFunctions): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      description: 'CodeDeploy moves the aliases of this vault with it.',
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({
              service: 'codedeploy',
              resource: 'deploymentgroup',
              resourceName: `${vaultName}/*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    });
    const names = new Set(functions.aliases.map(({ name }) => name));
    const arns = [...names].map((name) => functions.all[name].function.functionArn);
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'MoveAliases',
        actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        resources: arns.flatMap((arn) => [arn, `${arn}:*`]),
      }),
    );
    for (const arn of arns) {
      acknowledgeWildcard(
        role,
        `${arn}:*`,
        'Versions are numbered by each deployment; they are of one function.',
      );
    }
    role.addToPrincipalPolicy(
      new PolicyStatement({ sid: 'LookAtAlarms', actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }),
    );
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'Asking for alarms by name takes no resource; it reads states.',
    );
    acknowledgeInlinePolicy(role);
    return role;
  }
}

/** The alias of `rotate` for schedules has a separate canary deployment. */
function groupNameOf(name: FunctionName, { aliasName }: Alias): string {
  return aliasName === LIVE_ALIAS ? name : `${name}-${aliasName}`;
}
