import type { AwsService } from './aws-call.ts';
import { AwsServiceError } from './protocols.ts';
import { elements, formOf, xmlAnswer } from './xml-protocol.ts';

export interface CloudFormationServiceDeps {
  accountId: string;
  region: string;
  nowMs: () => number;
  /** `undefined` when there is no such stack. */
  outputsOf: (stackName: string) => Record<string, string> | undefined;
  stackNames: () => readonly string[];
}

/**
 * The one operation that finds a deployed vault. CloudFormation takes forms and answers XML.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 */
export function createCloudFormationService(deps: CloudFormationServiceDeps): AwsService {
  const stackArn = (name: string) =>
    `arn:aws:cloudformation:${deps.region}:${deps.accountId}:stack/${name}/00000000-0000-0000-0000-000000000000`;
  function describe(name: string): string {
    const outputs = deps.outputsOf(name);
    if (!outputs) throw new AwsServiceError('ValidationError', `Stack with id ${name} does not exist`);
    const members = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
    return `<member>${elements({
      StackName: name,
      StackId: stackArn(name),
      StackStatus: 'CREATE_COMPLETE',
      // There is no DeleteStack here.
      EnableTerminationProtection: 'true',
      CreationTime: new Date(deps.nowMs()).toISOString(),
    })}<Outputs>${members.map((output) => `<member>${elements(output)}</member>`).join('')}</Outputs></member>`;
  }
  return {
    service: 'cloudformation',
    operationOf: (request) => formOf(request).get('Action') ?? '',
    authorizations: (call) => [
      {
        action: `cloudformation:${call.operation}`,
        resource: stackArn(formOf(call).get('StackName') ?? '*'),
        context: {},
      },
    ],
    async answer(call) {
      if (call.operation !== 'DescribeStacks') throw new AwsServiceError('InvalidAction', call.operation);
      const asked = formOf(call).get('StackName');
      const stacks = (asked === null ? deps.stackNames() : [asked]).map(describe);
      return xmlAnswer(
        200,
        `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stacks.join('')}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
      );
    },
    error(code, message) {
      const error = elements({ Type: 'Sender', Code: code, Message: message });
      const status = code === 'AccessDeniedException' ? 403 : 400;
      return xmlAnswer(status, `<ErrorResponse><Error>${error}</Error></ErrorResponse>`);
    },
  };
}
