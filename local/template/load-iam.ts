import { createHash } from 'node:crypto';
import type { IamDirectory, IamPolicy, IamRole } from '../aws/iam-directory.ts';
import { createRoleSessions } from '../aws/role-sessions.ts';
import { LocalStackError } from '../stack/local-stack-error.ts';
import { type DeployedResource, type Deployment, refersTo, resourcesOfType } from './deployment.ts';
import { keysOf } from './load-data.ts';
import { asArray, asRecord, asString } from './template.ts';

function inlinePolicies(role: DeployedResource): IamPolicy[] {
  return asArray(role.properties.Policies).map((policy) => {
    const { PolicyName, PolicyDocument } = asRecord(policy);
    return { name: asString(PolicyName, `a policy name of ${role.logicalId}`), document: PolicyDocument };
  });
}

function attachedPolicies(deployment: Deployment, role: DeployedResource): IamPolicy[] {
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resourcesOfType(deployment, type)
      .filter(
        (policy) =>
          asArray(policy.properties.Roles).some((reference) => refersTo(role, String(reference))) ||
          asArray(role.properties.ManagedPolicyArns).includes(policy.identity.ref),
      )
      .map((policy) => ({ name: policy.identity.ref, document: policy.properties.PolicyDocument })),
  );
}

// What AWS's own policy of this name says; CDK's default function role carries it.
const basicExecution: IamPolicy = {
  name: 'AWSLambdaBasicExecutionRole',
  document: {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '*',
      },
    ],
  },
};

function awsManagedPolicies(deployment: Deployment, role: DeployedResource): IamPolicy[] {
  return asArray(role.properties.ManagedPolicyArns).flatMap((reference): IamPolicy[] => {
    const policyArn = String(reference);
    if (
      resourcesOfType(deployment, 'AWS::IAM::ManagedPolicy').some(
        (policy) => policy.identity.ref === policyArn,
      )
    )
      return [];
    if (policyArn.endsWith('/AWSLambdaBasicExecutionRole')) return [basicExecution];
    throw new LocalStackError(
      'TEMPLATE_UNSUPPORTED',
      `${role.logicalId} carries ${policyArn}, whose statements the local stack does not know.`,
    );
  });
}

/** Access keys look like AWS's: AKIA and sixteen characters of base32's alphabet. */
function accessKeyOf(roleArn: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = createHash('sha256').update(roleArn).digest().subarray(0, 16);
  return `AKIA${Array.from(bytes, (byte) => alphabet[byte % alphabet.length]).join('')}`;
}

function keyPairOf(roleArn: string): Pick<IamRole, 'accessKeyId' | 'secretAccessKey'> {
  return {
    accessKeyId: accessKeyOf(roleArn),
    secretAccessKey: createHash('sha256').update(`secret of ${roleArn}`).digest('base64url').slice(0, 40),
  };
}

/** A role outside every stack, such as a developer's. */
export function roleBesideStacks(
  { accountId }: Pick<IamDirectory, 'accountId'>,
  roleName: string,
  policies: IamPolicy[],
): IamRole {
  const roleArn = `arn:aws:iam::${accountId}:role/${roleName}`;
  return {
    roleName,
    roleArn,
    ...keyPairOf(roleArn),
    policies,
    trust: { Version: '2012-10-17', Statement: [] },
  };
}

function toIamRole(deployment: Deployment, role: DeployedResource): IamRole {
  const roleArn = role.identity.attributes.Arn ?? '';
  return {
    roleName: role.identity.ref,
    roleArn,
    ...keyPairOf(roleArn),
    policies: [
      ...inlinePolicies(role),
      ...attachedPolicies(deployment, role),
      ...awsManagedPolicies(deployment, role),
    ],
    trust: role.properties.AssumeRolePolicyDocument,
  };
}

/** Every synthesised role and key policy, with one access key for each role. */
export function loadIamDirectory(deployment: Deployment): IamDirectory {
  return {
    accountId: deployment.place.accountId,
    region: deployment.place.region,
    roles: resourcesOfType(deployment, 'AWS::IAM::Role').map((role) => toIamRole(deployment, role)),
    keyPolicies: new Map(
      keysOf(deployment).map((key) => [key.identity.attributes.Arn ?? '', key.properties.KeyPolicy]),
    ),
    sessions: createRoleSessions(),
  };
}
