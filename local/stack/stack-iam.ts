import type { AuthorizationRecord, Authorizer } from '../aws/iam/authorizer.ts';
import type { IamDirectory, IamRole } from '../aws/iam-directory.ts';
import { type Deployment, meansLogicalId, refersTo, resourcesOfType } from '../template/deployment.ts';
import { roleBesideStacks } from '../template/load-iam.ts';
import { LocalStackError } from './local-stack-error.ts';

export interface StackIam {
  directory: IamDirectory;
  /** By role name, ARN or logical id. */
  role(reference: string): IamRole;
  credentialsOf(roleReference: string): { accessKeyId: string; secretAccessKey: string };
  /** Creates a role outside every stack, for a developer at a terminal. Returns its access key. */
  addOperator(
    roleName: string,
    policy: unknown,
    options?: Pick<IamRole, 'hasClockOfMachine'>,
  ): { accessKeyId: string; secretAccessKey: string };
  /** Every distinct question that was put to IAM, with its answer. */
  records(): AuthorizationRecord[];
  denied(): AuthorizationRecord[];
}

export function createStackIam(
  deployment: Deployment,
  directory: IamDirectory,
  authorizer: Authorizer,
): StackIam {
  const role = (reference: string): IamRole => {
    const resource = resourcesOfType(deployment, 'AWS::IAM::Role').find(
      (candidate) => refersTo(candidate, reference) || meansLogicalId(candidate.logicalId, reference),
    );
    const found = directory.roles.find(({ roleArn }) => roleArn === resource?.identity.attributes.Arn);
    if (found) return found;
    throw new LocalStackError('UNKNOWN_NAME', `There is no role ${reference} in the synthesised stacks.`);
  };
  return {
    directory,
    role,
    credentialsOf: (reference) => {
      const { accessKeyId, secretAccessKey } = role(reference);
      return { accessKeyId, secretAccessKey };
    },
    addOperator: (roleName, document, options) => {
      const operator = {
        ...roleBesideStacks(directory, roleName, [{ name: 'operator', document }]),
        ...options,
      };
      directory.roles.push(operator);
      const { accessKeyId, secretAccessKey } = operator;
      return { accessKeyId, secretAccessKey };
    },
    records: () => authorizer.records(),
    denied: () => authorizer.records().filter(({ decision }) => decision !== 'Allowed'),
  };
}
