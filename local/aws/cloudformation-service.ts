import type { AwsService } from './aws-call.ts';
import { AwsServiceError } from './protocols.ts';
import { elements, formOf, members, xmlError, xmlResult } from './xml-protocol.ts';

export interface CloudFormationServiceDeps {
  accountId: string;
  region: string;
  nowMs: () => number;
  /** `undefined` when there is no such stack. */
  outputsOf: (stackName: string) => Record<string, string> | undefined;
  stackNames: () => readonly string[];
  /** Default: none. */
  resourcesOf?: (stackName: string) => readonly StackResource[];
}

export interface StackResource {
  logicalId: string;
  physicalId: string;
  type: string;
}

/**
 * The operations that find a deployed vault and its parts.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
 */
export function createCloudFormationService(deps: CloudFormationServiceDeps): AwsService {
  const stackArn = (name: string) =>
    `arn:aws:cloudformation:${deps.region}:${deps.accountId}:stack/${name}/00000000-0000-0000-0000-000000000000`;
  const outputsOf = (name: string): Record<string, string> => {
    const outputs = deps.outputsOf(name);
    if (!outputs) throw new AwsServiceError('ValidationError', `Stack with id ${name} does not exist`);
    return outputs;
  };
  function describe(name: string): string {
    const outputs = Object.entries(outputsOf(name));
    return `<member>${elements({
      StackName: name,
      StackId: stackArn(name),
      StackStatus: 'CREATE_COMPLETE',
      // There is no DeleteStack here.
      EnableTerminationProtection: 'true',
      CreationTime: new Date(deps.nowMs()).toISOString(),
    })}<Outputs>${members(outputs.map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue })))}</Outputs></member>`;
  }
  function summaries(name: string): string {
    outputsOf(name);
    const resources = deps.resourcesOf?.(name) ?? [];
    return members(
      resources.map(({ logicalId, physicalId, type }) => ({
        LogicalResourceId: logicalId,
        PhysicalResourceId: physicalId,
        ResourceType: type,
        ResourceStatus: 'CREATE_COMPLETE',
        LastUpdatedTimestamp: new Date(deps.nowMs()).toISOString(),
      })),
    );
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
      const asked = formOf(call).get('StackName');
      switch (call.operation) {
        case 'DescribeStacks': {
          const stacks = (asked === null ? deps.stackNames() : [asked]).map(describe);
          return xmlResult(call.operation, `<Stacks>${stacks.join('')}</Stacks>`);
        }
        case 'ListStackResources':
          return xmlResult(
            call.operation,
            `<StackResourceSummaries>${summaries(asked ?? '')}</StackResourceSummaries>`,
          );
        default:
          throw new AwsServiceError('InvalidAction', call.operation);
      }
    },
    error: xmlError,
  };
}
